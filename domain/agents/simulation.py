"""What the provisioner plays for an agent whose template says `run: simulated`: a whole start, or a whole stop, at once.

One append per agent and turn: a thousand agents that start together cost a thousand small decisions, not seven thousand.
Source: contract/template-archive.md (`simulate`); contract/lifecycle.md D3, D5, D6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.agents.events import (
    AgentConnected,
    AgentDisconnected,
    AgentLifecycleChanged,
    AgentStartupReported,
    AppHealthChanged,
    ScriptCompleted,
)
from domain.agents.state import AGENT, Agent
from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Decision, append
from domain.kernel.errors import NotFound
from domain.kernel.events import Event

#: How the start scripts ended, by the lifecycle state that the template declares; absent: they have not ended.
_SCRIPT_ENDS = {"start_error": (1, "exit_failure"), "start_timeout": (-1, "timed_out")}
_STILL_STARTING = ("created", "starting")


@dataclass(frozen=True, slots=True)
class PlayStart:
    """The agent connects and reports what its template declares. `app_health` holds (app id, health) pairs."""

    agent_id: str
    lifecycle: str
    version: str
    api_version: str
    directory: str
    start_scripts: tuple[str, ...] = ()
    app_health: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PlayStop:
    """The agent shuts down, as its workspace is being stopped, runs these scripts, and closes its connection."""

    agent_id: str
    stop_scripts: tuple[str, ...] = ()


def decide_play_start(command: PlayStart, state: Agent, context: Context) -> Decision:
    """The first time all of it; an agent that only lost its player connects again and reports what differs."""
    if not state.exists:
        raise NotFound
    if state.connected or state.deleted:
        return NOTHING
    workspace_id, build_id, now = state.workspace_id, state.build_id, context.time
    events: list[Event] = [AgentConnected(workspace_id, build_id)]
    if state.startup != (command.version, command.api_version, command.directory, ()):
        events.append(AgentStartupReported(workspace_id, build_id, command.version, command.api_version, command.directory, []))
    if state.lifecycle_state == "created" and command.lifecycle != "created":
        events.append(AgentLifecycleChanged(workspace_id, build_id, "starting", now))
        if command.lifecycle not in _STILL_STARTING:
            exit_code, status = _SCRIPT_ENDS.get(command.lifecycle, (0, "ok"))
            events += _completed(state, command.start_scripts, now, exit_code, "start", status)
            events.append(AgentLifecycleChanged(workspace_id, build_id, command.lifecycle, now))
    for app_id, health in command.app_health:
        app = state.apps.get(app_id)
        if app is not None and app.health not in ("disabled", health):
            events.append(AppHealthChanged(workspace_id, build_id, app_id, health))
    return (append(AGENT.stream(command.agent_id), *events),)


def decide_play_stop(command: PlayStop, state: Agent, context: Context) -> Decision:
    """Only a connected agent shuts down."""
    if not state.exists:
        raise NotFound
    if not state.connected:
        return NOTHING
    workspace_id, build_id, now = state.workspace_id, state.build_id, context.time
    events: list[Event] = []
    if state.lifecycle_state != "off":
        if state.lifecycle_state != "shutting_down":
            events.append(AgentLifecycleChanged(workspace_id, build_id, "shutting_down", now))
        events += _completed(state, command.stop_scripts, now, 0, "stop", "ok")
        events.append(AgentLifecycleChanged(workspace_id, build_id, "off", now))
    events.append(AgentDisconnected(workspace_id, build_id, now))
    return (append(AGENT.stream(command.agent_id), *events),)


def _completed(state: Agent, script_ids: tuple[str, ...], at: datetime, exit_code: int, stage: str, status: str) -> list[Event]:
    return [
        ScriptCompleted(state.workspace_id, state.build_id, script_id, at, at, exit_code, stage, status)
        for script_id in script_ids
        if script_id in state.script_ids
    ]
