"""Decisions about a dry run. Sources: contract/lifecycle.md A2, C2, C5."""

from __future__ import annotations

from domain.builds.values import JobStatus
from domain.kernel.decider import NOTHING, Decision, append
from domain.kernel.errors import Invalid, NotFound, TooEarly
from domain.templates.dry_run_commands import (
    CompleteDryRun,
    EndCanceledDryRun,
    FailDryRun,
    NoteDryRunLogsOverflow,
    QueueDryRun,
    RequestDryRunCancel,
    StartDryRun,
)
from domain.templates.dry_run_events import (
    DryRunCanceled,
    DryRunCancelRequested,
    DryRunCompleted,
    DryRunFailed,
    DryRunLogsOverflowed,
    DryRunQueued,
    DryRunStarted,
)
from domain.templates.dry_runs import DRY_RUN, DryRun
from domain.templates.parameters import resolve_dynamic
from domain.templates.version_decisions import existing, job_tags
from domain.templates.versions import TemplateVersion


def decide_queue_dry_run(command: QueueDryRun, version: TemplateVersion) -> Decision:
    """Plans also a version whose import failed: that has no parameters. Raises `TooEarly` until the import has ended."""
    existing(version)
    if version.import_status.is_active:
        raise TooEarly("The template version is still being imported.", "Wait for its import to complete.")
    plan = version.plan
    values = resolve_dynamic(plan.parameters, command.parameters, {}, None, True) if plan is not None else []
    queued = DryRunQueued(
        organization_id=version.organization_id,
        template_version_id=version.id,
        job_id=command.job_id,
        file_id=version.file_id,
        tags=job_tags({**version.tags, **(plan.tags if plan is not None else {})}, command.initiator_id),
        parameters=[{"name": name, "value": value} for name, value in values],
        provisioner=version.provisioner,
    )
    return (append(DRY_RUN.stream(command.dry_run_id), queued),)


def decide_start_dry_run(command: StartDryRun, state: DryRun) -> Decision:
    """The first worker gets the job; for the others nothing happens."""
    if not state.id or state.status is not JobStatus.PENDING:
        return NOTHING
    return (append(DRY_RUN.stream(state.id), DryRunStarted(state.job_id, command.worker_id)),)


def decide_complete_dry_run(command: CompleteDryRun, state: DryRun) -> Decision:
    """Success. A job that has ended, or is another worker's, is left alone."""
    if state.worker_id != command.worker_id or state.status not in (JobStatus.RUNNING, JobStatus.CANCELING):
        return NOTHING
    return (append(DRY_RUN.stream(state.id), DryRunCompleted(state.job_id, list(command.resources))),)


def decide_fail_dry_run(command: FailDryRun, state: DryRun) -> Decision:
    """Failure with a text for the reader; also of a job that never started (reaped)."""
    if not state.id or not state.status.is_active or (command.worker_id is not None and state.worker_id != command.worker_id):
        return NOTHING
    return (append(DRY_RUN.stream(state.id), DryRunFailed(state.job_id, command.error, command.error_code)),)


def decide_note_dry_run_logs_overflow(command: NoteDryRunLogsOverflow, state: DryRun) -> Decision:
    """Said once."""
    if not state.id or state.logs_overflowed:
        return NOTHING
    return (append(DRY_RUN.stream(command.dry_run_id), DryRunLogsOverflowed(state.job_id)),)


def decide_request_dry_run_cancel(command: RequestDryRunCancel, state: DryRun) -> Decision:
    """Raises `Invalid` for a job that has ended or was cancelled before."""
    if not state.id:
        raise NotFound
    if state.status is JobStatus.CANCELING:
        raise Invalid("The dry run is already being canceled.", "Its provisioner has been asked to stop.")
    if not state.status.is_active:
        raise Invalid("The dry run has already ended.", "Only a dry run that has not ended can be canceled.")
    stream = DRY_RUN.stream(command.dry_run_id)
    if state.status is JobStatus.PENDING:
        return (append(stream, DryRunCanceled(state.job_id)),)
    return (append(stream, DryRunCancelRequested(state.job_id)),)


def decide_end_canceled_dry_run(command: EndCanceledDryRun, state: DryRun) -> Decision:
    """The worker stopped as it was asked to."""
    if state.status is not JobStatus.CANCELING or state.worker_id != command.worker_id:
        return NOTHING
    return (append(DRY_RUN.stream(state.id), DryRunCanceled(state.job_id)),)
