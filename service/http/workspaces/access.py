"""Which workspace a path means, and whether the caller may do something to it. Source: contract/workspaces.md 1.3, 1.4."""

from __future__ import annotations

from domain.kernel.errors import DomainError, Forbidden, NotFound
from domain.roles.permissions import Action
from domain.roles.policy import allows_on_workspace
from service.http.call import Call
from service.http.paths import path_uuid
from service.watch.frames import Document
from service.web.access import may_read_template, may_read_workspace


async def workspace_in_path(call: Call) -> Document:
    """The workspace of the path, deleted ones included, readable by the caller.

    Raises `Invalid` for what is no id, `NotFound` for one that is absent or unreadable.
    """
    id = path_uuid(call.path["workspace"])
    document = call.services.documents.peek(id)
    return await readable(call, id) if document is None else _readable(call, document)


async def readable(call: Call, id: str) -> Document:
    """The workspace with that id. Raises `NotFound` when it is absent or unreadable."""
    return _readable(call, await call.services.documents.get(id))


def _readable(call: Call, document: Document | None) -> Document:
    if document is None or not may_read_workspace(call.caller.subject, document):
        raise NotFound
    call.saw(document.position)
    return document


def may(call: Call, action: Action, document: Document) -> bool:
    """Whether the caller may do `action` to the workspace."""
    return allows_on_workspace(call.caller.subject, action, document.workspace)


def require(call: Call, action: Action, document: Document, refusal: DomainError | None = None) -> None:
    """Raises `refusal` (`Forbidden` by default) when the caller may not do `action` to the workspace."""
    if not may(call, action, document):
        raise refusal or Forbidden(detail=f"You may read this workspace, but not {action.value} it.")


def require_template(call: Call, document: Document) -> None:
    """Raises `Forbidden` when the caller may not read the workspace's template; nobody reads a deleted one."""
    if not may_read_template(call.caller.subject, document):
        raise Forbidden(detail="You may not read the template of this workspace.")
