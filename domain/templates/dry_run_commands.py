"""What can be asked of a dry run: plan a version with parameter values, change nothing. Ids are UUID text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class QueueDryRun:
    """`parameters` are (name, value) as sent; the version's rules resolve them."""

    dry_run_id: str
    job_id: str
    version_id: str
    initiator_id: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StartDryRun:
    """A worker takes the job; nothing happens when somebody else has it."""

    dry_run_id: str
    worker_id: str


@dataclass(frozen=True, slots=True)
class CompleteDryRun:
    """`resources` are `ResourceSpec.to_dict()` with their references replaced."""

    dry_run_id: str
    worker_id: str
    resources: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class FailDryRun:
    """The worker (or the reaper, with `worker_id` None) gives up; nothing happens when the job has ended."""

    dry_run_id: str
    worker_id: str | None
    error: str
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class NoteDryRunLogsOverflow:
    """The dry run's log was full for the first time."""

    dry_run_id: str


@dataclass(frozen=True, slots=True)
class RequestDryRunCancel:
    """Cancel at once while pending, else ask the worker."""

    dry_run_id: str


@dataclass(frozen=True, slots=True)
class EndCanceledDryRun:
    """The worker has stopped after a cancel, without an error."""

    dry_run_id: str
    worker_id: str
