"""HTTP: create, read one, list 25 of many; each beside a bare handler that returns the same bytes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from typing import Any

import aiohttp

from ops.bench import load
from ops.bench.client import Api
from ops.bench.measure import Series, alone, compared, cpu_seconds
from ops.bench.servers import Server, bare, service

CONNECTIONS = 32
SIZES = (1_000, 10_000)


async def bench(rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Reports for create, GET and list."""
    reports: list[dict[str, Any]] = []
    with service() as server:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:
            api = Api(server, session)
            await api.sign_in()
            template = await api.template("bench")
            workspace = await api.workspace(template, "one")
            path = f"/workspaces/{workspace['id']}"
            await api.until(path, lambda w: w["latest_build"]["status"] == "running")
            reports.append(await _beside_bare("GET of one workspace", server, api, path, rounds, seconds, 0.5))
            count = 1
            for size in SIZES:
                await _fill(api, template, range(count, size))
                count = size
                title = f"list of 25 among {size:,}"
                reports.append(await _beside_bare(title, server, api, "/workspaces?q=&limit=25&offset=0", rounds, seconds, 0.5))
            reports.append(await _create(server, api, template, rounds, seconds))
    return reports


async def _fill(api: Api, template: str, numbers: range) -> None:
    """Create workspaces and wait until all of their builds have ended."""
    pending = iter(numbers)

    async def worker() -> None:
        for number in pending:
            await api.workspace(template, f"w{number}")

    await asyncio.gather(*(worker() for _ in range(32)))
    await api.until("/workspaces?q=status:pending&limit=1", lambda answer: answer["count"] == 0, 600)
    await api.until("/workspaces?q=status:starting&limit=1", lambda answer: answer["count"] == 0, 600)


async def _beside_bare(
    title: str, server: Server, api: Api, path: str, rounds: int, seconds: float, wanted: float | None
) -> dict[str, Any]:
    body = json.dumps(await api.call("GET", path), separators=(",", ":")).encode() + b"\n"
    request = load.get(f"/api/v2{path}", server.address, Coder_Session_Token=api.token)
    ours, theirs = Series(f"service ({len(body):,} bytes)"), Series("bare aiohttp handler, same bytes")
    with bare(body) as other:
        plain = load.get("/", other.address)
        for _ in range(rounds):
            await _round(ours, server, request, seconds)
            await _round(theirs, other, plain, seconds)
    return compared(f"{title}, {CONNECTIONS} connections", ours, theirs, wanted)


async def _round(series: Series, server: Server, request: bytes, seconds: float) -> None:
    before = cpu_seconds(server.pid)
    seen = await load.run(server.host, server.port, CONNECTIONS, seconds, lambda: request)
    if seen.failures:
        raise RuntimeError(f"{series.name}: {seen.failures} of {seen.count} requests failed")
    series.add(seen.count, seen.seconds, seen.latencies, cpu_seconds(server.pid) - before)


async def _create(server: Server, api: Api, template: str, rounds: int, seconds: float) -> dict[str, Any]:
    """Workspaces created and, by the built-in provisioner, built at the same time."""
    numbers = itertools.count()

    def request() -> bytes:
        body = json.dumps({"name": f"c{next(numbers)}", "template_id": template}).encode()
        return load.post("/api/v2/users/me/workspaces", server.address, body, Coder_Session_Token=api.token)

    series = {1: Series("POST workspace, 1 connection"), 16: Series("POST workspace, 16 connections")}
    for _ in range(rounds):
        for connections, measured in series.items():
            before = cpu_seconds(server.pid)
            seen = await load.run(server.host, server.port, connections, seconds, request)
            if seen.failures:
                raise RuntimeError(f"{seen.failures} of {seen.count} creations failed")
            with contextlib.suppress(TimeoutError):
                await api.until("/workspaces?q=status:pending&limit=1", lambda answer: answer["count"] == 0, 120)
            # The CPU of the builds is counted too: from the first request until the queue is empty.
            measured.add(seen.count, seen.seconds, seen.latencies, cpu_seconds(server.pid) - before)
    return alone("create with its build (CPU until all builds have ended)", *series.values())
