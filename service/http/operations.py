"""What operators ask: is it alive, is it ready, what does it count."""

from __future__ import annotations

from aiohttp import web

from service.http.call import Call
from service.http.responses import json_response
from service.http.routing import Access, Route
from service.observability import metrics

LAG_BOUND_POSITIONS = 5000


async def healthz(_call: Call) -> web.Response:
    """Liveness: the event loop turns."""
    return json_response({"status": "ok"})


async def readyz(call: Call) -> web.Response:
    """Readiness: the database answers and the read models are within their lag bound."""
    services = call.services
    async with services.pool.connection(timeout=2.0) as connection:
        cursor = await connection.execute("SELECT coalesce((SELECT max(notification_id) FROM ledger_events), 0)")
        row = await cursor.fetchone()
    lag = (row[0] if row else 0) - services.positions.current
    halted = services.halted()
    ready = services.feed.healthy and lag <= LAG_BOUND_POSITIONS and not halted
    return json_response({"status": "ready" if ready else "not ready", "lag_positions": lag, "halted": halted}, 200 if ready else 503)


async def prometheus(_call: Call) -> web.Response:
    """All metrics in Prometheus' text format."""
    body, content_type = metrics.render()
    return web.Response(body=body, headers={"Content-Type": content_type})


ROUTES = (
    Route(
        "GET", "//healthz", healthz, access=Access.PUBLIC, permission="none", summary="Liveness", responses={200: {}}, tag="Operations"
    ),
    Route(
        "GET",
        "//readyz",
        readyz,
        access=Access.PUBLIC,
        permission="none",
        summary="Readiness",
        responses={200: {}, 503: {}},
        tag="Operations",
    ),
    Route(
        "GET",
        "//metrics",
        prometheus,
        access=Access.PUBLIC,
        permission="none",
        summary="Prometheus metrics",
        responses={200: {}},
        tag="Operations",
    ),
)
