"""Callers of a large deployment with different rights, and its one service: what benchmarks of the past and of the audit log share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from ops.bench.client import Api
from ops.bench.deployment import Deployment, add_deployment
from ops.bench.servers import PASSWORD, Server, service
from service.embedded import EmbeddedPostgres


@dataclass(frozen=True, slots=True)
class Scene:
    """A running service over a deployment; `callers` are signed in: owner, auditor, organization auditor, member."""

    server: Server
    deployment: Deployment
    callers: dict[str, Api]
    data_dir: Path


@contextlib.asynccontextmanager
async def large_scene(directory: Path) -> AsyncIterator[Scene]:
    """Fill a database of its own, start the service over it, sign everybody in."""
    embedded = EmbeddedPostgres()
    dsn = await embedded.start(directory / "postgres")
    try:
        async with aiohttp.ClientSession() as session:
            with service(LEDGER_DATABASE_URL=dsn) as server:
                api = Api(server, session)
                await api.sign_in()
                made = await api.workspace(await api.template("bench"), "one")
                like = await api.until(f"/workspaces/{made['id']}", lambda w: w["latest_build"]["status"] == "running")
            deployment = await add_deployment(dsn, like)
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
