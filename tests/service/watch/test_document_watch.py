"""One workspace, watched by either protocol: what comes first, what comes then, what is left out."""

from __future__ import annotations

import asyncio

import pytest

from tests.service.watch.conftest import Place
from tests.support.api import running_ledger
from tests.support.watching import data, events, messages, quiet, until_end, watching

both = pytest.mark.parametrize("how", ["sse", "ws"])


@both
async def test_a_ping_comes_first_then_the_document_as_it_is(place: Place, how: str) -> None:
    async with watching(place.owner, f"{place.path}/watch", how) as stream:
        assert (await stream.next()).kind == "ping"
        first = await stream.next()
        assert first.kind == "data"
        assert first.data == (await place.owner.get(place.path, want=200)).json


@both
async def test_each_change_brings_the_whole_document(place: Place, how: str) -> None:
    async with watching(place.owner, f"{place.path}/watch", how) as stream:
        await data(stream)
        for number in range(5):
            await place.owner.put(f"{place.path}/ttl", {"ttl_ms": (number + 60) * 60_000}, want=204)
            assert (await data(stream)).data == (await place.owner.get(place.path, want=200)).json


@both
async def test_what_changes_no_document_sends_none(place: Place, how: str) -> None:
    other = await place.another("other")
    async with watching(place.owner, f"{place.path}/watch", how) as stream:
        await data(stream)
        await place.owner.put(f"/workspaces/{other}/ttl", {"ttl_ms": 3_600_000}, want=204)
        await place.owner.patch(place.path, {"name": "watched"}, want=204)
        await quiet(stream)


async def test_only_the_owner_is_shown_the_favourite(place: Place) -> None:
    await place.share()
    async with events(place.owner, f"{place.path}/watch") as own, events(place.friend, f"{place.path}/watch") as other:
        await data(own), await data(other)
        await place.owner.put(f"{place.path}/favorite", want=204)
        assert (await data(own)).data["favorite"] is True
        await place.rename("renamed")
        assert (await data(own)).data["favorite"] is True
        while (seen := (await data(other)).data)["name"] != "renamed":
            assert seen["favorite"] is False
        assert seen["favorite"] is False


async def test_a_frame_names_the_position_of_its_change(place: Place) -> None:
    async with events(place.owner, f"{place.path}/watch") as stream:
        first = await data(stream)
        assert first.id == place.ledger.services.positions.current
        position = await place.rename("renamed")
        assert (await data(stream)).id == position


async def test_a_stream_resumed_after_the_last_change_begins_without_a_document(place: Place) -> None:
    position = await place.rename("renamed")
    async with events(place.owner, f"{place.path}/watch", last_event_id=position) as stream:
        await quiet(stream)
        await place.rename("again")
        assert (await data(stream)).data["name"] == "again"


async def test_a_stream_resumed_before_the_last_change_begins_with_the_newest_document(place: Place) -> None:
    position = await place.rename("first")
    await place.rename("second")
    async with events(place.owner, f"{place.path}/watch", last_event_id=position) as stream:
        assert (await data(stream)).data["name"] == "second"
        await quiet(stream)


async def test_websockets_resume_by_a_query_parameter(place: Place) -> None:
    position = await place.rename("first")
    async with messages(place.owner, f"{place.path}/watch-ws?after={position}") as stream:
        await quiet(stream)
    async with messages(place.owner, f"{place.path}/watch-ws?after={position - 1}") as stream:
        assert (await data(stream)).data["name"] == "first"


async def test_a_position_beyond_the_head_resumes_nothing(place: Place) -> None:
    async with events(place.owner, f"{place.path}/watch", last_event_id=10**9) as stream:
        assert (await data(stream)).data["name"] == "watched"


async def test_a_change_while_a_stream_opens_is_never_missed(place: Place) -> None:
    """Subscribe, then read: streams that open at every moment of a series of changes all end with the last one.

    A socket keeps a connection of the client to itself, who has a hundred: the changes need one, too."""
    names = [f"name-{number}" for number in range(30)]

    async def change() -> None:
        for name in names:
            await place.rename(name)

    async def follow(how: str) -> None:
        async with watching(place.owner, f"{place.path}/watch", how) as stream:
            while (await data(stream)).data["name"] != names[-1]:
                pass

    changing = asyncio.create_task(change())
    followers: list[asyncio.Task[None]] = []
    while not changing.done():
        if len(followers) < 160:
            followers += [asyncio.create_task(follow("sse")), asyncio.create_task(follow("ws"))]
        await asyncio.sleep(0.01)
    await changing
    await asyncio.gather(*followers)


async def test_a_client_that_speaks_is_closed_as_a_protocol_error(place: Place) -> None:
    async with messages(place.owner, f"{place.path}/watch-ws") as stream:
        await data(stream)
        await stream.socket.send_str("hello")
        _, how = await until_end(stream)
        assert how == 1002


async def test_a_stream_sends_signs_of_life(place: Place) -> None:
    async with running_ledger(place.url, watch_ping_seconds=0.05) as quick:
        owner = await quick.login("owner@example.com")
        async with events(owner, f"{place.path}/watch") as stream:
            kinds = [(await stream.next()).kind for _ in range(5)]
            assert kinds == ["ping", "data", "ping", "ping", "ping"]
