"""Decisions about a template version and its import. Sources: contract/lifecycle.md A2, A4, C2, C4, C5."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from domain.builds.values import JobStatus
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.errors import Conflict, Invalid, NameTaken, NotFound, Violation
from domain.reservations.values import Reservation
from domain.templates.state import Template
from domain.templates.version_commands import (
    ArchiveUnusedVersions,
    CompleteImport,
    CreateTemplateVersion,
    EndCanceledImport,
    FailImport,
    NoteImportLogsOverflow,
    RequestImportCancel,
    StartImport,
    UpdateTemplateVersion,
)
from domain.templates.version_events import (
    TemplateImportCanceled,
    TemplateImportCancelRequested,
    TemplateImportCompleted,
    TemplateImportFailed,
    TemplateImportLogsOverflowed,
    TemplateImportStarted,
    TemplateVersionArchived,
    TemplateVersionCreated,
    TemplateVersionUnarchived,
    TemplateVersionUpdated,
)
from domain.templates.versions import TEMPLATE_VERSION, TemplateVersion, version_name

_TAKEN = "This value is already in use and should be unique."


def job_tags(tags: Mapping[str, str], initiator_id: str) -> dict[str, str]:
    """The tags of an import or dry run: a user-scoped job is its initiator's, any other its organization's (C4)."""
    is_personal = tags.get("scope") == "user"
    return {**tags, "scope": "user" if is_personal else "organization", "owner": initiator_id if is_personal else ""}


def decide_create_version(command: CreateTemplateVersion, template: Template | None, name: Reservation) -> Decision:
    """`template` is None when the command names none. Raises `NotFound` and `NameTaken`."""
    if template is not None and (not template.is_live or template.organization_id != command.organization_id):
        raise NotFound
    if name.holder is not None:
        raise NameTaken(f"The template has a version named {command.name!r} already.", validations=(Violation("name", _TAKEN),))
    created = TemplateVersionCreated(
        organization_id=command.organization_id,
        template_id=command.template_id,
        name=command.name,
        message=command.message,
        file_id=command.file_id,
        job_id=command.job_id,
        provisioner=command.provisioner,
        tags=job_tags(command.tags, command.initiator_id),
    )
    made = append(TEMPLATE_VERSION.stream(command.version_id), created)
    return (made,) if template is None else (made, version_name(template.id, command.name).taken_by(command.version_id))


def decide_update_version(command: UpdateTemplateVersion, state: TemplateVersion, name: Reservation) -> Decision:
    """`name` is the reservation of the new name. A name that a sibling has is a bad request here, no conflict."""
    existing(state)
    renamed = command.name or state.name
    message = state.message if command.message is None else command.message
    if (renamed, message) == (state.name, state.message):
        return NOTHING
    parts = [append(TEMPLATE_VERSION.stream(state.id), TemplateVersionUpdated(state.template_id, renamed, message))]
    if state.template_id is not None and renamed != state.name:
        if name.holder is not None:
            raise Invalid(f"The template has a version named {renamed!r} already.", validations=(Violation("name", _TAKEN),))
        parts.append(version_name(state.template_id, renamed).taken_by(state.id))
        parts.append(version_name(state.template_id, state.name).freed_by(state.id))
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Usage:
    """Who uses versions: the template's active one, and those of latest builds of living workspaces."""

    active_version_id: str
    built_version_ids: Collection[str]

    def __contains__(self, version_id: object) -> bool:
        return version_id == self.active_version_id or version_id in self.built_version_ids


def decide_archive_version(state: TemplateVersion, usage: Usage) -> Decision:
    """Raises `Invalid` for a version without template or already archived, `Conflict` for one that is in use or being imported."""
    template_id = _template_of(existing(state), "archived")
    if state.is_archived:
        raise Invalid("The template version is archived already.")
    if state.import_status.is_active:
        raise Conflict("The template version is still being imported.", "Wait until its import has ended, or cancel it.")
    if state.id in usage:
        raise Conflict("The template version is in use.", "Neither the active version nor one that a workspace uses can be archived.")
    return (append(TEMPLATE_VERSION.stream(state.id), TemplateVersionArchived(template_id)),)


