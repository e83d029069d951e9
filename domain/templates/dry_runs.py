"""A dry run as its events tell it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.builds.values import JobStatus
from domain.kernel.decider import Decider
from domain.kernel.events import Recorded
from domain.templates.dry_run_events import (
    DryRunCanceled,
    DryRunCancelRequested,
    DryRunCompleted,
    DryRunFailed,
    DryRunLogsOverflowed,
    DryRunQueued,
    DryRunStarted,
)


@dataclass(frozen=True, slots=True)
class DryRun:
    """`id` is "" before it exists; `parameters` are (name, value) as resolved."""

    id: str = ""
    organization_id: str = ""
    version_id: str = ""
    job_id: str = ""
    initiator_id: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    status: JobStatus = JobStatus.PENDING
    worker_id: str | None = None
    logs_overflowed: bool = False


def evolve(state: DryRun, recorded: Recorded) -> DryRun:
    """Fold one event of a dry run's stream."""
    match recorded.event:
        case DryRunQueued() as e:
            parameters = tuple((p["name"], p["value"]) for p in e.parameters)
            return DryRun(recorded.stream.id, e.organization_id, e.template_version_id, e.job_id, recorded.metadata.actor.id, parameters)
        case DryRunStarted(worker_id=worker_id):
            return replace(state, status=JobStatus.RUNNING, worker_id=worker_id)
        case DryRunCompleted():
            return replace(state, status=JobStatus.SUCCEEDED)
        case DryRunFailed():
            return replace(state, status=JobStatus.FAILED)
        case DryRunLogsOverflowed():
            return replace(state, logs_overflowed=True)
        case DryRunCancelRequested():
            return replace(state, status=JobStatus.CANCELING)
        case DryRunCanceled():
            return replace(state, status=JobStatus.CANCELED)
    return state


DRY_RUN: Decider[DryRun] = Decider("dry_run", DryRun(), evolve)
