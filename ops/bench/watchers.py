"""Many idle watchers and what one costs; a reader that has stopped reading; changes at a steady pace, from request to frame."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from pathlib import Path
from typing import Any

import aiohttp

from ops.bench import load
from ops.bench.client import Api
from ops.bench.fanout import readers
from ops.bench.measure import Series, alone
from ops.bench.servers import Server, service

IDLE = 10_000
#: Bytes of memory that an idle watcher may cost the service.
PER_WATCHER = 25 * 1024
BESIDE_STALLED = 1_000
CHANGES = 40
WORKSPACES = 50
PER_SECOND = 100


async def bench(seconds: float) -> list[dict[str, Any]]:
    """A report for each of the three."""
    with service() as server:
        async with aiohttp.ClientSession() as session:
            api = Api(server, session)
            await api.sign_in()
            template = await api.template("bench")
            ids = [(await api.workspace(template, f"watched-{number}"))["id"] for number in range(WORKSPACES)]
            for id in ids:
                await api.until(f"/workspaces/{id}", lambda w: w["latest_build"]["status"] == "running")
            return [
                await _steady(server, api, ids, max(seconds, 5.0)),
                await _stalled(server, api, ids[0]),
                await _idle(server, api, ids),
            ]


async def _idle(server: Server, api: Api, ids: list[str]) -> dict[str, Any]:
    """Resident memory before and after so many streams over all workspaces were opened."""
    async with readers(server, WORKSPACES, f"/api/v2/workspaces/{ids[0]}/watch", api.token):
        pass
    before = _resident(server.pid)
    started = time.perf_counter()
    async with readers(server, IDLE, f"/api/v2/workspaces/{ids[0]}/watch", api.token):
        series = Series(f"{IDLE:,} watchers opened")
        series.add(IDLE, time.perf_counter() - started)
        each = (_resident(server.pid) - before) / IDLE
    report = alone(f"idle watchers: {each / 1024:.1f} KiB each (wanted {PER_WATCHER // 1024} at the most)", series)
    return report | {"bytes_each": round(each), "wanted_bytes_each": PER_WATCHER}


async def _stalled(server: Server, api: Api, id: str) -> dict[str, Any]:
    """How long a change takes until all others have it: while all read, and beside one that does not."""
    path = f"/api/v2/workspaces/{id}/watch"
    alike, beside = Series(f"{BESIDE_STALLED:,} who read"), Series("the same beside one who has stopped reading")
    numbers = itertools.count(1)
    async with readers(server, BESIDE_STALLED, path, api.token) as arrived:

        async def changes(series: Series) -> None:
            latencies = []
            started = time.perf_counter()
            for _ in range(CHANGES):
                at = time.perf_counter()
                await api.call("PUT", f"/workspaces/{id}/ttl", {"ttl_ms": (60 + next(numbers)) * 60_000})
                async with asyncio.timeout(30):
                    for _ in range(BESIDE_STALLED):
                        await arrived.get()
                latencies.append(time.perf_counter() - at)
            series.add(CHANGES * BESIDE_STALLED, time.perf_counter() - started, latencies)

        await changes(alike)
        with socket.create_connection((server.host, server.port)) as stalled:
            stalled.sendall(load.get(path, server.address, Coder_Session_Token=api.token))
            await changes(beside)
    return alone("one change delivered to all who read", alike, beside)


async def _steady(server: Server, api: Api, ids: list[str], seconds: float) -> dict[str, Any]:
    """Changes at a fixed pace, each to another workspace with a watcher: from sending the request to receiving the frame."""
    arrivals = {id: asyncio.Queue[float]() for id in ids}
    loop = asyncio.get_running_loop()
    transports = []
    for id in ids:
        request = load.get(f"/api/v2/workspaces/{id}/watch", server.address, Coder_Session_Token=api.token)
        transport, _ = await loop.create_connection(lambda request=request, id=id: _Clock(request, arrivals[id]), server.host, server.port)  # type: ignore[misc]
        transports.append(transport)
        await arrivals[id].get()
    latencies: list[float] = []

    async def change(id: str, number: int) -> None:
        at = time.perf_counter()
        await api.call("PUT", f"/workspaces/{id}/ttl", {"ttl_ms": (60 + number) * 60_000})
        async with asyncio.timeout(30):
            latencies.append(await arrivals[id].get() - at)

    series = Series(f"{PER_SECOND} changes a second, request to frame")
    started = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(int(seconds * PER_SECOND)):
            await asyncio.sleep(max(started + number / PER_SECOND - time.perf_counter(), 0))
            tasks.create_task(change(ids[number % WORKSPACES], number))
    series.add(len(latencies), time.perf_counter() - started, latencies)
    for transport in transports:
        transport.close()
    return alone(f"a watcher each for {WORKSPACES} workspaces", series)


class _Clock(asyncio.Protocol):
    """Notes when each frame of one event stream arrives."""

    def __init__(self, request: bytes, arrived: asyncio.Queue[float]) -> None:
        self._request = request
        self._arrived = arrived

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"event: data")):
            self._arrived.put_nowait(time.perf_counter())


def _resident(pid: int) -> int:
    """Bytes of memory that a process has in RAM."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no process {pid}")
