"""The raw log over HTTP: pages, JSON Lines, a stream that misses nothing."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.support.api import Client, Ledger
from tests.support.watching import Ended, data, events, unless_ping, until_end


async def read(client: Client, **params: Any) -> list[dict[str, Any]]:
    """All pages, oldest first."""
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        page = (await client.get("/audit/events", params={"after": after, **params}, want=200)).json
        if not page["events"]:
            return found
        found += page["events"]
        after = page["next_after"]


async def test_pages_hold_every_event_once(ledger: Ledger) -> None:
    auditor = await ledger.person(roles=("auditor",))
    whole = await read(auditor)
    assert [event["position"] for event in whole] == sorted({event["position"] for event in whole})
    assert await read(auditor, limit=3) == whole
    lines = (await auditor.get("/audit/events?format=jsonl", want=200)).raw.splitlines()
    assert [orjson.loads(line) for line in lines] == whole


async def test_filters_take_what_they_name(ledger: Ledger) -> None:
    auditor = await ledger.person(roles=("auditor",))
    whole = await read(auditor)
    for name in {event["type"] for event in whole}:
        assert await read(auditor, type=name, limit=2) == [event for event in whole if event["type"] == name]
    stream = f"user/{auditor.user['id']}"
    assert await read(auditor, stream=stream) == [event for event in whole if event["stream"] == stream]
    assert await read(auditor, stream=f"group/{auditor.user['id']}") == []
    actor = auditor.user["id"]
    assert await read(auditor, actor=actor) == [event for event in whole if event["actor"]["id"] == actor] != []


@pytest.mark.parametrize(
    ("query", "field"),
    [("after=x", "after"), ("limit=0", "limit"), ("format=xml", "format"), ("stream=workspace", "stream"), ("actor=me", "actor")],
)
async def test_bad_parameters_are_named(ledger: Ledger, query: str, field: str) -> None:
    admin = await ledger.admin()
    answer = await admin.get(f"/audit/events?{query}", want=400)
    assert [violation["field"] for violation in answer.json["validations"]] == [field]


async def test_only_auditors_of_the_deployment_read_it(ledger: Ledger) -> None:
    member = await ledger.person()
    organization_auditor = await ledger.person(org_roles=("organization-auditor",))
    for client in (member, organization_auditor):
        await client.get("/audit/events", want=403)
        await client.get("/audit/events/watch", want=403)


async def test_a_stream_goes_on_where_it_was_left(ledger: Ledger) -> None:
    auditor = await ledger.person(roles=("auditor",))
    await ledger.person()
    whole = await read(auditor)
    seen = []
    async with events(auditor, "/audit/events/watch?after=0") as stream:
        for _ in range(len(whole) - 4):
            seen.append(await data(stream))
    async with events(auditor, "/audit/events/watch", last_event_id=seen[-1].id) as stream:
        for _ in range(4):
            seen.append(await data(stream))
        await ledger.person()
        seen += [await data(stream) for _ in range(3)]
    assert [frame.id for frame in seen] == [frame.data["position"] for frame in seen]
    assert [frame.data for frame in seen] == (await read(auditor))[: len(seen)]


async def test_without_a_position_it_begins_now(ledger: Ledger) -> None:
    auditor = await ledger.person(roles=("auditor",))
    async with events(auditor, "/audit/events/watch?type=UserProfileChanged") as stream:
        await (await ledger.admin()).put(f"/users/{auditor.user['id']}/profile", {"username": "another", "name": ""}, want=200)
        frame = await data(stream)
    assert frame.data["data"]["username"] == "another"


async def test_who_is_no_auditor_any_more_is_told_and_cut_off(ledger: Ledger) -> None:
    auditor = await ledger.person(roles=("auditor",))
    async with events(auditor, "/audit/events/watch") as stream:
        await (await ledger.admin()).put(f"/users/{auditor.user['id']}/roles", {"roles": []}, want=200)
        frame = await unless_ping(stream)
        assert frame.kind == "error", "nothing of what came after the loss is shown"
        with pytest.raises(Ended):
            await stream.next()


async def test_a_slow_reader_loses_nothing(ledger: Ledger) -> None:
    auditor = await ledger.person(roles=("auditor",))
    start = ledger.services.positions.current
    async with events(auditor, f"/audit/events/watch?after={start}", buffer=4096) as stream:
        for number in range(120):
            await auditor.put("/users/me/profile", {"username": auditor.user["username"], "name": f"N{number}" + "x" * 100}, want=200)
        names = [(await data(stream)).data["data"]["name"][:4].strip("x") for _ in range(120)]
    assert names == [f"N{number}"[:4] for number in range(120)]


async def test_it_ends_when_the_service_stops(ledger: Ledger) -> None:
    auditor = await ledger.person(roles=("auditor",))
    async with events(auditor, "/audit/events/watch") as stream:
        await unless_ping_or_first(stream)
        ledger.services.events.close()
        frames, how = await until_end(stream)
    assert frames == []
    assert "stopping" in str(how)


async def unless_ping_or_first(stream: Any) -> None:
    """The stream has begun: it pings first."""
    assert (await stream.next()).kind == "ping"
