"""A queue of builds, filled by requests and drained by the built-in provisioner: how fast, at what cost, in how much memory."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp

from ops.bench.client import Api
from ops.bench.measure import Series, alone, cpu_seconds, database_cpu_seconds, peak_memory_bytes
from ops.bench.servers import service

BUILDS = 5_000
#: Requests under way at once while the queue is filled.
_WRITERS = 16
_DRAIN_SECONDS = 900.0
#: How often is asked whether the queue is empty: asking costs what is measured.
_LOOK_SECONDS = 0.25
_QUEUE = "/organizations/default/provisionerjobs?limit=1&status=pending,running"


async def bench(count: int = BUILDS) -> list[dict[str, Any]]:
    """Create-and-build requests while builds already run, then the rest of the queue; CPU time covers both."""
    # By default three builds run at once, so creating is faster than building and a queue forms.
    with service() as server:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_WRITERS)) as session:
            api = Api(server, session)
            await api.sign_in()
            template = await api.template("bench")
            created, drained, whole = Series("created, builds queued"), Series("rest of the queue drained"), Series("created and built")
            assert server.data_dir is not None
            before, database, started = cpu_seconds(server.pid), database_cpu_seconds(server.data_dir), time.perf_counter()
            latencies = await _create(api, template, count)
            created.add(count, time.perf_counter() - started, latencies)
            left = await _waiting(api)
            filled = time.perf_counter()
            await api.until(_QUEUE, lambda jobs: not jobs, _DRAIN_SECONDS, every=_LOOK_SECONDS)
            ended = time.perf_counter()
            drained.add(left, ended - filled)
            used = cpu_seconds(server.pid) - before, database_cpu_seconds(server.data_dir) - database
            whole.add(count, ended - started, (), *used)
            memory = peak_memory_bytes(server.pid)
    title = f"{count:,} builds, {left:,} waiting when the last was queued; peak memory {memory / 2**20:,.0f} MiB"
    return [alone(title, created, drained, whole) | {"peak_memory_bytes": memory}]


async def _waiting(api: Api) -> int:
    """How many jobs wait: every job of the list says so."""
    jobs = await api.call("GET", "/organizations/default/provisionerjobs?limit=1")
    return int(jobs[0]["queue_size"])


async def _create(api: Api, template_id: str, count: int) -> list[float]:
    """Latencies in seconds."""
    numbers = iter(range(count))
    latencies: list[float] = []

    async def write() -> None:
        for number in numbers:
            started = time.perf_counter()
            await api.workspace(template_id, f"bench-{number}")
            latencies.append(time.perf_counter() - started)

    await asyncio.gather(*(write() for _ in range(_WRITERS)))
    return latencies
