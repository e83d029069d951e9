"""Folds every event of a provisioner job, whatever the job is for, into the queue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.builds.events import (
    BuildCanceled,
    BuildCancelRequested,
    BuildCompleted,
    BuildFailed,
    BuildLogsOverflowed,
    BuildQueued,
    BuildStarted,
)
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
from domain.templates.version_events import (
    TemplateImportCanceled,
    TemplateImportCancelRequested,
    TemplateImportCompleted,
    TemplateImportFailed,
    TemplateImportLogsOverflowed,
    TemplateImportStarted,
    TemplateVersionCreated,
)
from projections.engine.model import ReadModel, nothing
from projections.engine.tables import Key, Row, Rows, Table
from projections.jobs.tables import JOBS

MODEL = ReadModel("jobs", (JOBS,))


def _job(event: Any, _recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    return ((JOBS, (event.job_id,)),)


def _queued(recorded: Recorded, job_id: str, **columns: Any) -> Row:
    return {
        "id": job_id,
        "created_at": recorded.time,
        "updated_at": recorded.time,
        "error": "",
        "error_code": "",
        "logs_overflowed": False,
        "correlation_id": recorded.metadata.correlation_id,
        "causation_id": recorded.id,
        **columns,
    }


@MODEL.on(BuildQueued, reads=nothing)
def on_build_queued(rows: Rows, event: BuildQueued, recorded: Recorded) -> None:
    """A build waits for a worker."""
    rows.put(
        JOBS,
        _queued(
            recorded,
            event.job_id,
            type="workspace_build",
            organization_id=event.organization_id,
            initiator_id=event.initiator_id,
            file_id=event.file_id,
            provisioner=event.provisioner,
            tags=event.tags,
            template_version_id=event.template_version_id,
            build_id=recorded.stream.id,
            workspace_id=event.workspace_id,
        ),
    )


@MODEL.on(TemplateVersionCreated, reads=nothing)
def on_version_created(rows: Rows, event: TemplateVersionCreated, recorded: Recorded) -> None:
    """An import waits for a worker."""
    rows.put(
        JOBS,
        _queued(
            recorded,
            event.job_id,
            type="template_version_import",
            organization_id=event.organization_id,
            initiator_id=recorded.metadata.actor.id,
            file_id=event.file_id,
            provisioner=event.provisioner,
            tags=event.tags,
            template_version_id=recorded.stream.id,
        ),
    )


@MODEL.on(DryRunQueued, reads=nothing)
def on_dry_run_queued(rows: Rows, event: DryRunQueued, recorded: Recorded) -> None:
    """A dry run waits for a worker."""
    rows.put(
        JOBS,
        _queued(
            recorded,
            event.job_id,
            type="template_version_dry_run",
            organization_id=event.organization_id,
            initiator_id=recorded.metadata.actor.id,
            file_id=event.file_id,
            provisioner=event.provisioner,
            tags=event.tags,
            template_version_id=event.template_version_id,
            dry_run_id=recorded.stream.id,
        ),
    )


def _edit(rows: Rows, event: Any, recorded: Recorded) -> Row | None:
    row = rows.edit(JOBS, event.job_id)
    if row is not None:
        row["updated_at"] = recorded.time
    return row


@MODEL.on(BuildStarted, TemplateImportStarted, DryRunStarted, reads=_job)
def on_started(rows: Rows, event: Any, recorded: Recorded) -> None:
    """A worker took it."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["started_at"] = recorded.time
        row["worker_id"] = event.worker_id


@MODEL.on(BuildCompleted, TemplateImportCompleted, DryRunCompleted, reads=_job)
def on_completed(rows: Rows, event: Any, recorded: Recorded) -> None:
    """Done."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["completed_at"] = recorded.time


@MODEL.on(BuildFailed, TemplateImportFailed, DryRunFailed, reads=_job)
def on_failed(rows: Rows, event: Any, recorded: Recorded) -> None:
    """Ended with an error; a job that never started counts as started now (contract/lifecycle.md C6)."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["started_at"] = row["started_at"] or recorded.time
        row["completed_at"] = recorded.time
        row["error"], row["error_code"] = event.error, event.error_code


@MODEL.on(BuildCancelRequested, TemplateImportCancelRequested, DryRunCancelRequested, reads=_job)
def on_cancel_requested(rows: Rows, event: Any, recorded: Recorded) -> None:
    """The worker is asked to stop."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["canceled_at"] = recorded.time


@MODEL.on(BuildCanceled, TemplateImportCanceled, DryRunCanceled, reads=_job)
def on_canceled(rows: Rows, event: Any, recorded: Recorded) -> None:
    """Ended by a cancel."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["canceled_at"] = row["canceled_at"] or recorded.time
        row["completed_at"] = recorded.time


@MODEL.on(BuildLogsOverflowed, TemplateImportLogsOverflowed, DryRunLogsOverflowed, reads=_job)
def on_logs_overflowed(rows: Rows, event: Any, _recorded: Recorded) -> None:
    """Later log lines are dropped."""
    if (row := rows.edit(JOBS, event.job_id)) is not None:
        row["logs_overflowed"] = True
