"""HTTP: create, read one, list 25 of many; each beside a bare handler that returns the same bytes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from typing import Any

import aiohttp

from ops.bench import load
from ops.bench.beside import beside_bare
from ops.bench.client import Api
from ops.bench.measure import Series, alone, cpu_seconds
from ops.bench.servers import Server, service

SIZES = (1_000, 10_000)
LIST = "/workspaces?q=&limit=25&offset=0"


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
            report, _ = await beside_bare("GET of one workspace", server, api, path, rounds, seconds, 0.5)
            reports.append(report)
            count = 1
            for size in SIZES:
                await _fill(api, template, range(count, size))
                count = size
                report, _ = await beside_bare(f"list of 25 among {size:,}", server, api, LIST, rounds, seconds, 0.5)
                reports.append(report)
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
