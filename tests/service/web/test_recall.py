"""What paths mean is remembered, and never a moment longer than it is true."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from psycopg import AsyncConnection

from domain.workspaces.events import WorkspaceRenamed, WorkspaceUsed
from service.web.feed import Change
from service.web.recall import Recall
from tests.support.api import Client, Ledger
from tests.support.queries import recorded_statements
from tests.support.workspaces import publish, workspace

WORKSPACE = "5d0b1e7c-0a86-4d8b-b4f8-6a5a5fdd6f0e"


@pytest.fixture
async def owner(ledger: Ledger) -> Client:
    """The admin, with a workspace named `held`."""
    admin = await ledger.admin()
    await workspace(admin, await publish(admin, await ledger.organization_id()), "held")
    return admin


async def test_paths_that_were_asked_before_cost_no_statement(ledger: Ledger, owner: Client) -> None:
    held = (await owner.get("/users/me/workspace/held", want=200)).json
    name = owner.user["username"]
    paths = ["/users/me", f"/users/{name}", f"/users/{name}/workspace/HELD", f"/workspaces/{held['id']}/acl"]
    await _until_quiet(owner, held["id"])
    for path in paths:
        await owner.get(path, want=200)
    with recorded_statements(ledger.services.pool) as statements:
        for path in paths:
            await owner.get(path, want=200)
    assert statements == []


async def test_names_follow_every_change_at_once(ledger: Ledger, owner: Client) -> None:
    other = await ledger.person()
    me, path = f"/users/{owner.user['id']}", "/users/me/workspace/held"
    id = (await owner.get(path, want=200)).json["id"]
    await owner.get(f"/users/{other.user['username']}/workspace/held", want=404)

    await owner.put(f"{me}/profile", {"username": "renamed", "name": ""}, want=200)
    assert (await owner.get("/users/renamed", want=200)).json["username"] == "renamed"
    assert (await owner.get("/users/renamed/workspace/held", want=200)).json["owner_name"] == "renamed"
    await owner.get(f"/users/{owner.user['username']}/workspace/held", want=404)

    await _until_quiet(owner, id)
    await owner.post(f"/workspaces/{id}/builds", {"transition": "delete"}, want=201)
    async with asyncio.timeout(30):
        while (await owner.get(path)).status != 404:
            await asyncio.sleep(0.05)
    assert (await owner.get(f"{path}?include_deleted=true", want=200)).json["id"] == id
    again = await workspace(owner, (await owner.get("/templates", want=200)).json[0]["id"], "held")
    assert (await owner.get(path, want=200)).json["id"] == again
    assert (await owner.get(f"{path}?include_deleted=true", want=200)).json["id"] == again


async def test_lists_of_access_follow_whoever_is_in_them(ledger: Ledger, owner: Client) -> None:
    other = await ledger.person()
    path = f"/workspaces/{(await owner.get('/users/me/workspace/held', want=200)).json['id']}/acl"
    assert (await owner.get(path, want=200)).json == {"users": [], "group": []}
    await owner.patch(path, {"user_roles": {other.user["id"]: "use"}}, want=204)
    assert [u["username"] for u in (await owner.get(path, want=200)).json["users"]] == [other.user["username"]]
    await owner.put(f"/users/{other.user['id']}/profile", {"username": "elsewhere", "name": ""}, want=200)
    assert [u["username"] for u in (await owner.get(path, want=200)).json["users"]] == ["elsewhere"]
    await owner.delete(f"/users/{other.user['id']}", want=200)
    assert (await owner.get(path, want=200)).json["users"] == []


async def test_an_answer_that_a_change_overtook_is_not_kept(ledger: Ledger) -> None:
    pool = ledger.services.pool
    recall: Recall[str, int] = Recall(pool, (WorkspaceRenamed,), capacity=2)

    async def overtaken(connection: AsyncConnection[Any]) -> int:
        await recall.follow(connection, 1, 2, (Change(2, WORKSPACE, 2, "WorkspaceRenamed"),))
        return 1

    async def two(_connection: AsyncConnection[Any]) -> int:
        return 2

    async def three(_connection: AsyncConnection[Any]) -> int:
        return 3

    assert await recall.get("a", overtaken) == 1
    assert await recall.get("a", two) == 2, "asked again"
    async with pool.connection() as connection:
        await recall.follow(connection, 2, 3, (Change(3, WORKSPACE, 3, "WorkspaceUsed"),))
    assert WorkspaceUsed.NAME == "WorkspaceUsed"
    assert await recall.get("a", three) == 2, "nothing that matters has happened"
    await recall.get("b", three)
    await recall.get("c", three)
    assert await recall.get("a", three) == 3, "the least recently asked went"
    async with pool.connection() as connection:
        await recall.reset(connection, 4)
    assert await recall.get("a", two) == 2


async def _until_quiet(owner: Client, id: str) -> None:
    """Wait until the workspace's build has ended."""
    async with asyncio.timeout(30):
        while (await owner.get(f"/workspaces/{id}", want=200)).json["latest_build"]["status"] != "running":
            await asyncio.sleep(0.05)
