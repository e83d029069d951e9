"""GET requests to the service in turns with a bare handler that returns the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ops.bench import load
from ops.bench.client import Api
from ops.bench.measure import Series, compared, cpu_seconds, database_cpu_seconds
from ops.bench.servers import Server, bare

CONNECTIONS = 32


async def beside_bare(
    title: str,
    server: Server,
    api: Api,
    path: str | Callable[[], str],
    rounds: int,
    seconds: float,
    wanted: float | None = None,
    *,
    connections: int = CONNECTIONS,
    data_dir: Path | None = None,
) -> tuple[dict[str, Any], Series]:
    """The report and the service's series. `path` may be another one for each request; the bare handler answers like the first."""
    next_path = path if callable(path) else lambda: path
    body = json.dumps(await api.call("GET", next_path()), separators=(",", ":")).encode() + b"\n"
    ours, theirs = Series(f"service ({len(body):,} bytes)"), Series("bare aiohttp handler, same bytes")

    def request() -> bytes:
        return load.get(f"/api/v2{next_path()}", server.address, Coder_Session_Token=api.token)

    fixed = request()
    with bare(body) as other:
        plain = load.get("/", other.address)
        for _ in range(rounds):
            await measured(ours, server, request if callable(path) else lambda: fixed, seconds, connections, data_dir)
            await measured(theirs, other, lambda: plain, seconds, connections)
    return compared(f"{title}, {connections} connections", ours, theirs, wanted), ours


async def measured(
    series: Series, server: Server, request: Callable[[], bytes], seconds: float, connections: int, data_dir: Path | None = None
) -> None:
    """One round, with what the database of a data directory used if one is named. Raises `RuntimeError` when a request fails."""
    before, there = cpu_seconds(server.pid), None if data_dir is None else database_cpu_seconds(data_dir)
    seen = await load.run(server.host, server.port, connections, seconds, request)
    if seen.failures:
        raise RuntimeError(f"{series.name}: {seen.failures} of {seen.count} requests failed")
    used = None if data_dir is None or there is None else database_cpu_seconds(data_dir) - there
    series.add(seen.count, seen.seconds, seen.latencies, cpu_seconds(server.pid) - before, used)
