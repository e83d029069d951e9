"""A service with a workspace to watch: prepared once per run, copied for each test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from tests.support.api import Client, Ledger, running_ledger
from tests.support.postgres import PostgresServer
from tests.support.workspaces import publish, workspace


@dataclass(slots=True)
class Place:
    """The service; who owns the workspace, a friend, and the administrator."""

    ledger: Ledger
    url: str
    admin: Client
    owner: Client
    friend: Client
    template_id: str
    id: str

    @property
    def path(self) -> str:
        """Of the workspace."""
        return f"/workspaces/{self.id}"

    async def rename(self, name: str) -> int:
        """Rename it; the change's position."""
        return int((await self.owner.patch(self.path, {"name": name}, want=204)).headers["Ledger-Position"])

    async def share(self) -> None:
        """Let the friend see it."""
        await self.owner.patch(f"{self.path}/acl", {"user_roles": {self.friend.user["id"]: "use"}}, want=204)

    async def another(self, name: str, owner: Client | None = None) -> str:
        """One more workspace, its first build done; returns its id."""
        id = await workspace(owner or self.owner, self.template_id, name)
        await running(owner or self.owner, id)
        return id


async def running(client: Client, id: str) -> None:
    """Wait until the workspace's build has succeeded."""
    async with asyncio.timeout(30):
        while (await client.get(f"/workspaces/{id}", want=200)).json["latest_build"]["status"] != "running":
            await asyncio.sleep(0.05)


@pytest.fixture(scope="session")
def watched_template(template_database: Callable[[str, Callable[[str], None]], str]) -> str:
    """A database with people, a template, and a running workspace."""
    from service.store.prepare import prepare

    async def fill(url: str) -> None:
        await prepare(url)
        async with running_ledger(url) as ledger:
            admin = await ledger.admin()
            owner, _friend = await ledger.person(name="owner"), await ledger.person(name="friend")
            await running(owner, await workspace(owner, await publish(admin, await ledger.organization_id()), "watched"))

    return template_database("watched", lambda url: asyncio.run(fill(url)))


@pytest.fixture
async def place(postgres: PostgresServer, watched_template: str) -> AsyncIterator[Place]:
    """The workspace is running and shared with nobody."""
    url = postgres.database(watched_template)
    try:
        async with running_ledger(url, allow_workspace_renames=True) as ledger:
            yield await at(ledger, url)
    finally:
        postgres.drop(url)


async def at(ledger: Ledger, url: str) -> Place:
    """Everybody, signed in at a service over a copy of the database."""
    admin = await ledger.login("admin@example.com")
    owner, friend = await ledger.login("owner@example.com"), await ledger.login("friend@example.com")
    listed = (await owner.get("/workspaces", want=200)).json["workspaces"][0]
    return Place(ledger, url, admin, owner, friend, listed["template_id"], listed["id"])
