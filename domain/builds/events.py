"""What happens to a build and its job. Every event names its workspace; the stream's id is the build's id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.kernel.events import Event, event


@event("BuildQueued", category="build")
@dataclass(frozen=True, slots=True)
class BuildQueued(Event):
    """`number` counts from 1 in the workspace. `parameters` are all resolved values, `{name, value}`; `provisioner` is the kind
    that may take the job; `of_task` whether a build before this one made the workspace an AI task, which it stays."""

    workspace_id: str
    number: int
    transition: str
    reason: str
    organization_id: str
    template_id: str
    template_version_id: str
    preset_id: str | None
    initiator_id: str
    job_id: str
    file_id: str
    tags: dict[str, str]
    parameters: list[dict[str, str]]
    log_level: str = ""
    orphan: bool = False
    provisioner: str = "echo"
    of_task: bool = False


@event("BuildStarted", category="build")
@dataclass(frozen=True, slots=True)
class BuildStarted(Event):
    """A worker took the job."""

    workspace_id: str
    job_id: str
    worker_id: str


@event("BuildCompleted", category="build")
@dataclass(frozen=True, slots=True)
class BuildCompleted(Event):
    """Succeeded. `resources` come without their agents, each of which has an `AgentCreated` in the same append."""

    workspace_id: str
    job_id: str
    transition: str
    resources: list[dict[str, object]]
    timings: list[dict[str, object]]
    daily_cost: int
    deadline: datetime | None
    max_deadline: datetime | None
    has_ai_task: bool = False
    has_external_agent: bool = False


@event("BuildFailed", category="build")
@dataclass(frozen=True, slots=True)
class BuildFailed(Event):
    """`error` for the reader; `error_code` as in the API or empty."""

    workspace_id: str
    job_id: str
    transition: str
    error: str
    error_code: str = ""


@event("BuildCancelRequested", category="build")
@dataclass(frozen=True, slots=True)
class BuildCancelRequested(Event):
    """Asked for while running; the worker will be told."""

    workspace_id: str
    job_id: str


@event("BuildCanceled", category="build")
@dataclass(frozen=True, slots=True)
class BuildCanceled(Event):
    """Ended by a cancel: at once while pending, else when the worker stopped."""

    workspace_id: str
    job_id: str
    transition: str


@event("BuildDeadlineSet", category="build")
@dataclass(frozen=True, slots=True)
class BuildDeadlineSet(Event):
    """`cause` is extend, activity, ttl_removed or template."""

    workspace_id: str
    deadline: datetime | None
    max_deadline: datetime | None
    cause: str


@event("BuildLogsOverflowed", category="build")
@dataclass(frozen=True, slots=True)
class BuildLogsOverflowed(Event):
    """The job's log is full; later lines are dropped."""

    workspace_id: str
    job_id: str


@event("BuildStateReplaced", category="build")
@dataclass(frozen=True, slots=True)
class BuildStateReplaced(Event):
    """Somebody put another provisioner state in place; the bytes lie beside the log, they may hold secrets."""

    workspace_id: str
