"""What can be asked of a build. Ids are UUID text, drawn by the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class QueueBuild:
    """Queue the next build of a workspace.

    `template_version_id` None takes the previous build's version; `preset_id` None lets a preset match. `may_update_template`
    says whether the caller may (checked by the policy before).
    """

    build_id: str
    job_id: str
    workspace_id: str
    transition: str
    initiator_id: str
    reason: str = "initiator"
    template_version_id: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    preset_id: str | None = None
    log_level: str = ""
    orphan: bool = False
    state: bytes | None = None
    may_update_template: bool = False


@dataclass(frozen=True, slots=True)
class StartBuild:
    """A worker takes the job; nothing happens when somebody else has it."""

    build_id: str
    worker_id: str


@dataclass(frozen=True, slots=True)
class BuiltAgent:
    """An agent that a build made. `spec` as declared, with ids for apps, scripts and log sources; `token_digest` proves it."""

    id: str
    resource_id: str
    name: str
    parent_id: str | None
    connection_timeout_seconds: int
    token_digest: bytes
    spec: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CompleteBuild:
    """The worker is done. `resources` are `{id, name, type, icon, hide, daily_cost, instance_type, metadata}`;
    `timings` are `{started_at, ended_at, stage, source, action, resource}` (RFC 3339)."""

    build_id: str
    workspace_id: str
    worker_id: str
    resources: tuple[dict[str, Any], ...] = ()
    agents: tuple[BuiltAgent, ...] = ()
    timings: tuple[dict[str, Any], ...] = ()
    daily_cost: int = 0
    has_ai_task: bool = False
    has_external_agent: bool = False
    state: bytes = b""


@dataclass(frozen=True, slots=True)
class FailBuild:
    """The worker (or the reaper, with `worker_id` None) gives up; nothing happens when the job has ended."""

    build_id: str
    workspace_id: str
    worker_id: str | None
    error: str
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class CancelBuild:
    """Cancel at once while pending, else ask the worker. `expect_status` is pending, running or None."""

    build_id: str
    workspace_id: str
    expect_status: str | None = None


@dataclass(frozen=True, slots=True)
class EndCanceledBuild:
    """The worker has stopped after a cancel, without an error."""

    build_id: str
    workspace_id: str
    worker_id: str


@dataclass(frozen=True, slots=True)
class NoteLogsOverflow:
    """The job's log is full."""

    build_id: str


@dataclass(frozen=True, slots=True)
class ReplaceBuildState:
    """Put another provisioner state in place of what the build left."""

    build_id: str
    state: bytes
