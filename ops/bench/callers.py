"""Callers of a large deployment with different rights, and its one service: what benchmarks of the past and of the audit log share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from ops.bench.beside import beside_bare
from ops.bench.client import Api, running_workspace
from ops.bench.deployment import Deployment, add_deployment
from ops.bench.measure import bounded
from ops.bench.servers import PASSWORD, Server, service
from service.embedded import EmbeddedPostgres


@dataclass(frozen=True, slots=True)
class Scene:
    """A running service over a deployment; `callers` are signed in: owner, auditor, organization auditor, member."""

    server: Server
    deployment: Deployment
    callers: dict[str, Api]
    data_dir: Path


#: What is asked, by title: who asks, and for which path, or for another one each time.
Asked = Mapping[str, tuple[str, str | Callable[[], str]]]


async def ask_each(scene: Scene, asked: Asked, most_p95_ms: float, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """A report for each of these, beside a bare handler and a bound for its 95th percentile.

    One caller at a time: the latency that one sees is what is promised.
    """
    reports = []
    for title, (caller, path) in asked.items():
        api = scene.callers[caller]
        report, ours = await beside_bare(title, scene.server, api, path, rounds, seconds, connections=1, data_dir=scene.data_dir)
        reports.append(bounded(report, ours, most_p95_ms))
    return reports


@contextlib.asynccontextmanager
async def large_scene(directory: Path) -> AsyncIterator[Scene]:
    """Fill a database of its own, start the service over it, sign everybody in."""
    embedded = EmbeddedPostgres()
    dsn = await embedded.start(directory / "postgres")
    try:
        async with aiohttp.ClientSession() as session:
            deployment = await add_deployment(dsn, await running_workspace(dsn, session))
            with service(LEDGER_DATABASE_URL=dsn) as server:
                yield Scene(server, deployment, await signed_in(server, session, deployment), directory)
    finally:
        await embedded.stop()


async def signed_in(server: Server, session: aiohttp.ClientSession, deployment: Deployment) -> dict[str, Api]:
    """The first user, and three people who are made for this. The organization of the last two is one of several."""
    owner = Api(server, session)
    await owner.sign_in()
    organization = deployment.organizations[1]
    callers = {"owner": owner}
    for name, site_roles, roles in (
        ("auditor", ["auditor"], None),
        ("organization auditor", [], ["organization-auditor"]),
        ("member", [], []),
    ):
        username = name.replace(" ", "-")
        email = f"{username}@example.com"
        body = {"username": username, "email": email, "password": PASSWORD, "organization_ids": [deployment.organizations[0]]}
        person = await owner.call("POST", "/users", body)
        await owner.call("PUT", f"/users/{person['id']}/roles", {"roles": site_roles})
        if roles is not None:
            await owner.call("POST", f"/organizations/{organization}/members/{person['id']}")
            await owner.call("PUT", f"/organizations/{organization}/members/{person['id']}/roles", {"roles": roles})
        callers[name] = Api(server, session)
        await callers[name].sign_in(email)
    return callers
