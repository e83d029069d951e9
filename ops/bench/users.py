"""Lists of people among 100,000: pages, searches and members, each beside a bare handler that returns the same bytes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from ops.bench.beside import beside_bare
from ops.bench.client import Api
from ops.bench.filling import add_people
from ops.bench.servers import service
from service.embedded import EmbeddedPostgres

PEOPLE = 100_000
#: Few requests at once: the latency that one caller sees is what is asked for.
CONNECTIONS = 4


async def bench(rounds: int, seconds: float, directory: Path) -> list[dict[str, Any]]:
    """A report for each kind of list; every request of a search looks for another person."""
    embedded = EmbeddedPostgres()
    dsn = await embedded.start(directory)
    try:
        async with aiohttp.ClientSession() as session:
            with service(LEDGER_DATABASE_URL=dsn) as server:
                api = Api(server, session)
                await api.sign_in()
                organization = await api.call("GET", "/organizations/default")
            await add_people(dsn, PEOPLE, organization["id"])
            with service(LEDGER_DATABASE_URL=dsn) as server:
                api = Api(server, session)
                await api.sign_in()
                reports = []
                for title, path in _lists(organization["id"]).items():
                    report, _ = await beside_bare(f"{title} among {PEOPLE:,}", server, api, path, rounds, seconds, connections=CONNECTIONS)
                    reports.append(report)
                return reports
    finally:
        await embedded.stop()


def _lists(organization_id: str) -> dict[str, str | Callable[[], str]]:
    numbers = itertools.cycle(range(1, PEOPLE + 1, 7919))
    available = f"/organizations/{organization_id}/members/me/workspaces/available-users"
    return {
        "available users, first 25": f"{available}?limit=25",
        "available users by a part of their names": lambda: f"{available}?limit=25&q=on-{next(numbers)}",
        "users by a part of their names": lambda: f"/users?limit=25&q=on-{next(numbers)}",
        "users by a part of their real names": lambda: f"/users?limit=25&q=name:%22name+{next(numbers)}%22",
        "users by role": "/users?limit=25&q=role:owner",
        "members by a part of their names": lambda: f"/organizations/{organization_id}/paginated-members?limit=25&q=on-{next(numbers)}",
        "users, first 25, all counted": "/users?limit=25",
        "users of one status, first 25, all counted": "/users?limit=25&q=status:active",
        "users by a part that all have, first 25, all counted": "/users?limit=25&q=person",
        "members, first 25, all counted": f"/organizations/{organization_id}/paginated-members?limit=25",
        "members of one status, first 25, all counted": f"/organizations/{organization_id}/paginated-members?limit=25&q=status:active",
        "members of the group Everyone, first 25, all counted": f"/groups/{organization_id}/members?limit=25",
    }
