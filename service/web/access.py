"""Who may be given a stored Workspace document."""

from __future__ import annotations

from domain.roles.policy import Subject, allows, allows_on_workspace
from service.watch.frames import Document


def may_read_workspace(subject: Subject, document: Document) -> bool:
    """The workspace itself: roles, ownership, its access list; dormant ones without the list."""
    if document.workspace_reader is subject:
        return True
    if not allows_on_workspace(subject, "read", document.workspace):
        return False
    document.workspace_reader = subject
    return True


def may_read_template(subject: Subject, document: Document) -> bool:
    """The template that the document shows; a deleted one is nobody's."""
    if document.template_reader is subject:
        return True
    if document.template is None or not allows(subject, "read", document.template):
        return False
    document.template_reader = subject
    return True


def may_list(subject: Subject, document: Document) -> bool:
    """Whether a list that counts the workspace also shows it: with the right to its template, and a key that gets rows."""
    return subject.lists_workspaces and may_read_template(subject, document)


def may_read(subject: Subject, document: Document) -> bool:
    """Both."""
    return may_read_workspace(subject, document) and may_read_template(subject, document)
