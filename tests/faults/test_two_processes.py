"""Two processes on one database: what one does the other shows, and names are given away once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import pytest

from tests.support.api import Client
from tests.support.faults import Deployment, deployment
from tests.support.workspaces import publish, workspace
from tests.support.writers import at

ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """One caller at both: `one` only serves the web, `other` does everything."""

    place: Deployment
    one: Client
    other: Client
    template_id: str


@pytest.fixture
async def pair(migrated_url: str) -> AsyncIterator[Pair]:
    """Roles split over two processes."""
    async with deployment(LEDGER_DATABASE_URL=migrated_url) as place:
        busy = await place.start(LEDGER_ROLES="projector,automation,provisioner,web")
        web = await place.start(LEDGER_ROLES="web")
        other = await place.sign_in(busy)
        organization_id = (await other.get("/organizations/default", want=200)).json["id"]
        yield Pair(place, at(other, web.url), other, await publish(other, organization_id))


async def test_what_one_process_changes_a_watch_at_the_other_shows(pair: Pair) -> None:
    id = await workspace(pair.one, pair.template_id, "watched")
    url = f"{pair.other.base}/api/v2/workspaces/{id}/watch"
    async with pair.other.session.get(url, headers={"Coder-Session-Token": pair.other.token or ""}) as stream:
        assert stream.status == 200
        await _until(stream, lambda document: document["name"] == "watched")
        await pair.one.put(f"/workspaces/{id}/ttl", {"ttl_ms": 7_200_000}, want=204)
        shown = await _until(stream, lambda document: document.get("ttl_ms") == 7_200_000)
        # The build may have come so far meanwhile that this very frame is the last one.
        if shown["latest_build"]["status"] != "running":
            await _until(stream, lambda document: document["latest_build"]["status"] == "running")


async def test_a_name_asked_for_at_both_is_given_away_once(pair: Pair) -> None:
    for number in range(ROUNDS):
        body = {"name": f"wanted-{number}", "template_id": pair.template_id}
        answers = await asyncio.gather(*(client.post("/users/me/workspaces", body) for client in (pair.one, pair.other)))
        assert sorted(answer.status for answer in answers) == [201, 409]
        refused = next(answer for answer in answers if answer.status == 409)
        assert [violation["field"] for violation in refused.json["validations"]] == ["name"]
    listed = (await pair.one.get("/workspaces?q=name:wanted&limit=0", want=200)).json
    assert sorted(w["name"] for w in listed["workspaces"]) == sorted(f"wanted-{number}" for number in range(ROUNDS))
    await pair.place.verified()


async def test_a_position_from_one_process_is_waited_for_by_the_other(pair: Pair) -> None:
    for number in range(ROUNDS):
        writer, reader = (pair.one, pair.other) if number % 2 else (pair.other, pair.one)
        created = await writer.post("/users/me/workspaces", {"name": f"read-{number}", "template_id": pair.template_id}, want=201)
        position = created.headers["Ledger-Position"]
        seen = await reader.get(f"/workspaces/{created.json['id']}", headers={"Ledger-Position": position}, want=200)
        assert int(seen.headers["Ledger-Position"]) >= int(position)
        assert seen.json["name"] == f"read-{number}"


async def test_who_shows_changes_hears_of_those_of_another_process_at_once(pair: Pair) -> None:
    id = await workspace(pair.one, pair.template_id, "quick")
    # A projector that only looked once a second would need that long for each.
    async with asyncio.timeout(ROUNDS / 4):
        for number in range(ROUNDS):
            await pair.one.put(f"/workspaces/{id}/ttl", {"ttl_ms": 3_600_000 + 60_000 * number}, want=204)


async def test_a_token_revoked_at_one_process_is_refused_at_the_other(pair: Pair) -> None:
    key = (await pair.one.post("/users/me/keys", want=201)).json["key"]
    holder = Client(pair.other.session, pair.other.base, key)
    await holder.get("/users/me", want=200)
    revoked = await pair.one.delete(f"/users/me/keys/{key.partition('-')[0]}", want=204)
    await holder.get("/users/me", headers={"Ledger-Position": revoked.headers["Ledger-Position"]}, want=401)


async def _until(stream: aiohttp.ClientResponse, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Read frames until one's document is as wished; returns it."""
    async with asyncio.timeout(30):
        while True:
            line = await stream.content.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: {") and holds(document := orjson.loads(line[6:])):
                return dict(document)
