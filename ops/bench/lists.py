"""Lists of 25 workspaces among 10,000 and among 100,000: a page that is asked for again, and pages that never were before."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import aiohttp

from ops.bench.beside import beside_bare
from ops.bench.client import Api, running_workspace
from ops.bench.filling import add_workspaces
from ops.bench.measure import Series, compared
from ops.bench.servers import service
from service.embedded import EmbeddedPostgres

SIZES = (10_000, 100_000)
AGAIN = "/workspaces?q=&limit=25&offset=0"
#: The least share of the smaller list's rate: at most 1.3 times as slow.
NO_SLOWER = 0.77


async def bench(rounds: int, seconds: float, directory: Path) -> list[dict[str, Any]]:
    """Both kinds of page beside a bare handler in each size, and the sizes beside each other."""
    embedded = EmbeddedPostgres()
    dsn = await embedded.start(directory)
    reports: list[dict[str, Any]] = []
    again, fresh = {}, {}
    try:
        async with aiohttp.ClientSession() as session:
            like = await running_workspace(dsn, session)
            count = 1
            for size in SIZES:
                await add_workspaces(dsn, range(count, size), like)
                count = size
                with service(LEDGER_DATABASE_URL=dsn) as server:
                    api = Api(server, session)
                    await api.sign_in()
                    report, again[size] = await beside_bare(f"the same 25 of {size:,}", server, api, AGAIN, rounds, seconds, 0.5)
                    reports.append(report)
                    numbers = itertools.count()

                    def another(numbers: itertools.count[int] = numbers) -> str:
                        # Spelled anew each time: nothing that was kept can answer it.
                        number = next(numbers)
                        return f"/workspaces?q=&limit=25&offset={number % 1_000}&number={number}"

                    report, fresh[size] = await beside_bare(f"another 25 of {size:,} each time", server, api, another, rounds, seconds)
                    reports.append(report)
    finally:
        await embedded.stop()
    small, large = SIZES
    for title, series in (("the same 25", again), ("another 25", fresh)):
        reports.append(compared(f"{title} of {large:,} beside {small:,}", _named(series, large), _named(series, small), NO_SLOWER))
    return reports


def _named(series: dict[int, Series], size: int) -> Series:
    found = series[size]
    return Series(f"of {size:,}", found.rates, found.p50_ms, found.p95_ms, found.p99_ms, found.cpu_us)
