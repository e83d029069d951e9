"""The log of a provisioner job as an answer: a list, text, or a WebSocket that follows it (contract/lifecycle.md B7)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import orjson
from aiohttp import WSCloseCode, web

from domain.kernel.errors import Invalid
from projections.documents import rfc3339
from projections.jobs.queries import has_ended
from projections.queryvalues import TEXT, number
from service.http.call import Call
from service.http.queries import QueryReader
from service.http.responses import json_response
from service.http.routing import Parameter, Protocol, Stream
from service.store.job_logs import StoredLine, read_lines
from service.watch.websocket import accept, check_upgrade, one_way

_AFTER = number(-(2**63), 2**63 - 1, -1)
_PAGE = 1000
#: How long a follower rests when nobody wakes it: a lost wake-up costs so much time and nothing else.
_HEALING_SECONDS = 10.0
_STALL_SECONDS = 10.0

#: What every log route says of itself in the route table.
QUERY = (
    Parameter("after", "int", "Only lines with a greater id."),
    Parameter("follow", "bool", "Open a WebSocket: one message per line, closed when the job has ended; present is true."),
    Parameter("format", "string", "`json` (the default) or `text`."),
)
STREAM = Stream(Protocol.WEBSOCKET, "ProvisionerJobLog", enveloped=False, when="follow")
PRODUCES = ("application/json", "text/plain")


async def job_log(call: Call, job_id: str, stream_id: str) -> web.StreamResponse:
    """The log of a job that the caller may read; `stream_id` is the build's, version's or dry run's id.

    Raises `Invalid` for what the query string asks; all is checked before a socket is opened.
    """
    follows = "follow" in call.request.query
    reader = QueryReader(call.request.query)
    after = reader.read("after", _AFTER)
    form = reader.read("format", TEXT) or "json"
    reader.check()
    if form not in ("json", "text"):
        raise Invalid(f"The log has no format {form[:40]!r}.", "format is json or text.")
    if follows and form == "text":
        raise Invalid("A log that is followed has no text format.", "Leave out format or follow.")
    if follows:
        check_upgrade(call.request)
        socket = await accept(call.request, call.services.settings.watch_ping_seconds, call.position)
        with contextlib.suppress(ConnectionError):
            await one_way(socket, lambda: _follow(call, socket, job_id, stream_id, after))
        return socket
    lines = await _all(call, job_id, after)
    if form == "text":
        return web.Response(text="".join(map(_as_text, lines)), content_type="text/plain", charset="utf-8")
    return json_response([_document(line) for line in lines])


async def _all(call: Call, job_id: str, after: int) -> list[StoredLine]:
    lines: list[StoredLine] = []
    async with call.pool.connection() as connection:
        while True:
            page = await read_lines(connection, job_id, after, _PAGE)
            lines += page
            if len(page) < _PAGE:
                return lines
            after = page[-1].id


async def _follow(call: Call, socket: web.WebSocketResponse, job_id: str, stream_id: str, after: int) -> None:
    """Send what there is, then what comes, and close once the job has ended and all of it was sent."""
    hub = call.services.job_logs
    with hub.reading(job_id, stream_id) as news:
        while not hub.is_closed:
            news.clear()
            async with call.pool.connection() as connection:
                # Asked before the lines are read: a job prints nothing after its end.
                ended, position = await has_ended(connection, job_id)
                page = await read_lines(connection, job_id, after, _PAGE)
            for line in page:
                await _send(socket, orjson.dumps(_document(line)).decode())
                after = line.id
            if len(page) == _PAGE:
                continue
            if ended:
                # Clients look at the job the moment the socket closes: everything here must show its end by then.
                await call.shown(position)
                await socket.close(code=WSCloseCode.OK)
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_HEALING_SECONDS):
                    await news.wait()
    await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the service is stopping")


async def _send(socket: web.WebSocketResponse, text: str) -> None:
    """Raises `ConnectionResetError` when the reader has gone or takes nothing for long."""
    try:
        async with asyncio.timeout(_STALL_SECONDS):
            await socket.send_str(text)
    except TimeoutError:
        raise ConnectionResetError("the reader takes nothing") from None


def _document(line: StoredLine) -> dict[str, Any]:
    """The schema `ProvisionerJobLog`."""
    return {
        "created_at": rfc3339(line.created_at),
        "id": line.id,
        "log_level": line.level,
        "log_source": line.source,
        "output": line.output,
        "stage": line.stage,
    }


def _as_text(line: StoredLine) -> str:
    # All of them are the provisioner's in this form, those of its daemon too (contract/lifecycle.md B7).
    return f"{rfc3339(line.created_at)} [{line.level}] [provisioner|{line.stage}] {line.output}\n"
