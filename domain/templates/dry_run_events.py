"""What happens to a dry run of a template version: a job that plans and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.events import Event, event


@event("DryRunQueued", category="dry_run")
@dataclass(frozen=True, slots=True)
class DryRunQueued(Event):
    """Parameters as resolved; `provisioner` is the kind that may take the job."""

    organization_id: str
    template_version_id: str
    job_id: str
    file_id: str
    tags: dict[str, str]
    parameters: list[dict[str, str]]
    provisioner: str = "echo"


@event("DryRunStarted", category="dry_run")
@dataclass(frozen=True, slots=True)
class DryRunStarted(Event):
    """A worker took it."""

    job_id: str
    worker_id: str


@event("DryRunCompleted", category="dry_run")
@dataclass(frozen=True, slots=True)
class DryRunCompleted(Event):
    """`resources` as a start build would make them."""

    job_id: str
    resources: list[dict[str, object]]


@event("DryRunFailed", category="dry_run")
@dataclass(frozen=True, slots=True)
class DryRunFailed(Event):
    """`error` for the reader."""

    job_id: str
    error: str
    error_code: str = ""


@event("DryRunLogsOverflowed", category="dry_run")
@dataclass(frozen=True, slots=True)
class DryRunLogsOverflowed(Event):
    """Its log is full; later lines are dropped."""

    job_id: str


@event("DryRunCancelRequested", category="dry_run")
@dataclass(frozen=True, slots=True)
class DryRunCancelRequested(Event):
    """The worker will be told."""

    job_id: str


@event("DryRunCanceled", category="dry_run")
@dataclass(frozen=True, slots=True)
class DryRunCanceled(Event):
    """Ended without a result."""

    job_id: str
