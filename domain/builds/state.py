"""A build as its events tell it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.builds.events import (
    BuildCanceled,
    BuildCancelRequested,
    BuildCompleted,
    BuildDeadlineSet,
    BuildFailed,
    BuildLogsOverflowed,
    BuildQueued,
    BuildStarted,
)
from domain.builds.values import JobStatus
from domain.kernel.decider import Decider
from domain.kernel.events import Recorded


@dataclass(frozen=True, slots=True)
class Build:
    """`exists` is False before the first event. Times are UTC; `parameters` are (name, value) pairs; `of_task` is whether the
    workspace is an AI task, as of the build's last event."""

    exists: bool = False
    workspace_id: str = ""
    organization_id: str = ""
    template_id: str = ""
    number: int = 0
    transition: str = ""
    job_id: str = ""
    template_version_id: str = ""
    preset_id: str | None = None
    initiator_id: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    status: JobStatus = JobStatus.PENDING
    worker_id: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    deadline: datetime | None = None
    max_deadline: datetime | None = None
    logs_overflowed: bool = False
    correlation_id: str = ""
    of_task: bool = False


def evolve(state: Build, recorded: Recorded) -> Build:
    """Fold one event of a build's stream."""
    match recorded.event:
        case BuildQueued() as e:
            return Build(
                True,
                e.workspace_id,
                e.organization_id,
                e.template_id,
                e.number,
                e.transition,
                e.job_id,
                e.template_version_id,
                e.preset_id,
                e.initiator_id,
                tuple((p["name"], p["value"]) for p in e.parameters),
                created_at=recorded.time,
                correlation_id=recorded.metadata.correlation_id,
                of_task=e.of_task,
            )
        case BuildStarted(worker_id=worker_id):
            return replace(state, status=JobStatus.RUNNING, worker_id=worker_id, started_at=recorded.time)
        case BuildCompleted(deadline=deadline, max_deadline=max_deadline, has_ai_task=of_task):
            ended = replace(state, status=JobStatus.SUCCEEDED, completed_at=recorded.time, of_task=of_task)
            return replace(ended, deadline=deadline, max_deadline=max_deadline)
        case BuildFailed():
            return replace(state, status=JobStatus.FAILED, completed_at=recorded.time)
        case BuildCancelRequested():
            return replace(state, status=JobStatus.CANCELING)
        case BuildCanceled():
            return replace(state, status=JobStatus.CANCELED, completed_at=recorded.time)
        case BuildDeadlineSet(deadline=deadline, max_deadline=max_deadline):
            return replace(state, deadline=deadline, max_deadline=max_deadline)
        case BuildLogsOverflowed():
            return replace(state, logs_overflowed=True)
    return state


BUILD: Decider[Build] = Decider("build", Build(), evolve)
