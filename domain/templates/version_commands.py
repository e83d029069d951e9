"""What can be asked of a template version and of its import job. Ids are UUID text, drawn by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.templates.values import TemplatePlan


@dataclass(frozen=True, slots=True)
class CreateTemplateVersion:
    """A version of an archive, queued for import. `variables` are (name, value) as sent; `tags` as sent.

    The caller has checked that the file exists and may be read.
    """

    version_id: str
    job_id: str
    organization_id: str
    template_id: str | None
    name: str
    message: str
    file_id: str
    provisioner: str
    initiator_id: str
    tags: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateTemplateVersion:
    """Another name ("" = the same) and message (None = the same). `template_id` scopes the name."""

    version_id: str
    template_id: str | None
    name: str = ""
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ArchiveTemplateVersion:
    """Hide a version that nobody uses."""

    version_id: str


@dataclass(frozen=True, slots=True)
class ArchiveUnusedVersions:
    """Hide all versions of a template that nobody uses; unless `every_unused`, only those whose import failed."""

    template_id: str
    every_unused: bool = False


@dataclass(frozen=True, slots=True)
class UnarchiveTemplateVersion:
    """Bring a version back."""

    version_id: str


@dataclass(frozen=True, slots=True)
class StartImport:
    """A worker takes the job; nothing happens when somebody else has it."""

    version_id: str
    worker_id: str


@dataclass(frozen=True, slots=True)
class CompleteImport:
    """The archive was read. Presets of `plan` carry ids; `variables` are the resolved values, which may be secret."""

    version_id: str
    worker_id: str
    plan: TemplatePlan
    readme: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FailImport:
    """The worker (or the reaper, with `worker_id` None) gives up; nothing happens when the job has ended."""

    version_id: str
    worker_id: str | None
    error: str
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class NoteImportLogsOverflow:
    """The import's log was full for the first time."""

    version_id: str


@dataclass(frozen=True, slots=True)
class RequestImportCancel:
    """Cancel at once while pending, else ask the worker."""

    version_id: str


@dataclass(frozen=True, slots=True)
class EndCanceledImport:
    """The worker has stopped after a cancel, without an error."""

    version_id: str
    worker_id: str
