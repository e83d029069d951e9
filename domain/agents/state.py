"""An agent as its events tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.agents.events import (
    AgentConnected,
    AgentConnectionTimedOut,
    AgentCreated,
    AgentDeleted,
    AgentDisconnected,
    AgentLifecycleChanged,
    AgentLogSourceAdded,
    AgentLogsOverflowed,
    AgentLogsStarted,
    AgentStartupReported,
    AppHealthChanged,
    AppStatusReported,
)
from domain.kernel.decider import Decider
from domain.kernel.events import Recorded


@dataclass(frozen=True, slots=True)
class App:
    """What decisions know of an app; `health` is disabled for one without a health check."""

    id: str
    slug: str
    health: str


@dataclass(frozen=True, slots=True)
class Agent:
    """`exists` is False before the first event; `startup` is (version, api version, directory, subsystems)."""

    exists: bool = False
    workspace_id: str = ""
    build_id: str = ""
    created_at: datetime | None = None
    connection_timeout_seconds: int = 0
    connected: bool = False
    ever_connected: bool = False
    timed_out: bool = False
    deleted: bool = False
    lifecycle_state: str = "created"
    startup: tuple[str, str, str, tuple[str, ...]] | None = None
    apps: Mapping[str, App] = field(default_factory=dict)
    script_ids: frozenset[str] = frozenset()
    log_sources: frozenset[str] = frozenset()
    logs_started: bool = False
    logs_overflowed: bool = False
    last_status: str = ""
    correlation_id: str = ""


def evolve(state: Agent, recorded: Recorded) -> Agent:
    """Fold one event of an agent's stream."""
    match recorded.event:
        case AgentCreated() as e:
            return _created(e, recorded)
        case AgentConnected():
            return replace(state, connected=True, ever_connected=True, timed_out=False)
        case AgentDisconnected():
            return replace(state, connected=False)
        case AgentConnectionTimedOut():
            return replace(state, timed_out=True)
        case AgentStartupReported() as e:
            return replace(state, startup=(e.version, e.api_version, e.expanded_directory, tuple(e.subsystems)))
        case AgentLifecycleChanged(state=lifecycle_state):
            return replace(state, lifecycle_state=lifecycle_state)
        case AppHealthChanged(app_id=app_id, health=health):
            app = state.apps.get(app_id)
            return state if app is None else replace(state, apps={**state.apps, app_id: replace(app, health=health)})
        case AppStatusReported(state=app_state):
            return replace(state, last_status=app_state)
        case AgentLogSourceAdded(source_id=source_id):
            return replace(state, log_sources=state.log_sources | {source_id})
        case AgentLogsStarted():
            return replace(state, logs_started=True)
        case AgentLogsOverflowed():
            return replace(state, logs_overflowed=True)
        case AgentDeleted():
            return replace(state, deleted=True, connected=False)
    return state


def _created(event: AgentCreated, recorded: Recorded) -> Agent:
    spec = event.spec
    apps: list[dict[str, object]] = spec.get("apps", [])  # type: ignore[assignment]
    scripts: list[dict[str, object]] = spec.get("scripts", [])  # type: ignore[assignment]
    return Agent(
        True,
        event.workspace_id,
        event.build_id,
        recorded.time,
        event.connection_timeout_seconds,
        apps={str(a["id"]): App(str(a["id"]), str(a["slug"]), _initial_health(a)) for a in apps},
        script_ids=frozenset(str(s["id"]) for s in scripts),
        log_sources=frozenset(str(s["log_source_id"]) for s in scripts),
        correlation_id=recorded.metadata.correlation_id,
    )


def _initial_health(app: dict[str, object]) -> str:
    healthcheck = app.get("healthcheck")
    return "initializing" if isinstance(healthcheck, dict) and healthcheck.get("url") else "disabled"


AGENT: Decider[Agent] = Decider("agent", Agent(), evolve)
