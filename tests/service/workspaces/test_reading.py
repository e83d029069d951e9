"""Reading workspaces over HTTP: who sees what, deleted ones, conditional requests, how many statements it takes."""

from __future__ import annotations

import asyncio

import pytest

from service.settings import Role
from tests.service.workspaces.conftest import Yard
from tests.support.api import Client, Opened
from tests.support.queries import recorded_statements


async def test_what_a_caller_may_not_read_is_not_there(yard: Yard) -> None:
    made = await yard.create("dev")
    bob = await yard.ledger.person(name="bob")
    for path in (
        f"/workspaces/{made['id']}",
        "/users/ann/workspace/dev",
        f"/workspaces/{made['id']}/acl",
        f"/workspaces/{made['id']}/timings",
    ):
        answer = await bob.get(path, want=404)
        assert answer.json == {"message": "Resource not found or you do not have access to this resource"}
    assert (await bob.get("/workspaces", want=200)).json == {"workspaces": [], "count": 0}


async def test_every_spelling_of_an_id_is_understood(yard: Yard) -> None:
    id = (await yard.create("dev"))["id"]
    for spelling in (id.upper(), id.replace("-", ""), f"urn:uuid:{id}", f"{{{id}}}"):
        assert (await yard.ann.get(f"/workspaces/{spelling}", want=200)).json["id"] == id


async def test_a_deleted_workspace_is_gone_unless_asked_for(yard: Yard) -> None:
    made = await yard.running("dev")
    path = f"/workspaces/{made['id']}"
    await yard.ann.post(f"{path}/builds", {"transition": "delete"}, want=201)
    await yard.settled(made["id"], "deleted")
    await yard.ann.get(path, want=410)
    await yard.ann.get("/users/me/workspace/dev", want=404)
    assert (await yard.ann.get("/users/me/workspace/dev?include_deleted=1", want=200)).json["id"] == made["id"]
    assert (await yard.ann.get(f"{path}?include_deleted=perhaps", want=400)).json["validations"][0]["field"] == "deleted"
    again = await yard.create("DEV")
    assert (await yard.ann.get("/users/me/workspace/dev?include_deleted=1", want=200)).json["id"] == again["id"]


async def test_a_tag_lasts_until_the_document_changes(yard: Yard) -> None:
    made = await yard.running("dev")
    path = f"/workspaces/{made['id']}"
    tag = (await yard.ann.get(path, want=200)).headers["ETag"]
    for given in (tag, f'"x", W/{tag}', "*"):
        answer = await yard.ann.get(path, headers={"If-None-Match": given}, want=304)
        assert (answer.raw, answer.headers["ETag"]) == (b"", tag)
    await yard.ann.put(f"{path}/ttl", {"ttl_ms": 120_000}, want=204)
    assert (await yard.ann.get(path, headers={"If-None-Match": tag}, want=200)).headers["ETag"] != tag


async def test_changes_need_the_very_tag(yard: Yard) -> None:
    """Weak tags match nothing where a change depends on them (RFC 9110 13.1.1), nor does what is no tag."""
    path = f"/workspaces/{(await yard.running('dev'))['id']}"
    tag = (await yard.ann.get(path, want=200)).headers["ETag"]
    for given in (f"W/{tag}", tag.strip('"'), '"', ""):
        await yard.ann.put(f"{path}/ttl", {"ttl_ms": 120_000}, headers={"If-Match": given}, want=412)
    await yard.ann.put(f"{path}/ttl", {"ttl_ms": 120_000}, headers={"If-Match": f'"x", {tag}'}, want=204)


@pytest.mark.parametrize("changes", ["ttl", "extend"])
async def test_of_two_changes_with_one_tag_one_wins(yard: Yard, changes: str) -> None:
    """A TTL changes the workspace's stream, a deadline the build's: both are found out."""
    made = await yard.running("dev", ttl_ms=3_600_000)
    path = f"/workspaces/{made['id']}"
    tag = (await yard.ann.get(path, want=200)).headers["ETag"]

    def body(n: int) -> dict[str, object]:
        return {"ttl_ms": 120_000 * (n + 1)} if changes == "ttl" else {"deadline": f"2099-01-01T00:00:0{n}Z"}

    answers = await asyncio.gather(*[yard.ann.put(f"{path}/{changes}", body(n), headers={"If-Match": tag}) for n in range(5)])
    assert sorted(answer.status for answer in answers)[1:] == [412] * 4
    assert min(answer.status for answer in answers) in (200, 204)


async def test_reads_take_a_fixed_number_of_statements(yard: Yard, migrated_url: str) -> None:
    """However many rows a list has, and however many of them are favourites."""
    for number in range(6):
        made = await yard.running(f"w{number}")
        if number % 3 == 0:
            await yard.ann.put(f"/workspaces/{made['id']}/favorite", want=204)
    async with Opened() as opened:
        reader = await opened.open(migrated_url, roles=frozenset({Role.WEB}))
        ann = Client(reader.session, reader.base, yard.ann.token)
        await ann.get("/users/me", want=200)
        with recorded_statements(reader.services.pool) as cold:
            rows = (await ann.get("/workspaces?q=owner:me", want=200)).json["workspaces"]
        assert len(rows) == 6
        assert len(cold) == 3, cold
        with recorded_statements(reader.services.pool) as warm:
            await ann.get("/workspaces?q=owner:me&limit=1&offset=1", want=200)
            await ann.get("/workspaces?q=owner:me&limit=5&offset=1", want=200)
        assert len(warm) <= 4, warm
        with recorded_statements(reader.services.pool) as single:
            await ann.get(f"/workspaces/{rows[0]['id']}", want=200)
        assert single == []
