"""Folds agents and what their apps say of themselves; whatever changes one changes its workspace's document.

Source: contract/lifecycle.md D2 to D6. The connection status is not stored: `render.py` reads it off the times kept here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

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
    ScriptCompleted,
)
from domain.agents.values import SIMULATED, STARTED_STATES
from domain.kernel.events import Recorded
from projections.agents.tables import AGENTS, APP_STATUSES
from projections.documents import rfc3339
from projections.engine.model import ReadModel, nothing
from projections.engine.tables import Row, Rows

MODEL = ReadModel("agents", (AGENTS, APP_STATUSES))


@MODEL.on(AgentCreated, reads=nothing)
def on_created(rows: Rows, event: AgentCreated, recorded: Recorded) -> None:
    """An agent that nobody has heard of yet; each of its scripts is a source of log lines."""
    spec: Mapping[str, Any] = event.spec
    created_at = rfc3339(recorded.time)
    is_simulated = spec.get("run") == SIMULATED
    rows.put(
        AGENTS,
        {
            "id": recorded.stream.id,
            "workspace_id": event.workspace_id,
            "build_id": event.build_id,
            "resource_id": event.resource_id,
            "parent_id": event.parent_id,
            "name": event.name,
            "connection_timeout_seconds": event.connection_timeout_seconds,
            "spec": event.spec,
            "app_health": {},
            "script_results": {},
            "log_sources": [_log_source(script, created_at) for script in spec.get("scripts", ())],
            "lifecycle_state": "created",
            "version": "",
            "api_version": "",
            "expanded_directory": "",
            "subsystems": [],
            "timed_out": False,
            "logs_started": False,
            "logs_overflowed": False,
            "deleted": False,
            "created_at": recorded.time,
            "updated_at": recorded.time,
            "correlation_id": recorded.metadata.correlation_id,
            "is_simulated": is_simulated,
            "plays_at": _after(recorded.time, _simulation(spec).get("connect_after_seconds") or 0.0) if is_simulated else None,
        },
    )
    rows.touch("workspace", event.workspace_id, recorded.position)


def _log_source(script: Mapping[str, Any], created_at: str) -> dict[str, Any]:
    return {"id": script["log_source_id"], "display_name": script["display_name"], "icon": script["icon"], "created_at": created_at}


def _simulation(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    simulation: Mapping[str, Any] = spec.get("simulate") or {}
    return simulation


def _after(time: datetime, seconds: float) -> datetime:
    return time + timedelta(seconds=seconds)


def _edit(rows: Rows, event: Any, recorded: Recorded) -> Row | None:
    row = rows.edit(AGENTS, recorded.stream.id)
    if row is not None:
        row["updated_at"] = recorded.time
        rows.touch("workspace", event.workspace_id, recorded.position)
    return row


@MODEL.on(AgentConnected)
def on_connected(rows: Rows, event: AgentConnected, recorded: Recorded) -> None:
    """Its connection opened; a simulated one may be due to close it again."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["first_connected_at"] = row["first_connected_at"] or recorded.time
        row["last_connected_at"] = recorded.time
        row["disconnected_at"] = None
        row["timed_out"] = False
        seconds = _simulation(row["spec"]).get("disconnect_after_seconds")
        row["plays_at"] = _after(recorded.time, seconds) if row["is_simulated"] and seconds is not None else None


@MODEL.on(AgentDisconnected)
def on_disconnected(rows: Rows, event: AgentDisconnected, recorded: Recorded) -> None:
    """Gone since it was last heard. A simulated one whose player died connects again as soon as there is another player."""
    if (row := _edit(rows, event, recorded)) is not None:
        _disconnect(row, event.last_connected_at)
        ends = row["lifecycle_state"] == "off" or _simulation(row["spec"]).get("disconnect_after_seconds") is not None
        row["plays_at"] = recorded.time if row["is_simulated"] and not ends else None


