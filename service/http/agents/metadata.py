"""Metadata of agents: small values that they collect again and again, watched as they change. Source: contract/lifecycle.md D8."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

from domain.kernel.errors import Invalid, Violation
from domain.kernel.spellings import ZERO_TIME
from projections.documents import rfc3339
from service.auth.agent_tokens import calling_agent
from service.http.agents.access import agent_in_path
from service.http.agents.streams import PING, going_away, open_events, send, write
from service.http.call import Call
from service.http.fields import INT64, PROGRAM_TEXT, TIME, list_of, wire
from service.http.parsing import decode_body, nested
from service.http.responses import no_content
from service.http.routing import Access, Protocol, Route, Stream
from service.http.rules import at_least
from service.store.agent_telemetry import Metadatum, metadata_of, put_metadata
from service.watch.websocket import accept, check_upgrade, one_way

#: Longest value or error of one key, and of all keys of an agent together (bytes): of one report, as of all that are kept.
MAX_VALUE_BYTES = 2048
MAX_KEYS_BYTES = 6144
#: Changes within this time go out together.
_PAUSE_SECONDS = 1.0


def metadata_document(metadatum: Metadatum, now: datetime) -> dict[str, Any]:
    """`{result, description}`; age, interval and timeout in whole seconds: pages compare them (contract/lifecycle.md C5, D8)."""
    return {
        "result": {
            "collected_at": rfc3339(metadatum.collected_at),
            "age": max(int((now - metadatum.collected_at).total_seconds()), 0),
            "value": metadatum.value,
            "error": metadatum.error,
        },
        "description": {
            "display_name": metadatum.display_name,
            "key": metadatum.key,
            "script": metadatum.script,
            "interval": metadatum.interval_seconds,
            "timeout": metadatum.timeout_seconds,
        },
    }


async def watch_sse(call: Call) -> web.StreamResponse:
    """Server-sent events: all values, and all again whenever one changed."""
    agent = await agent_in_path(call)
    response = await open_events(call.request, call.position)

    async def tell(data: bytes) -> None:
        await write(response, b"event: data\ndata: " + data + b"\n\n")

    async def ping() -> None:
        await write(response, PING)

    with contextlib.suppress(ConnectionError):
        await _watch(call, agent["id"], tell, ping)
        await write(response, b": the service is stopping\n\n")
    return response


async def watch_websocket(call: Call) -> web.StreamResponse:
    """The same over a WebSocket; its own pings watch over the connection."""
    agent = await agent_in_path(call)
    check_upgrade(call.request)
    socket = await accept(call.request, call.services.settings.watch_ping_seconds, call.position)

    async def tell(data: bytes) -> None:
        await send(socket, '{"type":"data","data":' + data.decode() + "}")

    async def ping() -> None:
        return None

    async def stream() -> None:
        await _watch(call, agent["id"], tell, ping)
        await going_away(socket)

    with contextlib.suppress(ConnectionError):
        await one_way(socket, stream)
    return socket


async def _watch(call: Call, agent_id: str, tell: Callable[[bytes], Awaitable[None]], ping: Callable[[], Awaitable[None]]) -> None:
    """Until the service stops or the reader goes: everything at first and after each change, at most about once a second."""
    services = call.services
    clock = asyncio.get_running_loop().time
    known: Sequence[Metadatum] | None = None
    pinged = clock()
    with services.telemetry.follow(agent_id) as bell:
        while not services.stopping.is_set():
            async with call.pool.connection() as connection:
                values = await metadata_of(connection, agent_id)
            if values != known:
                known = values
                now = datetime.now(UTC)
                await tell(orjson.dumps([metadata_document(value, now) for value in values]))
                await asyncio.sleep(_PAUSE_SECONDS)
            if clock() - pinged >= services.settings.watch_ping_seconds:
                pinged = clock()
                await ping()
            await bell.wait()


@dataclass(frozen=True, slots=True)
class SentMetadatum:
    """One value with its description; without a time it is now; interval and timeout in seconds."""

    key: str = wire(PROGRAM_TEXT)
    display_name: str = wire(PROGRAM_TEXT)
    script: str = wire(PROGRAM_TEXT)
    interval: int = wire(INT64, at_least(0))
    timeout: int = wire(INT64, at_least(0))
    value: str = wire(PROGRAM_TEXT)
    error: str = wire(PROGRAM_TEXT)
    collected_at: datetime = wire(TIME)


@dataclass(frozen=True, slots=True)
class SentMetadata:
    """The values that are news."""

    metadata: tuple[SentMetadatum, ...] = wire(list_of(nested(SentMetadatum)))


async def post_metadata(call: Call) -> web.Response:
    """The agent's newest values; of several for one key the last counts."""
    agent = await calling_agent(call)
    request = decode_body(await call.body(), SentMetadata)
    values = {sent.key: _metadatum(sent, agent.context.time) for sent in request.metadata}
    if "" in values:
        raise Invalid("A value needs a key.", validations=[Violation("key", "must not be empty")])
    if values:
        async with call.pool.connection() as connection:
            stored = await put_metadata(connection, agent.id, list(values.values()), MAX_KEYS_BYTES)
        if not stored:
            detail = f"all keys of an agent together hold at most {MAX_KEYS_BYTES} bytes"
            raise Invalid("The keys are too long, or too many.", validations=[Violation("key", detail)])
    return no_content()


def _metadatum(sent: SentMetadatum, now: datetime) -> Metadatum:
    """What is too long is cut, and says so in the error."""
    value, error = _cut(sent.value), _cut(sent.error)
    if value != sent.value:
        error = f"The value was {len(sent.value.encode())} bytes long and was cut to {MAX_VALUE_BYTES}."
    elif error != sent.error:
        error = f"The error was {len(sent.error.encode())} bytes long, which is more than {MAX_VALUE_BYTES}."
    collected_at = now if sent.collected_at == ZERO_TIME else sent.collected_at
    return Metadatum(sent.key, sent.display_name, sent.script, sent.interval, sent.timeout, value, error, collected_at)


def _cut(text: str) -> str:
    raw = text.encode()
    return text if len(raw) <= MAX_VALUE_BYTES else raw[:MAX_VALUE_BYTES].decode(errors="ignore")


_PERMISSION = "workspace:read"

ROUTES = (
    Route(
        "GET",
        "/workspaceagents/{agent}/watch-metadata",
        watch_sse,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Watch an agent's metadata by server-sent events",
        responses={200: None},
        tag="Agents",
        stream=Stream(Protocol.SSE, "[AgentMetadatum]"),
        produces=("text/event-stream",),
    ),
    Route(
        "GET",
        "/workspaceagents/{agent}/watch-metadata-ws",
        watch_websocket,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Watch an agent's metadata over a WebSocket",
        responses={101: None},
        tag="Agents",
        stream=Stream(Protocol.WEBSOCKET, "[AgentMetadatum]"),
    ),
    Route(
        "POST",
        "/workspaceagents/me/metadata-values",
        post_metadata,
        access=Access.AGENT,
        permission="the agent's own token",
        summary="Report values that are collected again and again",
        request="AgentMetadataReport",
        responses={204: None},
        tag="Agents",
    ),
)
