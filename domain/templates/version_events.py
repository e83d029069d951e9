"""What happens to a template version, its import job included."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.events import Event, event


@event("TemplateVersionCreated", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateVersionCreated(Event):
    """Queued for import as job `job_id`. Variable values lie beside the log: they may be secret."""

    organization_id: str
    template_id: str | None
    name: str
    message: str
    file_id: str
    job_id: str
    provisioner: str
    tags: dict[str, str]


@event("TemplateVersionAttached", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateVersionAttached(Event):
    """A template was created from it."""

    template_id: str


@event("TemplateVersionUpdated", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateVersionUpdated(Event):
    """Name and message from now on."""

    template_id: str | None
    name: str
    message: str


@event("TemplateVersionArchived", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateVersionArchived(Event):
    """Hidden; cannot be promoted."""

    template_id: str


@event("TemplateVersionUnarchived", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateVersionUnarchived(Event):
    """Usable again."""

    template_id: str


@event("TemplateImportStarted", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateImportStarted(Event):
    """A worker took the import job."""

    job_id: str
    worker_id: str


@event("TemplateImportCompleted", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateImportCompleted(Event):
    """`plan` is `TemplatePlan.to_dict()` without variable values; `readme` the text of the archive's readme."""

    job_id: str
    plan: dict[str, object]
    readme: str


@event("TemplateImportFailed", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateImportFailed(Event):
    """`error` for the reader; `error_code` as in the API or empty."""

    job_id: str
    error: str
    error_code: str = ""


@event("TemplateImportLogsOverflowed", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateImportLogsOverflowed(Event):
    """The import's log is full; later lines are dropped."""

    job_id: str


@event("TemplateImportCancelRequested", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateImportCancelRequested(Event):
    """The worker will be told."""

    job_id: str


@event("TemplateImportCanceled", category="template_version")
@dataclass(frozen=True, slots=True)
class TemplateImportCanceled(Event):
    """The job ended without a result."""

    job_id: str
