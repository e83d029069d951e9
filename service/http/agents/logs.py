"""What agents print: read, followed, and sent by the agent itself. Source: contract/lifecycle.md D9, B7."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from aiohttp import web

from domain.agents.commands import AddLogSource, NoteAgentLogs
from domain.agents.values import LOG_LEVELS
from domain.kernel.errors import Invalid, TooLarge, Violation
from domain.kernel.ids import NIL
from domain.kernel.spellings import INT64_MAX, ZERO_TIME
from projections.agents.queries import is_current
from projections.documents import rfc3339
from projections.queryvalues import number
from service.auth.agent_tokens import calling_agent
from service.http.agents.access import agent_in_path
from service.http.agents.streams import going_away, send
from service.http.call import Call
from service.http.fields import PROGRAM_TEXT, TEXT, TIME, UUID_TEXT, list_of, wire
from service.http.parsing import decode_body, nested
from service.http.queries import QueryReader
from service.http.responses import json_response
from service.http.routing import JSON, Access, Parameter, Protocol, Route, Stream
from service.store.agent_telemetry import MAX_LOG_BYTES, AgentLine, StoredLine, append_lines, read_lines
from service.watch.websocket import accept, check_upgrade, one_way

_ID = number(0, INT64_MAX)
#: Lines that go out in one message of a followed log.
_PAGE = 1000
#: The source of lines that name none.
_EXTERNAL = "5c4b0a6e-6e0d-5a0b-9d5b-3f0d6a1f7e21"
_EXTERNAL_NAME = "External"
_EXTERNAL_ICON = "/emojis/1f310.png"
#: JSON escapes may make a text six times as long as what is stored.
_MAX_BODY = 8 * MAX_LOG_BYTES


def log_document(line: StoredLine) -> dict[str, Any]:
    """A line as the API's WorkspaceAgentLog."""
    return {
        "created_at": rfc3339(line.created_at),
        "id": line.id,
        "level": line.level,
        "output": line.output,
        "source_id": line.source_id,
    }


async def get_logs(call: Call) -> web.StreamResponse:
    """All lines after an id: as JSON, as text, or followed over a WebSocket until the agent is one of the past."""
    agent = await agent_in_path(call)
    query = call.request.query
    reader = QueryReader(query)
    after = reader.read("after", _ID)
    reader.check()
    follow = "follow" in query
    wants_text = query.get("format", "") == "text"
    if query.get("format", "") not in ("", "json", "text"):
        raise Invalid(f"The format {query['format'][:40]!r} is not known.", "Logs come as json or text.")
    if follow and wants_text:
        raise Invalid("A followed log cannot be text.", "Leave out follow or format=text.")
    if follow:
        return await _follow(call, agent["id"], after)
    lines: list[StoredLine] = []
    async with call.pool.connection() as connection:
        while page := await read_lines(connection, agent["id"], lines[-1].id if lines else after, _PAGE):
            lines += page
    if wants_text:
        names = {source["id"]: source["display_name"] for source in agent["log_sources"]}
        return web.Response(text="".join(_text(line, names.get(line.source_id, "")) for line in lines), content_type="text/plain")
    return json_response([log_document(line) for line in lines])


def _text(line: StoredLine, source: str) -> str:
    return f"{rfc3339(line.created_at)} [{line.level}] [agent|{source}] {line.output}\n"


async def _follow(call: Call, agent_id: str, after: int) -> web.StreamResponse:
    check_upgrade(call.request)
    socket = await accept(call.request, call.services.settings.watch_ping_seconds, call.position)
    with contextlib.suppress(ConnectionError):
        await one_way(socket, lambda: _send(call, socket, agent_id, after))
    return socket


async def _send(call: Call, socket: web.WebSocketResponse, agent_id: str, after: int) -> None:
    """Arrays of lines: first what there is, which may be nothing, then what comes. Ends after the agent's last line."""
    is_first = True
    with call.services.telemetry.follow(agent_id) as bell:
        while True:
            async with call.pool.connection() as connection:
                # Asked before the lines are read: whatever a current agent sent is then among them.
                current = await is_current(connection, agent_id)
                lines = await read_lines(connection, agent_id, after, _PAGE)
            if lines or is_first:
                await send(socket, orjson.dumps([log_document(line) for line in lines]).decode())
                after = lines[-1].id if lines else after
                is_first = False
            if call.services.stopping.is_set():
                await going_away(socket)
                return
            if len(lines) < _PAGE:
                if not current:
                    return
                await bell.wait()


