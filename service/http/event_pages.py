"""Events of the log as documents of an answer: the plain shape, or CloudEvents for whoever accepts those (design.md 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from projections.history.queries import actor_names
from service.http.call import Call
from service.store.wire import to_cloudevent, to_wire

CLOUD_EVENTS = "application/cloudevents+json"
#: What pages of events are offered as.
PRODUCES = ("application/json", CLOUD_EVENTS)


async def documents(connection: AsyncConnection[Any], events: Sequence[Recorded]) -> list[dict[str, Any]]:
    """The events in the plain shape; whoever caused them by today's name. One statement at most."""
    names = await actor_names(connection, events)
    return [to_wire(recorded, names) for recorded in events]


def shape(call: Call) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """How the caller wants each document: as it is, or as a CloudEvent whose source is this deployment."""
    if not wants_cloudevents(call):
        return lambda document: document
    source = call.services.access_url
    return lambda document: to_cloudevent(document, source)


def wants_cloudevents(call: Call) -> bool:
    """Whether the `Accept` header names CloudEvents."""
    return CLOUD_EVENTS in call.request.headers.get("Accept", "").lower()


def page_response(call: Call, page: Mapping[str, Any]) -> web.Response:
    """A page of shaped documents."""
    media_type = CLOUD_EVENTS if wants_cloudevents(call) else "application/json"
    return web.Response(body=orjson.dumps(page) + b"\n", headers={"Content-Type": f"{media_type}; charset=utf-8"})
