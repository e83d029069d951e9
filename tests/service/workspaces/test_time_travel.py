"""The past over HTTP: documents, sharing and lists as they were, for whoever may read them today."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from projections.engine.verify import verify
from projections.live import configure
from projections.models import MODELS
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.service.workspaces.conftest import Yard
from tests.support.api import Client, Ledger, running_ledger
from tests.support.queries import recorded_statements

_examples = itertools.count(1)
_STEPS = st.lists(
    st.sampled_from(
        ["ttl", "no ttl", "rename", "favorite", "unfavorite", "share", "unshare", "dormant", "awake", "stop", "start", "template", "owner"]
    ),
    min_size=3,
    max_size=9,
)


@pytest.fixture
async def ledger(migrated_url: str) -> AsyncIterator[Ledger]:
    """A service that lets workspaces be renamed."""
    async with running_ledger(migrated_url, allow_workspace_renames=True) as running:
        yield running


async def step(yard: Yard, what: str, id: str, number: int, friend: Client) -> None:
    """One change over HTTP, carried out to its end; what the state does not allow changes nothing."""
    path = f"/workspaces/{id}"
    owner = yard.ann
    match what:
        case "ttl" | "no ttl":
            await owner.put(f"{path}/ttl", {"ttl_ms": 3_600_000 + number * 60_000 if what == "ttl" else None}, want=204)
        case "rename":
            await owner.patch(path, {"name": f"w{number}-{id[:8]}"}, want=204)
        case "favorite":
            await owner.put(f"{path}/favorite", want=204)
        case "unfavorite":
            await owner.delete(f"{path}/favorite", want=204)
        case "share" | "unshare":
            await owner.patch(f"{path}/acl", {"user_roles": {friend.user["id"]: "use" if what == "share" else ""}})
        case "dormant" | "awake":
            await owner.put(f"{path}/dormant", {"dormant": what == "dormant"})
        case "stop" | "start":
            if (await owner.post(f"{path}/builds", {"transition": what})).status == 201:
                await yard.settled(id, "running" if what == "start" else "stopped")
        case "template":
            await yard.admin.patch(f"/templates/{yard.template['id']}", {"display_name": f"Number {number}"}, want=200)
        case "owner":
            await yard.admin.put(f"/users/{owner.user['id']}/profile", {"username": f"ann{number}", "name": f"Ann {number}"}, want=200)


async def views(client: Client, id: str, position: int | None = None) -> list[tuple[int, bytes]]:
    """Status and body of everything that looks at the past."""
    at = {} if position is None else {"at": position}
    asked: list[tuple[str, dict[str, Any]]] = [
        (f"/workspaces/{id}", {}),
        (f"/workspaces/{id}/acl", {}),
        ("/workspaces", {"q": "owner:me"}),
        ("/workspaces", {"q": "status:running"}),
        ("/workspaces", {"q": "shared:true"}),
    ]
    answers = [await client.get(path, params={**params, **at}) for path, params in asked]
    return [(answer.status, answer.raw) for answer in answers]


async def quiet_views(yard: Yard, client: Client, id: str) -> tuple[int, list[tuple[int, bytes]]]:
    """The same, live, with the position at which all of it was so."""
    positions = yard.ledger.services.positions
    while True:
        position = positions.current
        seen = await views(client, id)
        if positions.current == position:
            return position, seen


@given(steps=_STEPS)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_every_past_is_what_was_answered_then(yard: Yard, steps: list[str]) -> None:
    example = next(_examples)
    friend = await yard.ledger.person(name=f"friend{example}")
    id = (await yard.running(f"w{example}"))["id"]
    await friend.get(f"/workspaces/{id}", want=404)
    live = {}
    for number, what in enumerate(steps):
        await step(yard, what, id, example * 100 + number, friend)
        for client in (yard.ann, yard.admin):
            position, seen = await quiet_views(yard, client, id)
            live[client.user["id"], position] = (what, client, seen)
    for (_, position), (what, client, seen) in live.items():
        assert await views(client, id, position) == seen, f"after {what!r}, at {position}"


async def test_a_time_means_the_last_event_at_or_before_it(yard: Yard) -> None:
    made = await yard.running("mine", ttl_ms=3_600_000)
    path = f"/workspaces/{made['id']}"
    await yard.ann.put(f"{path}/ttl", {"ttl_ms": 7_200_000}, want=204)
    event = (await yard.ann.get(f"{path}/history?limit=1", want=200)).json["events"][0]
    then = datetime.fromisoformat(event["time"])
    for time, ttl_ms in ((then, 7_200_000), (then - timedelta(microseconds=1), 3_600_000)):
        answer = await yard.ann.get(path, params={"at": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}, want=200)
        assert answer.json["ttl_ms"] == ttl_ms
    await yard.ann.get(path, params={"at": "2020-01-01T00:00:00Z"}, want=404)
    assert (await yard.ann.get("/workspaces", params={"at": "2020-01-01T00:00:00Z"}, want=200)).json == {"workspaces": [], "count": 0}


async def test_a_time_may_be_spelled_as_rfc_3339_allows(yard: Yard) -> None:
    made = await yard.running("mine", ttl_ms=3_600_000)
    path = f"/workspaces/{made['id']}"
    await yard.ann.put(f"{path}/ttl", {"ttl_ms": 7_200_000}, want=204)
    event = (await yard.ann.get(f"{path}/history?limit=1", want=200)).json["events"][0]
    moment = datetime.fromisoformat(event["time"])
    in_a_zone = moment.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(timespec="microseconds")
    utc = moment.strftime("%Y-%m-%dT%H:%M:%S.%f")
    for text in (f"{utc}Z", f"{utc}z".lower(), f"{utc}000000001Z", f"{utc}-00:00", in_a_zone.replace("+", "%2B"), in_a_zone):
        found = (await yard.ann.get(f"{path}?at={text}", want=200)).json
        assert found["ttl_ms"] == 7_200_000, text
    earlier = (moment - timedelta(microseconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    assert (await yard.ann.get(f"{path}?at={earlier}999Z", want=200)).json["ttl_ms"] == 3_600_000, "a billionth too early"


@pytest.mark.parametrize("at", [10**6, 2**62, 10**30, "2999-01-01T00:00:00Z", "yesterday", "-1"])
async def test_the_future_and_nonsense_are_refused(yard: Yard, at: object) -> None:
    made = await yard.create("mine")
    for path in (f"/workspaces/{made['id']}", f"/workspaces/{made['id']}/acl", "/users/me/workspace/mine", "/workspaces"):
        answer = await yard.ann.get(path, params={"at": str(at)}, want=400)
        assert [violation["field"] for violation in answer.json["validations"]] == ["at"]


async def test_two_moments_are_none(yard: Yard) -> None:
    made = await yard.create("mine")
    for path in (f"/workspaces/{made['id']}", "/workspaces"):
        answer = await yard.ann.get(f"{path}?at=5&at=6", want=400)
        assert [violation["field"] for violation in answer.json["validations"]] == ["at"]


async def test_before_its_creation_there_was_none_and_after_its_end_it_is_gone(yard: Yard) -> None:
    before = yard.ledger.services.positions.current
    made = await yard.running("mine")
    path, alive = f"/workspaces/{made['id']}", yard.ledger.services.positions.current
    await yard.ann.post(f"{path}/builds", {"transition": "delete"}, want=201)
    await yard.settled(made["id"], "deleted")
    gone = yard.ledger.services.positions.current
    for of in (path, f"{path}/acl", "/users/me/workspace/mine"):
        await yard.ann.get(of, params={"at": before}, want=404)
        await yard.ann.get(of, params={"at": alive}, want=200)
    await yard.ann.get(path, params={"at": gone}, want=410)
    await yard.ann.get(path, params={"at": gone, "include_deleted": "true"}, want=200)


async def test_names_are_those_of_that_time_and_rights_those_of_today(yard: Yard) -> None:
    friend = await yard.ledger.person(name="friend")
    made = await yard.running("mine")
    path, then = f"/workspaces/{made['id']}", yard.ledger.services.positions.current
    await yard.ann.patch(path, {"name": "renamed"}, want=204)
    await yard.admin.put(f"/users/{yard.ann.user['id']}/profile", {"username": "anna", "name": ""}, want=200)
    for of in ("/users/ann/workspace/mine", f"/users/{yard.ann.user['id']}/workspace/mine"):
        answer = await yard.admin.get(of, params={"at": then}, want=200)
        assert (answer.json["name"], answer.json["owner_name"]) == ("mine", "ann")
    await yard.admin.get("/users/anna/workspace/renamed", params={"at": then}, want=404)
    assert (await yard.admin.get("/workspaces", params={"at": then, "q": "owner:ann name:mine"}, want=200)).json["count"] == 1
    await friend.get(path, params={"at": then}, want=404)
    await yard.ann.patch(f"{path}/acl", {"user_roles": {friend.user["id"]: "use"}}, want=204)
    assert (await friend.get(path, params={"at": then}, want=200)).json["name"] == "mine"
    assert (await friend.get("/workspaces", params={"at": then}, want=200)).json["count"] == 1


async def test_a_rebuild_makes_the_same_past_as_was_made_live(yard: Yard, migrated_url: str) -> None:
    friend = await yard.ledger.person(name="friend")
    id = (await yard.running("mine"))["id"]
    for number, what in enumerate(("ttl", "share", "rename", "template", "owner", "dormant", "awake", "stop", "unshare", "favorite")):
        await step(yard, what, id, number, friend)
    await yard.admin.delete(f"/users/{friend.user['id']}?erase=true", want=200)
    async with (
        await AsyncConnection.connect(migrated_url, autocommit=True) as live,
        await AsyncConnection.connect(migrated_url, autocommit=True) as shadow,
    ):
        for connection in (live, shadow):
            await configure(connection)
        report = await verify(live, shadow, EventMapper(KeyRing()), MODELS)
        cursor = await live.execute("SELECT count(*) FROM workspaces_versions")
        count = await cursor.fetchone()
    assert report.differences == ()
    assert count is not None
    assert count[0] >= 10


async def test_looking_back_costs_as_many_statements_for_many_as_for_one(yard: Yard) -> None:
    for name in ("one", "two", "three"):
        await yard.running(name)
    position, counts = yard.ledger.services.positions.current, []
    for params in ({"q": "name:one"}, {"q": "owner:me"}):
        await yard.ann.get("/workspaces", params={**params, "at": position}, want=200)
        with recorded_statements(yard.ledger.services.pool) as statements:
            await yard.ann.get("/workspaces", params={**params, "at": position}, want=200)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 9, counts
