"""`GET …/watch` and `…/watch-ws` of one workspace (contract/workspaces.md 10)."""

from __future__ import annotations

import contextlib

from aiohttp import web

from service.http.call import Call
from service.http.routing import Access, Parameter, Protocol, Route, Stream
from service.http.workspaces.access import require_template, workspace_in_path
from service.watch.sse import SseOutlet
from service.watch.stream import resume_position, watch
from service.watch.websocket import WebSocketOutlet, accept, check_upgrade, one_way


async def _watchable(call: Call) -> str:
    """The id of the path's workspace, which the caller may read. Raises `Invalid`, `NotFound`, `Forbidden`."""
    document = await workspace_in_path(call)
    require_template(call, document)
    return document.id


async def watch_sse(call: Call) -> web.StreamResponse:
    """Server-sent events; `Last-Event-ID` (or `?after=`) leaves out what the client has seen."""
    id = await _watchable(call)
    request = call.request
    after = await resume_position(call, request.headers.get("Last-Event-ID"), request.query.get("after"))
    outlet = await SseOutlet.open(request, call.services.positions.current)
    with contextlib.suppress(ConnectionError):
        await watch(call, id, outlet, after)
    return outlet.response


async def watch_websocket(call: Call) -> web.StreamResponse:
    """The same over a WebSocket; `?after=` resumes."""
    id = await _watchable(call)
    check_upgrade(call.request)
    after = await resume_position(call, call.request.query.get("after"))
    services = call.services
    socket = await accept(call.request, services.settings.watch_ping_seconds, services.positions.current)
    with contextlib.suppress(ConnectionError):
        await one_way(socket, lambda: watch(call, id, WebSocketOutlet(call.request, socket), after))
    return socket


_PERMISSION = "workspace:read, template:read of its template; looked at again whenever rights change"
_AFTER = Parameter("after", "position", "Leave out the document if it has not changed since this position.")

ROUTES = (
    Route(
        "GET",
        "/workspaces/{workspace}/watch",
        watch_sse,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Watch a workspace by server-sent events",
        responses={200: None},
        query=(_AFTER,),
        tag="Workspaces",
        stream=Stream(Protocol.SSE, "Workspace", resumable=True),
        produces=("text/event-stream",),
    ),
    Route(
        "GET",
        "/workspaces/{workspace}/watch-ws",
        watch_websocket,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Watch a workspace over a WebSocket",
        responses={101: None},
        query=(_AFTER,),
        tag="Workspaces",
        stream=Stream(Protocol.WEBSOCKET, "Workspace", resumable=True),
    ),
)