@dataclass(frozen=True, slots=True)
class SentLine:
    """One line; without a time it is now."""

    created_at: datetime = wire(TIME)
    output: str = wire(PROGRAM_TEXT)
    level: str = wire(TEXT)


@dataclass(frozen=True, slots=True)
class SentLogs:
    """Lines of one source; the nil id names the external one."""

    log_source_id: str = wire(UUID_TEXT)
    logs: tuple[SentLine, ...] = wire(list_of(nested(SentLine)))


async def patch_logs(call: Call) -> web.Response:
    """The agent's own lines: all of them are stored, or none."""
    agent = await calling_agent(call)
    raw = await call.body(_MAX_BODY)
    # Programs print what they like: what is no UTF-8 is replaced rather than refused.
    request = decode_body(raw.decode(errors="replace").encode(), SentLogs)
    lines = _lines(request.logs, agent.context.time)
    source_id = request.log_source_id
    if source_id == NIL:
        source_id = _EXTERNAL
        await call.execute(AddLogSource(agent.id, source_id, _EXTERNAL_NAME, _EXTERNAL_ICON), context=agent.context)
    async with call.pool.connection() as connection:
        stored = await append_lines(connection, agent.id, source_id, lines)
    await call.execute(NoteAgentLogs(agent.id, overflowed=not stored), context=agent.context)
    if not stored:
        raise TooLarge("The log of this agent is full.", f"At most {MAX_LOG_BYTES} bytes are kept; these lines were left out.")
    return json_response(None)


def _lines(sent: Sequence[SentLine], now: datetime) -> list[AgentLine]:
    if not sent:
        raise Invalid("There are no lines to store.", validations=[Violation("logs", "must not be empty")])
    wrong = sorted({line.level for line in sent} - {"", *LOG_LEVELS})
    if wrong:
        raise Invalid("A log level is not known.", validations=[Violation("level", f"{wrong[0]!r} is none of {', '.join(LOG_LEVELS)}")])
    lines = [AgentLine(line.created_at, line.level or "info", line.output) for line in sent]
    return [replace(line, created_at=now) if line.created_at == ZERO_TIME else line for line in lines]


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source of lines, with an id of the agent's choice."""

    id: str = wire(UUID_TEXT)
    display_name: str = wire(PROGRAM_TEXT)
    icon: str = wire(PROGRAM_TEXT)


async def post_log_source(call: Call) -> web.Response:
    """Another source; a repeated id is answered alike."""
    agent = await calling_agent(call)
    request = decode_body(await call.body(), NewSource)
    if request.id == NIL:
        raise Invalid("A log source needs an id.", validations=[Violation("id", "must be a UUID that is not nil")])
    await call.execute(AddLogSource(agent.id, request.id, request.display_name, request.icon), context=agent.context)
    document = {
        "created_at": rfc3339(agent.context.time),
        "display_name": request.display_name,
        "icon": request.icon,
        "id": request.id,
        "workspace_agent_id": agent.id,
    }
    return json_response(document, 201)


_LOGS = Route(
    "GET",
    "/workspaceagents/{agent}/logs",
    get_logs,
    access=Access.SESSION,
    permission="workspace:read",
    summary="Read or follow what an agent prints",
    responses={200: ["WorkspaceAgentLog"]},
    query=(
        Parameter("after", "int", "Only lines with a higher id."),
        Parameter("format", "'json'|'text'", "text: one line of text each."),
        Parameter("follow", "string", "Present, with any value: over a WebSocket, until the agent is no longer of the latest build."),
        Parameter("no_compression", "string", "Accepted; messages are never compressed."),
    ),
    tag="Agents",
    stream=Stream(Protocol.WEBSOCKET, "[WorkspaceAgentLog]", enveloped=False, when="follow"),
    produces=(JSON, "text/plain"),
)

ROUTES = (
    _LOGS,
    replace(_LOGS, path="/workspaceagents/{agent}/startup-logs", summary="Read or follow what an agent prints (old path)", deprecated=True),
    Route(
        "PATCH",
        "/workspaceagents/me/logs",
        patch_logs,
        access=Access.AGENT,
        permission="the agent's own token",
        summary="Send log lines",
        request="PatchLogs",
        responses={200: None},
        tag="Agents",
    ),
    Route(
        "POST",
        "/workspaceagents/me/log-source",
        post_log_source,
        access=Access.AGENT,
        permission="the agent's own token",
        summary="Name a source of log lines",
        request="PostLogSourceRequest",
        responses={201: "WorkspaceAgentLogSource"},
        tag="Agents",
    ),
)
