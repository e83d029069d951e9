"""A reader that takes nothing costs one document and nobody's time; when it reads again it is shown the newest state."""

from __future__ import annotations

import asyncio

from tests.service.watch.conftest import Place
from tests.support.watching import Ended, data, events, messages

#: A long access list makes a long document, so that a few hundred of them are more than the kernel takes for anybody.
GRANTEES, CHANGES = 80, 150


async def _lengthen(place: Place) -> None:
    organization_id = (await place.admin.get("/organizations/default", want=200)).json["id"]
    people = []
    for number in range(GRANTEES):
        body = {"username": f"p{number}", "email": f"p{number}@example.com", "login_type": "none", "organization_ids": [organization_id]}
        people.append((await place.admin.post("/users", body, want=201)).json["id"])
    await place.owner.patch(f"{place.path}/acl", {"user_roles": dict.fromkeys(people, "use")}, want=204)


async def _change(place: Place) -> None:
    """Many changes, one after the other; the last one renames."""
    for number in range(CHANGES):
        await place.owner.put(f"{place.path}/ttl", {"ttl_ms": (60 + number) * 60_000}, want=204)
    await place.rename("last")


async def test_a_stalled_reader_delays_nobody_and_ends_with_the_newest_state(place: Place) -> None:
    await _lengthen(place)
    async with events(place.owner, f"{place.path}/watch", buffer=4096) as stalled, events(place.owner, f"{place.path}/watch") as quick:
        assert (await stalled.next()).kind == "ping"
        await data(quick)
        changing = asyncio.create_task(_change(place))
        while (await data(quick)).data["name"] != "last":
            pass
        await changing
        taken = 1
        while (await data(stalled)).data["name"] != "last":
            taken += 1
        assert taken < CHANGES // 2, "the stalled reader was sent nearly every state"


async def test_a_stalled_websocket_ends_with_the_newest_state(place: Place) -> None:
    async with messages(place.owner, f"{place.path}/watch-ws") as stalled, messages(place.owner, f"{place.path}/watch-ws") as quick:
        await data(stalled), await data(quick)
        await _change(place)
        for stream in (quick, stalled):
            while (await data(stream)).data["name"] != "last":
                pass


async def test_a_reader_that_leaves_is_forgotten(place: Place) -> None:
    hub = place.ledger.services.hub
    async with events(place.owner, f"{place.path}/watch") as stream, events(place.owner, "/workspaces/watch") as rows:
        await data(stream), await data(rows)
        assert set(hub.watched) == {place.id}
        assert len(hub.groups.subscriptions()) == 1
    async with asyncio.timeout(30):
        while hub.watched or hub.groups.subscriptions():
            await asyncio.sleep(0.01)


async def test_streams_end_cleanly_when_the_service_stops(place: Place) -> None:
    async with (
        events(place.owner, f"{place.path}/watch") as one,
        messages(place.owner, f"{place.path}/watch-ws") as two,
        events(place.owner, "/workspaces/watch") as three,
        messages(place.owner, "/workspaces/watch-ws") as four,
    ):
        for stream in (one, two, three, four):
            await data(stream)
        place.ledger.services.hub.close()
        ends = [await _end(stream) for stream in (one, two, three, four)]
        assert ends == ["the service is stopping", 1001, "the service is stopping", 1001]


async def _end(stream) -> object:  # type: ignore[no-untyped-def]
    try:
        frame = await stream.next()
    except Ended as end:
        return end.how
    raise AssertionError(f"unexpected {frame}")
