"""What operators ask: is it alive, is it ready, what does it count."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import LiteralString

import psycopg
from aiohttp import web
from psycopg_pool import PoolTimeout

from service.http.call import Call
from service.http.responses import json_response
from service.http.routing import Access, Route
from service.observability import metrics

LAG_BOUND_POSITIONS = 5000
_LAG: LiteralString = """
    SELECT coalesce((SELECT max(notification_id) FROM ledger_events), 0),
      (
        SELECT convert_from(substring(state FROM 10 FOR 27), 'UTF8')
        FROM ledger_events
        WHERE notification_id > %(position)s
        ORDER BY notification_id
        LIMIT 1
      )
"""


async def healthz(_call: Call) -> web.Response:
    """Liveness: the event loop turns."""
    return json_response({"status": "ok"})


async def readyz(call: Call) -> web.Response:
    """Readiness: the database answers and the read models are within their lag bound."""
    services = call.services
    lag, _ = await _lag(call)
    halted = services.halted()
    ready = services.feed.healthy and lag <= LAG_BOUND_POSITIONS and not halted
    return json_response({"status": "ready" if ready else "not ready", "lag_positions": lag, "halted": halted}, 200 if ready else 503)


async def _lag(call: Call) -> tuple[int, float]:
    """How far the read models are behind the log: in positions, and as the age in seconds of the oldest event they lack."""
    position = call.services.positions.current
    async with call.pool.connection(timeout=2.0) as connection:
        cursor = await connection.execute(_LAG, {"position": position})
        row = await cursor.fetchone()
    head, oldest = row if row else (0, None)
    behind = max(0, head - position)
    return behind, max(0.0, (datetime.now(UTC) - datetime.fromisoformat(oldest)).total_seconds()) if behind and oldest else 0.0


async def prometheus(call: Call) -> web.Response:
    """All metrics in Prometheus' text format; those of the database are as of now, or missing while it is away."""
    with contextlib.suppress(psycopg.Error, PoolTimeout):
        metrics.set_lag(*await _lag(call))
    metrics.set_halted(len(call.services.halted()))
    body, content_type = metrics.render()
    return web.Response(body=body, headers={"Content-Type": content_type})


ROUTES = (
    Route("GET", "//healthz", healthz, access=Access.PUBLIC, permission="none", summary="Liveness", responses={200: {}}, tag="Operations"),
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
        produces=("text/plain",),
    ),
)
