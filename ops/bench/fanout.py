"""One change delivered to many watchers of one workspace, beside a plain loop of writes to as many responses."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
from aiohttp import web

from ops.bench.client import Api
from ops.bench.measure import Series, compared, cpu_seconds
from ops.bench.servers import Server, service

SUBSCRIBERS = (200, 2_000)
CHANGES = 20
_OPENED_AT_ONCE = 100


class Reader(asyncio.Protocol):
    """Counts the data frames of one event stream."""

    def __init__(self, request: bytes, arrived: asyncio.Queue[None]) -> None:
        self._request = request
        self._arrived = arrived

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._request)  # uvloop's own classes do not inherit it

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"event: data")):
            self._arrived.put_nowait(None)


@contextlib.asynccontextmanager
async def readers(server: Server, count: int, path: str, token: str) -> AsyncIterator[asyncio.Queue[None]]:
    """`count` open streams; the queue gets an entry per frame."""
    arrived: asyncio.Queue[None] = asyncio.Queue()
    request = f"GET {path} HTTP/1.1\r\nHost: {server.address}\r\nCoder-Session-Token: {token}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    transports = []
    for at in range(0, count, _OPENED_AT_ONCE):
        opening = (
            loop.create_connection(lambda: Reader(request, arrived), server.host, server.port)
            for _ in range(min(_OPENED_AT_ONCE, count - at))
        )
        transports += [transport for transport, _ in await asyncio.gather(*opening)]
    try:
        async with asyncio.timeout(60):
            for _ in range(count):
                await arrived.get()
        yield arrived
    finally:
        for transport in transports:
            transport.close()


async def bench(rounds: int) -> list[dict[str, Any]]:
    """One report per number of subscribers."""
    reports = []
    with service() as server:
        async with aiohttp.ClientSession() as session:
            api = Api(server, session)
            await api.sign_in()
            workspace = await api.workspace(await api.template("bench"), "watched")
            path = f"/workspaces/{workspace['id']}"
            await api.until(path, lambda w: w["latest_build"]["status"] == "running")
            size = len(json.dumps(await api.call("GET", path), separators=(",", ":")))
            for count in SUBSCRIBERS:
                ours, theirs = Series(f"service, {count:,} subscribers"), Series("plain write loop, as many")
                async with readers(server, count, f"/api/v2{path}/watch", api.token) as arrived:
                    for _ in range(rounds):
                        await _changes(ours, server, count, arrived, lambda n: api.call("PUT", f"{path}/ttl", {"ttl_ms": (n + 1) * 60_000}))
                async with _plain(size) as plain, readers(plain, count, "/stream", "") as arrived:

                    async def poke(_number: int, plain: Server = plain) -> None:
                        async with session.post(f"http://{plain.address}/poke"):
                            pass

                    for _ in range(rounds):
                        await _changes(theirs, plain, count, arrived, poke)
                reports.append(compared(f"frames delivered to {count:,} subscribers", ours, theirs, 0.5))
    return reports


async def _changes(series: Series, server: Server, count: int, arrived: asyncio.Queue[None], change: Any) -> None:
    latencies = []
    before, started = cpu_seconds(server.pid), time.perf_counter()
    for number in range(CHANGES):
        at = time.perf_counter()
        await change(number + CHANGES * (len(series.rates) % 2))
        async with asyncio.timeout(30):
            for _ in range(count):
                await arrived.get()
        latencies.append(time.perf_counter() - at)
    series.add(CHANGES * count, time.perf_counter() - started, latencies, cpu_seconds(server.pid) - before)


@contextlib.asynccontextmanager
async def _plain(size: int) -> AsyncIterator[Server]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "ops.bench.fanout", str(size), stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    port = int((await process.stdout.readline()).split()[-1])
    try:
        yield Server(process.pid, "127.0.0.1", port)
    finally:
        process.terminate()
        await process.wait()


async def _serve(size: int) -> None:
    responses: list[web.StreamResponse] = []
    frame = b"event: data\ndata: " + b"x" * size + b"\n\n"

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(frame)
        responses.append(response)
        await asyncio.Event().wait()
        return response

    async def poke(_request: web.Request) -> web.Response:
        for response in responses:
            await response.write(frame)
        return web.Response()

    app = web.Application()
    app.router.add_get("/stream", stream)
    app.router.add_post("/poke", poke)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    print(site._server.sockets[0].getsockname()[1], flush=True)  # type: ignore[attr-defined]
    await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(int(sys.argv[1])))
