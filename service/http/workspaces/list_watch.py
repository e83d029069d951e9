"""`GET /workspaces/watch` and `…/watch-ws`: the list of workspaces, kept up to date. Source: design.md 7 (List watch)."""

from __future__ import annotations

import contextlib

from aiohttp import web

from projections.queryvalues import FLAG
from projections.workspaces.search import Filters
from service.http.call import Call
from service.http.queries import QueryReader
from service.http.routing import Access, Parameter, Protocol, Route, Stream
from service.http.workspaces.search import read_query
from service.watch.row_stream import watch_rows
from service.watch.sse import SseOutlet
from service.watch.stream import resume_position
from service.watch.websocket import WebSocketOutlet, accept, check_upgrade, one_way


async def watch_list_sse(call: Call) -> web.StreamResponse:
    """Server-sent events; `Last-Event-ID` (or `?after=`) resumes."""
    request = call.request
    filters, snapshot = await _wanted(call)
    asked = (request.headers.get("Last-Event-ID"), request.query.get("after"))
    after = await resume_position(call, *asked)
    outlet = await SseOutlet.open(request, call.services.positions.current)
    with contextlib.suppress(ConnectionError):
        await watch_rows(call, filters, outlet, after=after, snapshot=snapshot or _is_lost(after, *asked))
    return outlet.response


async def watch_list_websocket(call: Call) -> web.StreamResponse:
    """The same over a WebSocket; `?after=` resumes."""
    request = call.request
    filters, snapshot = await _wanted(call)
    check_upgrade(request)
    asked = request.query.get("after")
    after = await resume_position(call, asked)
    services = call.services
    socket = await accept(request, services.settings.watch_ping_seconds, services.positions.current)
    snapshot = snapshot or _is_lost(after, asked)
    with contextlib.suppress(ConnectionError):
        await one_way(socket, lambda: watch_rows(call, filters, WebSocketOutlet(request, socket), after=after, snapshot=snapshot))
    return socket


async def _wanted(call: Call) -> tuple[Filters, bool]:
    """The search, and whether the list itself is wanted first. Raises `Invalid`."""
    reader = QueryReader(call.request.query)
    snapshot = reader.read("snapshot", FLAG)
    reader.check()
    async with call.pool.connection() as connection:
        filters = await read_query(connection, call.caller.subject, call.request.query.get("q", ""))
    return filters, snapshot is not False


def _is_lost(after: int | None, *asked: str | None) -> bool:
    """Whether a position was given from which nobody can go on: then the list is needed after all."""
    return after is None and any(asked)


_PERMISSION = "none: the list holds what the caller may read; looked at again whenever rights change"
_QUERY = (
    Parameter("q", "string", "Search: key:value pairs and words, as in owner:me status:running."),
    Parameter("after", "position", "Go on from this position: what changed since, and no snapshot."),
    Parameter("snapshot", "bool", "Whether the list itself comes first.", default=True),
)

ROUTES = (
    Route(
        "GET",
        "/workspaces/watch",
        watch_list_sse,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Watch the list of workspaces by server-sent events",
        responses={200: None},
        query=_QUERY,
        tag="Workspaces",
        stream=Stream(Protocol.SSE, "WorkspaceListFrame", resumable=True),
        produces=("text/event-stream",),
    ),
    Route(
        "GET",
        "/workspaces/watch-ws",
        watch_list_websocket,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Watch the list of workspaces over a WebSocket",
        responses={101: None},
        query=_QUERY,
        tag="Workspaces",
        stream=Stream(Protocol.WEBSOCKET, "WorkspaceListFrame", resumable=True),
    ),
)
