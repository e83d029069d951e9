"""What happens to an agent of a build. Every event names its workspace; the stream's id is the agent's id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.kernel.events import Event, event


@event("AgentCreated", category="agent")
@dataclass(frozen=True, slots=True)
class AgentCreated(Event):
    """Part of a completed build (or, with `parent_id`, made by another agent). `spec` as in the build's resources."""

    workspace_id: str
    build_id: str
    resource_id: str
    name: str
    parent_id: str | None
    connection_timeout_seconds: int
    spec: dict[str, object]


@event("AgentConnected", category="agent")
@dataclass(frozen=True, slots=True)
class AgentConnected(Event):
    """Its connection opened (again)."""

    workspace_id: str
    build_id: str


@event("AgentDisconnected", category="agent")
@dataclass(frozen=True, slots=True)
class AgentDisconnected(Event):
    """Its connection closed, or nothing was heard for too long since `last_connected_at`."""

    workspace_id: str
    build_id: str
    last_connected_at: datetime


@event("AgentConnectionTimedOut", category="agent")
@dataclass(frozen=True, slots=True)
class AgentConnectionTimedOut(Event):
    """It never connected within its time."""

    workspace_id: str
    build_id: str


@event("AgentStartupReported", category="agent")
@dataclass(frozen=True, slots=True)
class AgentStartupReported(Event):
    """What the agent says of itself."""

    workspace_id: str
    build_id: str
    version: str
    api_version: str
    expanded_directory: str
    subsystems: list[str]


@event("AgentLifecycleChanged", category="agent")
@dataclass(frozen=True, slots=True)
class AgentLifecycleChanged(Event):
    """`state` as in the API; `changed_at` by the agent's clock, else ours."""

    workspace_id: str
    build_id: str
    state: str
    changed_at: datetime


@event("AppHealthChanged", category="agent")
@dataclass(frozen=True, slots=True)
class AppHealthChanged(Event):
    """`health` is initializing, healthy or unhealthy."""

    workspace_id: str
    build_id: str
    app_id: str
    health: str


@event("AppStatusReported", category="agent")
@dataclass(frozen=True, slots=True)
class AppStatusReported(Event):
    """`state` is working, idle, complete or failure."""

    workspace_id: str
    build_id: str
    status_id: str
    app_id: str
    state: str
    message: str
    uri: str


@event("ScriptCompleted", category="agent")
@dataclass(frozen=True, slots=True)
class ScriptCompleted(Event):
    """`stage` is start, stop or cron; `status` ok, exit_failure, timed_out or pipes_left_open."""

    workspace_id: str
    build_id: str
    script_id: str
    started_at: datetime
    ended_at: datetime
    exit_code: int
    stage: str
    status: str


@event("AgentLogSourceAdded", category="agent")
@dataclass(frozen=True, slots=True)
class AgentLogSourceAdded(Event):
    """Another source of log lines."""

    workspace_id: str
    build_id: str
    source_id: str
    display_name: str
    icon: str


@event("AgentLogsStarted", category="agent")
@dataclass(frozen=True, slots=True)
class AgentLogsStarted(Event):
    """The first log lines arrived."""

    workspace_id: str
    build_id: str


@event("AgentLogsOverflowed", category="agent")
@dataclass(frozen=True, slots=True)
class AgentLogsOverflowed(Event):
    """The agent's log is full; later lines are refused."""

    workspace_id: str
    build_id: str


@event("AgentDeleted", category="agent")
@dataclass(frozen=True, slots=True)
class AgentDeleted(Event):
    """Its build is no longer the latest."""

    workspace_id: str
    build_id: str
