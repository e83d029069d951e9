"""Documents in memory: reads cost no statement, and what memory says is what the database says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from projections.workspaces.stored import stored_by_id
from service.web.documents import Documents, document_of
from tests.support.api import Client, Ledger
from tests.support.queries import recorded_statements
from tests.support.workspaces import publish, workspace


@dataclass(frozen=True, slots=True)
class Held:
    """A workspace whose build has ended."""

    ledger: Ledger
    owner: Client
    template_id: str
    id: str

    @property
    def path(self) -> str:
        """Of the workspace."""
        return f"/workspaces/{self.id}"


@pytest.fixture
async def held(ledger: Ledger) -> Held:
    """Read once, so that it is in memory."""
    owner = await ledger.admin()
    template_id = await publish(owner, await ledger.organization_id())
    id = await workspace(owner, template_id, "held")
    async with asyncio.timeout(30):
        while (await owner.get(f"/workspaces/{id}", want=200)).json["latest_build"]["status"] != "running":
            await asyncio.sleep(0.05)
    return Held(ledger, owner, template_id, id)


async def test_a_warm_read_by_id_costs_no_statement(held: Held) -> None:
    with recorded_statements(held.ledger.services.pool) as statements:
        answer = await held.owner.get(held.path, want=200)
        await held.owner.get(held.path, headers={"If-None-Match": answer.headers["ETag"]}, want=304)
    assert statements == []


async def test_a_read_after_a_change_costs_no_statement_either(held: Held) -> None:
    await held.owner.put(f"{held.path}/ttl", {"ttl_ms": 3_600_000}, want=204)
    with recorded_statements(held.ledger.services.pool) as statements:
        assert (await held.owner.get(held.path, want=200)).json["ttl_ms"] == 3_600_000
    assert statements == []


async def test_a_page_costs_as_many_statements_whatever_its_length(held: Held) -> None:
    async def cost() -> int:
        await held.owner.get("/workspaces?limit=1", want=200)  # how many there are is known from now on
        with recorded_statements(held.ledger.services.pool) as statements:
            await held.owner.get("/workspaces?limit=0", want=200)
        return len(statements)

    short = await cost()
    for number in range(5):
        await workspace(held.owner, held.template_id, f"more-{number}")
    async with asyncio.timeout(30):
        while any(w["latest_build"]["status"] != "running" for w in (await held.owner.get("/workspaces", want=200)).json["workspaces"]):
            await asyncio.sleep(0.05)
    assert await cost() == short <= 2


async def test_a_read_names_a_position_at_or_after_the_last_change(held: Held) -> None:
    for number in range(5):
        changed = await held.owner.put(f"{held.path}/ttl", {"ttl_ms": (60 + number) * 60_000}, want=204)
        for path in (held.path, "/workspaces", "/users/me/workspace/held"):
            read = await held.owner.get(path, want=200)
            assert int(read.headers["Ledger-Position"]) >= int(changed.headers["Ledger-Position"])


async def test_memory_says_what_the_database_says(held: Held) -> None:
    documents, pool = held.ledger.services.documents, held.ledger.services.pool
    other = await held.ledger.person()
    changes = [
        ("PUT", f"{held.path}/favorite", None),
        ("PATCH", f"{held.path}/acl", {"user_roles": {other.user["id"]: "use"}}),
        ("PUT", f"{held.path}/dormant", {"dormant": True}),
        ("PUT", f"{held.path}/dormant", {"dormant": False}),
        ("PATCH", f"/templates/{held.template_id}", {"display_name": "Other"}),
        ("PATCH", f"/templates/{held.template_id}/acl", {"user_perms": {other.user["id"]: "admin"}}),
        ("PUT", f"/users/{held.owner.user['id']}/profile", {"username": "renamed", "name": ""}),
        ("POST", f"{held.path}/builds", {"transition": "stop"}),
    ]
    for method, path, body in changes:
        answer = await held.owner.request(method, path, body)
        assert answer.status < 300, f"{method} {path}: {answer.raw!r}"
        async with pool.connection() as connection:
            (row,) = await stored_by_id(connection, [held.id])
        stored = document_of(row, allow_renames=False)
        kept = await documents.get(held.id)
        assert kept is not None
        if kept.position == stored.position:  # the build's progress may be a moment ahead in the database
            assert (kept.body, kept.workspace, kept.template) == (stored.body, stored.workspace, stored.template), path


async def test_memory_is_bounded_by_bytes(held: Held) -> None:
    ids = [held.id, await workspace(held.owner, held.template_id, "second"), await workspace(held.owner, held.template_id, "third")]
    pool = held.ledger.services.pool
    kept = await Documents(pool, allow_renames=False).get(held.id)
    assert kept is not None
    small = Documents(pool, allow_renames=False, capacity=2 * len(kept.body) + 100)
    for id in ids:
        assert await small.get(id) is not None
    assert small.peek(ids[0]) is None, "the least recently used went"
    assert small.peek(ids[2]) is not None
