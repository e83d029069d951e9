"""What agents report of themselves. The status of an app is the reference's route; the others are ours, for agents that speak
plain HTTP (the reference's speak a protocol over its private network). Source: contract/lifecycle.md D1 to D7.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from domain.agents.commands import (
    ConnectAgent,
    DisconnectAgent,
    ReportAppHealth,
    ReportAppStatus,
    ReportLifecycle,
    ReportScript,
    ReportStartup,
)
from domain.kernel.errors import Invalid, Violation
from domain.kernel.spellings import ZERO_TIME
from domain.workspaces.commands import RecordUsage
from projections.agents.queries import app_statuses
from service.auth.agent_tokens import CallingAgent, calling_agent
from service.http.call import Call
from service.http.fields import INT32, INT64, PROGRAM_TEXT, TEXT, TIME, UUID_TEXT, list_of, map_of, wire
from service.http.parsing import decode_body
from service.http.responses import json_response, no_content
from service.http.rules import at_least
from service.store.agent_telemetry import beat

SUBSYSTEMS = ("envbox", "envbuilder", "exectrace")
#: Heartbeats per disconnect time: two may be lost.
_BEATS = 3
_WORKING = "working"


async def post_heartbeat(call: Call) -> web.Response:
    """The agent is there: the first of these connects it, each keeps it connected for a while."""
    agent = await calling_agent(call)
    async with call.pool.connection() as connection:
        await beat(connection, agent.id, agent.context.time)
    await call.execute(ConnectAgent(agent.id), context=agent.context)
    seconds = call.services.settings.agent_disconnect_seconds
    return json_response({"agent_id": agent.id, "interval_seconds": seconds / _BEATS, "disconnect_seconds": seconds})


async def post_disconnect(call: Call) -> web.Response:
    """The agent leaves."""
    agent = await calling_agent(call)
    await call.execute(DisconnectAgent(agent.id, agent.context.time), context=agent.context)
    return no_content()


@dataclass(frozen=True, slots=True)
class Startup:
    """What the agent is."""

    version: str = wire(PROGRAM_TEXT)
    api_version: str = wire(PROGRAM_TEXT)
    expanded_directory: str = wire(PROGRAM_TEXT)
    subsystems: tuple[str, ...] = wire(list_of(TEXT))


async def post_startup(call: Call) -> web.Response:
    """Version and directory."""
    agent = await calling_agent(call)
    request = decode_body(await call.body(), Startup)
    unknown = sorted(set(request.subsystems) - set(SUBSYSTEMS))
    if unknown:
        detail = f"{unknown[0]!r} is none of {', '.join(SUBSYSTEMS)}"
        raise Invalid("A subsystem is not known.", validations=[Violation("subsystems", detail)])
    command = ReportStartup(
        agent.id, request.version, request.api_version, request.expanded_directory, tuple(sorted(set(request.subsystems)))
    )
    await call.execute(command, context=agent.context)
    return no_content()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Where the agent is in its life; without a time, since now."""

    state: str = wire(TEXT)
    changed_at: datetime = wire(TIME)


async def post_lifecycle(call: Call) -> web.Response:
    """Another state."""
    agent = await calling_agent(call)
    request = decode_body(await call.body(), Lifecycle)
    changed_at = None if request.changed_at == ZERO_TIME else request.changed_at
    await call.execute(ReportLifecycle(agent.id, request.state, changed_at), context=agent.context)
    return no_content()


@dataclass(frozen=True, slots=True)
class AppHealth:
    """Health by app id."""

    healths: Mapping[str, str] = wire(map_of(TEXT))


async def post_app_health(call: Call) -> web.Response:
    """How the apps fare that have a health check."""
    agent = await calling_agent(call)
    request = decode_body(await call.body(), AppHealth)
    healths = tuple((id.lower(), health) for id, health in request.healths.items())
    await call.execute(ReportAppHealth(agent.id, healths), context=agent.context)
    return no_content()


@dataclass(frozen=True, slots=True)
class AppStatus:
    """What an app says of itself; two more keys of the reference are ignored."""

    app_slug: str = wire(TEXT)
    state: str = wire(TEXT)
    message: str = wire(PROGRAM_TEXT)
    uri: str = wire(PROGRAM_TEXT)


async def patch_app_status(call: Call) -> web.Response:
    """Kept for ever; work that begins, goes on or ends counts as activity."""
    agent = await calling_agent(call)
    request = decode_body(await call.body(), AppStatus)
    async with call.pool.connection() as connection:
        before = await app_statuses(connection, agent.id)
    command = ReportAppStatus(
        agent.id, str(uuid.uuid4()), request.app_slug, request.state, _printable(request.message), _printable(request.uri)
    )
    await call.execute(command, context=agent.context)
    if request.state == _WORKING or (before and before[0]["state"] == _WORKING):
        await _active(call, agent)
    return json_response(None)


def _printable(text: str) -> str:
    """Without control characters: what agents pass on may come from a terminal."""
    return "".join(character for character in text if character.isprintable() or character in "\n\t").strip()


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """How a script ended."""

    script_id: str = wire(UUID_TEXT)
    start: datetime = wire(TIME)
    end: datetime = wire(TIME)
    exit_code: int = wire(INT32)
    stage: str = wire(TEXT)
    status: str = wire(TEXT)


async def post_script_result(call: Call) -> web.Response:
    """One of the agent's scripts ended."""
    agent = await calling_agent(call)
    request = decode_body(await call.body(), ScriptResult)
    missing = [Violation(name, "is needed") for name in ("start", "end") if getattr(request, name) == ZERO_TIME]
    if missing:
        raise Invalid("The report about a script is not valid.", validations=missing)
    command = ReportScript(agent.id, request.script_id, request.start, request.end, request.exit_code, request.stage, request.status)
    await call.execute(command, context=agent.context)
    return no_content()


@dataclass(frozen=True, slots=True)
class Usage:
    """How many connections people have into the workspace at this moment."""

    connection_count: int = wire(INT64, at_least(0))


async def post_usage(call: Call) -> web.Response:
    """Connections are activity: the workspace counts as used, its deadline may move (contract/lifecycle.md D7)."""
    agent = await calling_agent(call)
    request = decode_body(await call.body(), Usage)
    if request.connection_count > 0:
        await _active(call, agent)
    return no_content()


async def _active(call: Call, agent: CallingAgent) -> None:
    await call.execute(RecordUsage(agent.workspace_id, bumps_deadline=True), context=agent.context)
