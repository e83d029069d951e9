"""Commands about agents: each changes one agent's stream and is told nothing but its state and the time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from domain.agents import commands, decisions, simulation
from domain.agents.state import AGENT, Agent
from domain.kernel.context import Context
from domain.kernel.decider import Decision
from service.commands.unit import CommandRoute, Unit

Run = Callable[[Any, Unit, Context], Awaitable[Decision]]


def _by_state(decide: Callable[[Any, Agent], Decision]) -> Run:
    async def run(command: Any, unit: Unit, _context: Context) -> Decision:
        return decide(command, await unit.load(AGENT, command.agent_id))

    return run


def _by_time(decide: Callable[[Any, Agent, Context], Decision]) -> Run:
    async def run(command: Any, unit: Unit, context: Context) -> Decision:
        return decide(command, await unit.load(AGENT, command.agent_id), context)

    return run


def _route(command: type, run: Run) -> CommandRoute[Any]:
    return CommandRoute(command, lambda c: (c.agent_id,), run)


COMMANDS: tuple[CommandRoute[Any], ...] = (
    _route(commands.ConnectAgent, _by_state(decisions.decide_connect_agent)),
    _route(commands.DisconnectAgent, _by_state(decisions.decide_disconnect_agent)),
    _route(commands.TimeOutAgent, _by_time(decisions.decide_time_out_agent)),
    _route(commands.ReportStartup, _by_state(decisions.decide_report_startup)),
    _route(commands.ReportLifecycle, _by_time(decisions.decide_report_lifecycle)),
    _route(commands.ReportAppHealth, _by_state(decisions.decide_report_app_health)),
    _route(commands.ReportAppStatus, _by_state(decisions.decide_report_app_status)),
    _route(commands.ReportScript, _by_state(decisions.decide_report_script)),
    _route(commands.AddLogSource, _by_state(decisions.decide_add_log_source)),
    _route(commands.NoteAgentLogs, _by_state(decisions.decide_note_logs)),
    _route(simulation.PlayStart, _by_time(simulation.decide_play_start)),
    _route(simulation.PlayStop, _by_time(simulation.decide_play_stop)),
)
