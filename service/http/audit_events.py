"""The raw log for auditors of the whole deployment: in pages, as JSON Lines, as a stream that never ends (design.md 7, Audit)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from domain.kernel.errors import Forbidden, Invalid, Violation
from domain.kernel.spellings import uuid_text
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.engine.tail import ENDLESS
from projections.queryvalues import TEXT, UUID, Term, choice, number, quoted, single
from service.http.call import Call
from service.http.event_pages import PRODUCES, page_response, shape
from service.http.queries import QueryReader
from service.http.readable import readable
from service.http.routing import AFTER, Access, Parameter, Protocol, Route, Stream
from service.store.log_reader import Selection
from service.version import BUILD_VERSION
from service.watch.event_stream import stream_events
from service.watch.sse import SseOutlet

_MOST = 1000
_LIMIT = number(1, _MOST, _MOST)
_AFTER: Term[int | None] = Term(number(0, ENDLESS, what="position").read, None, None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request for events asks for; `after` is None where it says nothing."""

    after: int | None
    limit: int
    format: str
    selection: Selection


async def list_events(call: Call) -> web.StreamResponse:
    """Upwards from a position."""
    require_whole_log(call)
    asked = _read(call)
    after = asked.after or 0
    if asked.format == "jsonl":
        return await _json_lines(call, after, asked.selection)
    log, form = call.services.log, shape(call)
    async with call.pool.connection() as connection:
        upto = call.services.positions.current
        found, reached = await log.documents_after(connection, after, asked.selection, limit=asked.limit, upto=upto)
    return page_response(call, {"events": [form(event) for event in found], "next_after": reached})


async def watch_events(call: Call) -> web.StreamResponse:
    """From `Last-Event-ID`, else from `after`, else from now on."""
    require_whole_log(call)
    asked = _read(call)
    last_seen = call.request.headers.get("Last-Event-ID")
    after = asked.after if last_seen is None else _position(last_seen)
    outlet = await SseOutlet.open(call.request, call.services.positions.current)
    with contextlib.suppress(ConnectionError):
        await stream_events(call, asked.selection, outlet, after, allowed=require_whole_log, shape=shape(call))
    return outlet.response


def require_whole_log(call: Call) -> None:
    """Raises `Forbidden` for whoever may not read the audit log of the whole deployment: the log knows no organizations."""
    if not allows(call.caller.subject, Action.READ, objects.audit_entry()):
        raise Forbidden(detail="You may not read the audit log of the deployment.")


def _read(call: Call) -> _Asked:
    reader = QueryReader(call.request.query)
    stream, type = reader.read("stream", _STREAM), reader.read("type", TEXT).replace("\0", "\ufffd")
    asked = _Asked(
        reader.read("after", _AFTER),
        reader.read("limit", _LIMIT),
        reader.read("format", choice("json", "jsonl")),
        Selection((type,) if type else (), *stream[::-1], reader.read("actor", UUID)),
    )
    reader.check()
    return asked


def _stream(text: str) -> tuple[str, str]:
    category, slash, id = text.partition("/")
    try:
        if category and slash:
            return category, uuid_text(id)
    except ValueError:
        pass
    raise ValueError(f"must name a stream (workspace/00000000-0000-0000-0000-000000000000): {quoted(text)} does not")


_STREAM: Term[tuple[str, str]] = single(_stream, ("", ""))


def _position(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:20]) > ENDLESS:
        violation = Violation("Last-Event-ID", f"{quoted(readable(text)[:40])} is none.")
        raise Invalid("Last-Event-ID must be a position.", validations=[violation])
    return int(text)


async def _json_lines(call: Call, after: int, selection: Selection) -> web.StreamResponse:
    """Everything up to the position at which the request came in; one page in memory at a time."""
    upto = call.services.positions.current
    response = web.StreamResponse(
        headers={"Content-Type": "application/jsonl", "Ledger-Position": str(upto), "X-Coder-Build-Version": BUILD_VERSION}
    )
    form = shape(call)
    with contextlib.suppress(ConnectionError):  # whoever asked has gone: nobody is there to be told
        await response.prepare(call.request)
        async for page in _pages(call, after, upto, selection):
            await response.write(b"".join([orjson.dumps(form(event)) + b"\n" for event in page]))
        await response.write_eof()
    return response


async def _pages(call: Call, after: int, upto: int, selection: Selection) -> AsyncIterator[list[dict[str, Any]]]:
    while after < upto:
        async with call.pool.connection() as connection:
            found, after = await call.services.log.documents_after(connection, after, selection, limit=_MOST, upto=upto)
        if page := [*found]:
            yield page


_PERMISSION = "audit_log:read of the whole deployment"
_FILTERS = (
    Parameter("type", "string", "Only events of this type."),
    Parameter("stream", "string", "Only events of this stream: its category and id, as in workspace/<uuid>."),
    Parameter("actor", "uuid", "Only events that this user caused."),
)

ROUTES = (
    Route(
        "GET",
        "/audit/events",
        list_events,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Read the log",
        responses={200: "EventsResponse"},
        query=(
            AFTER,
            Parameter("limit", "int", f"At most this many events, up to {_MOST}; JSON Lines have no limit.", default=_MOST),
            *_FILTERS,
            Parameter("format", "'json'|'jsonl'", "A page, or everything as JSON Lines.", default="json"),
        ),
        tag="Audit",
        produces=PRODUCES,
        stream=Stream(Protocol.JSON_LINES, "LedgerEvent", enveloped=False, when="format=jsonl"),
    ),
    Route(
        "GET",
        "/audit/events/watch",
        watch_events,
        access=Access.SESSION,
        permission=f"{_PERMISSION}; looked at again whenever rights change",
        summary="Watch the log by server-sent events",
        responses={200: None},
        query=(Parameter("after", "position", "Everything after this position; without it, from now on."), *_FILTERS),
        tag="Audit",
        stream=Stream(Protocol.SSE, "LedgerEvent", resumable=True),
        produces=("text/event-stream",),
    ),
)
