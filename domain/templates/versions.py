"""A template version as its events tell it, its import job included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.builds.values import JobStatus
from domain.kernel.decider import Append, Decider
from domain.kernel.events import Recorded, Stream
from domain.reservations.values import name_stream, release, reserve
from domain.templates.values import TemplatePlan
from domain.templates.version_events import (
    TemplateImportCanceled,
    TemplateImportCancelRequested,
    TemplateImportCompleted,
    TemplateImportFailed,
    TemplateImportLogsOverflowed,
    TemplateImportStarted,
    TemplateVersionArchived,
    TemplateVersionAttached,
    TemplateVersionCreated,
    TemplateVersionUnarchived,
    TemplateVersionUpdated,
)

NAME_KIND = "template_version"


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """`id` is "" before it exists. `template_id` is None until a template is made from it; `plan` is None until imported."""

    id: str = ""
    organization_id: str = ""
    template_id: str | None = None
    name: str = ""
    message: str = ""
    file_id: str = ""
    job_id: str = ""
    provisioner: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created_by: str | None = None
    is_archived: bool = False
    import_status: JobStatus = JobStatus.PENDING
    import_error: str = ""
    worker_id: str | None = None
    plan: TemplatePlan | None = None
    logs_overflowed: bool = False

    @property
    def exists(self) -> bool:
        """Whether the version was made."""
        return bool(self.id)


def evolve(state: TemplateVersion, recorded: Recorded) -> TemplateVersion:
    """Fold one event of a version's stream."""
    match recorded.event:
        case TemplateVersionCreated() as e:
            return TemplateVersion(
                recorded.stream.id,
                e.organization_id,
                e.template_id,
                e.name,
                e.message,
                e.file_id,
                e.job_id,
                e.provisioner,
                e.tags,
                recorded.metadata.actor.id,
            )
        case TemplateVersionAttached(template_id=template_id):
            return replace(state, template_id=template_id)
        case TemplateVersionUpdated(name=name, message=message):
            return replace(state, name=name, message=message)
        case TemplateVersionArchived():
            return replace(state, is_archived=True)
        case TemplateVersionUnarchived():
            return replace(state, is_archived=False)
        case TemplateImportStarted(worker_id=worker_id):
            return replace(state, import_status=JobStatus.RUNNING, worker_id=worker_id)
        case TemplateImportCompleted(plan=plan):
            return replace(state, import_status=JobStatus.SUCCEEDED, plan=TemplatePlan.from_dict(plan))
        case TemplateImportFailed(error=error):
            return replace(state, import_status=JobStatus.FAILED, import_error=error)
        case TemplateImportLogsOverflowed():
            return replace(state, logs_overflowed=True)
        case TemplateImportCancelRequested():
            return replace(state, import_status=JobStatus.CANCELING)
        case TemplateImportCanceled():
            return replace(state, import_status=JobStatus.CANCELED)
    return state


TEMPLATE_VERSION: Decider[TemplateVersion] = Decider("template_version", TemplateVersion(), evolve)


@dataclass(frozen=True, slots=True)
class VersionName:
    """The reservation of a version's name in its template; versions without a template never clash."""

    stream: Stream

    def taken_by(self, version_id: str) -> Append:
        """The append that takes the free name."""
        return reserve(self.stream, NAME_KIND, version_id)

    def freed_by(self, version_id: str) -> Append:
        """The append that frees the name."""
        return release(self.stream, NAME_KIND, version_id)


def version_name(template_id: str, name: str) -> VersionName:
    """Names of versions are unique in a template, case included (contract/lifecycle.md A2)."""
    return VersionName(name_stream(NAME_KIND, template_id, name))