def _disconnect(row: Row, last_connected_at: datetime) -> None:
    known = row["last_connected_at"]
    row["last_connected_at"] = last_connected_at if known is None else max(known, last_connected_at)
    row["disconnected_at"] = row["last_connected_at"]


@MODEL.on(AgentConnectionTimedOut)
def on_timed_out(rows: Rows, event: AgentConnectionTimedOut, recorded: Recorded) -> None:
    """It took too long; it may still connect."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["timed_out"] = True


@MODEL.on(AgentStartupReported)
def on_startup_reported(rows: Rows, event: AgentStartupReported, recorded: Recorded) -> None:
    """What it says of itself."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["version"], row["api_version"] = event.version, event.api_version
        row["expanded_directory"], row["subsystems"] = event.expanded_directory, list(event.subsystems)


@MODEL.on(AgentLifecycleChanged)
def on_lifecycle_changed(rows: Rows, event: AgentLifecycleChanged, recorded: Recorded) -> None:
    """Starting begins the clock anew; being ready, in whatever way, stops it."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["lifecycle_state"] = event.state
        if event.state == "starting":
            row["started_at"], row["ready_at"] = event.changed_at, None
        elif event.state in STARTED_STATES:
            row["started_at"], row["ready_at"] = row["started_at"] or event.changed_at, event.changed_at


@MODEL.on(AppHealthChanged)
def on_app_health_changed(rows: Rows, event: AppHealthChanged, recorded: Recorded) -> None:
    """How an app fares."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["app_health"] = {**row["app_health"], event.app_id: event.health}


@MODEL.on(AppStatusReported)
def on_app_status_reported(rows: Rows, event: AppStatusReported, recorded: Recorded) -> None:
    """What an app says of itself: all of it is kept."""
    if _edit(rows, event, recorded) is not None:
        rows.put(
            APP_STATUSES,
            {
                "id": event.status_id,
                "workspace_id": event.workspace_id,
                "build_id": event.build_id,
                "agent_id": recorded.stream.id,
                "app_id": event.app_id,
                "state": event.state,
                "message": event.message,
                "uri": event.uri,
                "created_at": recorded.time,
            },
        )


@MODEL.on(ScriptCompleted)
def on_script_completed(rows: Rows, event: ScriptCompleted, recorded: Recorded) -> None:
    """The newest run of a script."""
    if (row := _edit(rows, event, recorded)) is not None:
        result = {
            "started_at": rfc3339(event.started_at),
            "ended_at": rfc3339(event.ended_at),
            "exit_code": event.exit_code,
            "stage": event.stage,
            "status": event.status,
        }
        row["script_results"] = {**row["script_results"], event.script_id: result}


@MODEL.on(AgentLogSourceAdded)
def on_log_source_added(rows: Rows, event: AgentLogSourceAdded, recorded: Recorded) -> None:
    """One more source of log lines."""
    if (row := _edit(rows, event, recorded)) is not None:
        source = {"id": event.source_id, "display_name": event.display_name, "icon": event.icon, "created_at": rfc3339(recorded.time)}
        row["log_sources"] = [*row["log_sources"], source]


@MODEL.on(AgentLogsStarted)
def on_logs_started(rows: Rows, event: AgentLogsStarted, recorded: Recorded) -> None:
    """There are log lines."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["logs_started"] = True


@MODEL.on(AgentLogsOverflowed)
def on_logs_overflowed(rows: Rows, event: AgentLogsOverflowed, recorded: Recorded) -> None:
    """The log is full."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["logs_overflowed"] = True


@MODEL.on(AgentDeleted)
def on_deleted(rows: Rows, event: AgentDeleted, recorded: Recorded) -> None:
    """Its build is no longer the latest: whoever is still connected is cut off."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["deleted"] = True
        row["plays_at"] = None
        if row["first_connected_at"] is not None and row["disconnected_at"] is None:
            _disconnect(row, recorded.time)
