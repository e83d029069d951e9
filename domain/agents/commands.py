"""What can be asked of an agent. Ids are UUID text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ConnectAgent:
    """Its connection opened."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class DisconnectAgent:
    """Its connection closed, or it went silent after `last_connected_at`."""

    agent_id: str
    last_connected_at: datetime


@dataclass(frozen=True, slots=True)
class TimeOutAgent:
    """Its time to connect has passed."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class ReportStartup:
    """What the agent says of itself."""

    agent_id: str
    version: str
    api_version: str
    expanded_directory: str
    subsystems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportLifecycle:
    """`changed_at` by the agent's clock; None for ours."""

    agent_id: str
    state: str
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportAppHealth:
    """Health by app id; apps without a health check are left alone."""

    agent_id: str
    healths: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReportAppStatus:
    """`app_slug` names an app of the agent."""

    agent_id: str
    status_id: str
    app_slug: str
    state: str
    message: str
    uri: str


@dataclass(frozen=True, slots=True)
class ReportScript:
    """A script ended; times by the agent's clock."""

    agent_id: str
    script_id: str
    started_at: datetime
    ended_at: datetime
    exit_code: int
    stage: str
    status: str


@dataclass(frozen=True, slots=True)
class AddLogSource:
    """Another source of log lines; a known id changes nothing."""

    agent_id: str
    source_id: str
    display_name: str
    icon: str


@dataclass(frozen=True, slots=True)
class NoteAgentLogs:
    """The first lines arrived, or (`overflowed`) the log is full."""

    agent_id: str
    overflowed: bool = False
