"""Health checks of apps over HTTP: each at its own interval, a change reported once (contract/lifecycle.md D6)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

HEALTHY = "healthy"
UNHEALTHY = "unhealthy"

Report = Callable[[str, str], Awaitable[None]]
"""Takes `(app id, health)`."""

_SHORTEST_SECONDS = 1
#: An app that answers with an error of its own is not healthy; one that wants a sign-in, or has no such page, is.
_SERVER_ERRORS = 500


async def watch_app(session: aiohttp.ClientSession, app: Mapping[str, Any], report: Report) -> None:
    """Check one app until cancelled; so many failures in a row as its threshold says make it unhealthy, one success healthy."""
    check = app["healthcheck"]
    interval = max(check["interval"], _SHORTEST_SECONDS)
    threshold = max(check["threshold"], 1)
    failures, known = 0, ""
    while True:
        if await _answers(session, check["url"], interval):
            failures, health = 0, HEALTHY
        else:
            failures += 1
            health = UNHEALTHY if failures >= threshold else known
        if health != known:
            known = health
            await report(app["id"], health)
        await asyncio.sleep(interval)


async def _answers(session: aiohttp.ClientSession, url: str, seconds: float) -> bool:
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=seconds), allow_redirects=False) as response:
            return response.status < _SERVER_ERRORS
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError):
        return False
