"""The notifications inbox. Nothing is ever put into it: this service notifies nobody (contract/clients.md 2.2)."""

from __future__ import annotations

from aiohttp import WSMsgType, web

from domain.kernel.errors import NotFound
from service.http.call import Call
from service.http.paths import path_uuid
from service.http.responses import json_response, no_content
from service.http.routing import Access, Protocol, Route, Stream
from service.watch.websocket import accept, check_upgrade

_TAG = "Notifications"


async def inbox(_call: Call) -> web.Response:
    """Nothing."""
    return json_response({"notifications": [], "unread_count": 0})


async def mark_all_as_read(_call: Call) -> web.Response:
    """All of nothing is read."""
    return no_content()


async def mark_as_read(call: Call) -> web.Response:
    """No notification has that id."""
    path_uuid(call.path["id"])
    raise NotFound


async def watch(call: Call) -> web.StreamResponse:
    """An open socket that says nothing; the protocol's pings keep it alive until the client leaves or the service stops."""
    check_upgrade(call.request)
    services = call.services
    socket = await accept(call.request, services.settings.watch_ping_seconds, services.positions.current)
    while (await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
        pass
    return socket


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/notifications/inbox",
        inbox,
        access=Access.SESSION,
        permission="none: one's own",
        summary="List notifications",
        responses={200: "ListInboxNotificationsResponse"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/notifications/inbox/watch",
        watch,
        access=Access.SESSION,
        permission="none: one's own",
        summary="Watch for notifications over a WebSocket",
        responses={101: None},
        tag=_TAG,
        stream=Stream(Protocol.WEBSOCKET, "GetInboxNotificationResponse", enveloped=False),
    ),
    Route(
        "PUT",
        "/notifications/inbox/mark-all-as-read",
        mark_all_as_read,
        access=Access.SESSION,
        permission="none: one's own",
        summary="Mark all notifications as read",
        responses={204: None},
        tag=_TAG,
    ),
    Route(
        "PUT",
        "/notifications/inbox/{id}/read-status",
        mark_as_read,
        access=Access.SESSION,
        permission="none: one's own",
        summary="Mark a notification as read",
        responses={404: "Response"},
        tag=_TAG,
    ),
)