def decide_archive_unused(
    command: ArchiveUnusedVersions, template: Template, versions: Iterable[TemplateVersion], usage: Usage
) -> Decision:
    """Archives what can be archived of `versions`; what cannot is passed over."""
    if not template.is_live:
        raise NotFound
    parts: list[Append] = []
    for version in versions:
        is_wanted = version.import_status is JobStatus.FAILED or (command.every_unused and not version.import_status.is_active)
        if is_wanted and version.template_id == template.id and not version.is_archived and version.id not in usage:
            parts.append(append(TEMPLATE_VERSION.stream(version.id), TemplateVersionArchived(template.id)))
    return tuple(parts)


def decide_unarchive_version(state: TemplateVersion) -> Decision:
    """Raises `Invalid` for a version without template or not archived."""
    template_id = _template_of(existing(state), "unarchived")
    if not state.is_archived:
        raise Invalid("The template version is not archived.")
    return (append(TEMPLATE_VERSION.stream(state.id), TemplateVersionUnarchived(template_id)),)


def decide_start_import(command: StartImport, state: TemplateVersion) -> Decision:
    """The first worker gets the job; for the others nothing happens."""
    if not state.exists or state.import_status is not JobStatus.PENDING:
        return NOTHING
    return (append(TEMPLATE_VERSION.stream(state.id), TemplateImportStarted(state.job_id, command.worker_id)),)


def decide_complete_import(command: CompleteImport, state: TemplateVersion) -> Decision:
    """Success, also of a job that was asked to stop too late. A job that has ended, or is another worker's, is left alone."""
    if not _held_by(state, command.worker_id):
        return NOTHING
    plan = replace(command.plan, readme="")
    return (append(TEMPLATE_VERSION.stream(state.id), TemplateImportCompleted(state.job_id, plan.to_dict(), command.readme)),)


def decide_fail_import(command: FailImport, state: TemplateVersion) -> Decision:
    """Failure with a text for the reader; also of a job that never started (reaped)."""
    if not state.import_status.is_active or not state.exists or (command.worker_id is not None and state.worker_id != command.worker_id):
        return NOTHING
    return (append(TEMPLATE_VERSION.stream(state.id), TemplateImportFailed(state.job_id, command.error, command.error_code)),)


def decide_note_import_logs_overflow(command: NoteImportLogsOverflow, state: TemplateVersion) -> Decision:
    """Said once."""
    if not state.exists or state.logs_overflowed:
        return NOTHING
    return (append(TEMPLATE_VERSION.stream(command.version_id), TemplateImportLogsOverflowed(state.job_id)),)


def decide_request_import_cancel(command: RequestImportCancel, state: TemplateVersion) -> Decision:
    """Raises `Invalid` for a job that has ended or was cancelled before."""
    existing(state)
    if state.import_status is JobStatus.CANCELING:
        raise Invalid("The import is already being canceled.", "Its provisioner has been asked to stop.")
    if not state.import_status.is_active:
        raise Invalid("The import has already ended.", "Only an import that has not ended can be canceled.")
    stream = TEMPLATE_VERSION.stream(command.version_id)
    if state.import_status is JobStatus.PENDING:
        return (append(stream, TemplateImportCanceled(state.job_id)),)
    return (append(stream, TemplateImportCancelRequested(state.job_id)),)


def decide_end_canceled_import(command: EndCanceledImport, state: TemplateVersion) -> Decision:
    """The worker stopped as it was asked to."""
    if state.import_status is not JobStatus.CANCELING or state.worker_id != command.worker_id:
        return NOTHING
    return (append(TEMPLATE_VERSION.stream(state.id), TemplateImportCanceled(state.job_id)),)


def existing(state: TemplateVersion) -> TemplateVersion:
    """The version, if it was ever made. Raises `NotFound`."""
    if not state.exists:
        raise NotFound
    return state


def _template_of(state: TemplateVersion, done: str) -> str:
    if state.template_id is None:
        raise Invalid("The template version belongs to no template.", f"Only a version of a template can be {done}.")
    return state.template_id


def _held_by(state: TemplateVersion, worker_id: str) -> bool:
    return state.exists and state.worker_id == worker_id and state.import_status in (JobStatus.RUNNING, JobStatus.CANCELING)
