"""A list, watched: the snapshot, then what comes, changes and goes, by change of a row or of what its reader may see."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.service.watch.conftest import Place
from tests.support.api import Client
from tests.support.queries import recorded_statements
from tests.support.watching import Frame, Reader, data, events, quiet, unless_ping, watching

both = pytest.mark.parametrize("how", ["sse", "ws"])


def told(frame: Frame) -> tuple[str, str]:
    """Kind and row of a frame."""
    return frame.data["kind"], frame.data.get("workspace_id") or frame.data["workspace"]["id"]


async def listed(client: Client, q: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/workspaces?q={q}", want=200)).json["workspaces"]
    return found


@both
async def test_the_snapshot_is_the_list_in_its_order(place: Place, how: str) -> None:
    for name in ("beta", "alpha"):
        await place.another(name)
    await place.owner.put(f"{place.path}/favorite", want=204)
    async with watching(place.owner, "/workspaces/watch", how) as stream:
        snapshot = (await data(stream)).data
    assert snapshot["kind"] == "snapshot"
    assert snapshot["workspaces"] == await listed(place.owner)
    assert [w["name"] for w in snapshot["workspaces"]] == ["watched", "alpha", "beta"]
    assert snapshot["count"] == 3


@both
async def test_a_row_comes_changes_and_goes(place: Place, how: str) -> None:
    async with watching(place.owner, "/workspaces/watch?q=name:special", how) as stream:
        assert (await data(stream)).data["workspaces"] == []
        await place.rename("special")
        assert told(await data(stream)) == ("added", place.id)
        await place.rename("special-too")
        changed = await data(stream)
        assert told(changed) == ("changed", place.id)
        assert changed.data["workspace"] == (await place.owner.get(place.path, want=200)).json
        await place.rename("ordinary")
        assert told(await data(stream)) == ("removed", place.id)
        await place.rename("ordinary-too")
        await quiet(stream)


@both
async def test_without_a_snapshot_only_changes_are_sent(place: Place, how: str) -> None:
    async with watching(place.owner, "/workspaces/watch?snapshot=false", how) as stream:
        await quiet(stream)
        await place.rename("renamed")
        assert told(await data(stream)) == ("changed", place.id)


async def test_sharing_makes_a_row_appear_and_disappear(place: Place) -> None:
    async with events(place.friend, "/workspaces/watch") as stream:
        assert (await data(stream)).data["count"] == 0
        await place.share()
        assert told(await data(stream)) == ("added", place.id)
        await place.owner.delete(f"{place.path}/acl", want=204)
        assert told(await data(stream)) == ("removed", place.id)
        await place.rename("secret")
        await quiet(stream)


async def test_a_role_makes_rows_appear_and_its_loss_takes_them_back(place: Place) -> None:
    path = f"/users/{place.friend.user['id']}/roles"
    async with events(place.friend, "/workspaces/watch") as stream:
        assert (await data(stream)).data["count"] == 0
        await place.admin.put(path, {"roles": ["auditor", "template-admin"]}, want=200)
        assert told(await data(stream)) == ("added", place.id)
        await place.rename("seen")
        assert (await data(stream)).data["workspace"]["name"] == "seen"
        await place.admin.put(path, {"roles": []}, want=200)
        await place.rename("secret")
        assert told(await data(stream)) == ("removed", place.id)
        await quiet(stream)


async def test_rows_of_a_template_that_may_no_longer_be_read_are_taken_back(place: Place) -> None:
    organization_id = (await place.admin.get("/organizations/default", want=200)).json["id"]
    acl = f"/templates/{place.template_id}/acl"
    async with events(place.owner, "/workspaces/watch?q=owner:me") as stream:
        await data(stream)
        await place.admin.patch(acl, {"group_perms": {organization_id: ""}}, want=200)
        assert told(await data(stream)) == ("removed", place.id)
        await place.admin.patch(acl, {"group_perms": {organization_id: "use"}}, want=200)
        assert told(await data(stream)) == ("added", place.id)


async def test_a_reader_who_is_signed_out_is_cut_off(place: Place) -> None:
    async with events(place.owner, "/workspaces/watch") as stream:
        await data(stream)
        await place.owner.post("/users/logout", want=200)
        assert (await unless_ping(stream)).kind == "error"


async def test_a_resumed_client_is_sent_what_changed_and_what_to_take_back(place: Place) -> None:
    kept, left = await place.another("tag-kept"), await place.another("tag-left")
    async with events(place.owner, "/workspaces/watch?q=name:tag") as stream:
        position = (await data(stream)).id
    await place.owner.patch(f"/workspaces/{left}", {"name": "gone"}, want=204)
    await place.rename("tag-came")
    async with events(place.owner, "/workspaces/watch?q=name:tag", last_event_id=position) as stream:
        frames = [await data(stream), await data(stream)]
        assert [told(frame) for frame in frames] == [("removed", left), ("changed", place.id)]
        await quiet(stream)
        await place.owner.put(f"/workspaces/{kept}/ttl", {"ttl_ms": 3_600_000}, want=204)
        assert told(await data(stream)) == ("changed", kept)


async def test_only_what_the_reader_could_once_see_is_taken_back(place: Place) -> None:
    hidden = await place.another("hidden")
    await place.share()
    async with events(place.friend, "/workspaces/watch") as stream:
        position = (await data(stream)).id
    await place.owner.delete(f"{place.path}/acl", want=204)
    await place.owner.patch(f"/workspaces/{hidden}", {"name": "still-hidden"}, want=204)
    async with events(place.friend, "/workspaces/watch", last_event_id=position) as stream:
        assert told(await data(stream)) == ("removed", place.id)
        await quiet(stream)


async def test_a_reader_whose_rights_changed_while_away_is_given_the_list_anew(place: Place) -> None:
    path = f"/users/{place.friend.user['id']}/roles"
    await place.admin.put(path, {"roles": ["template-admin"]}, want=200)
    async with events(place.friend, "/workspaces/watch") as stream:
        first = await data(stream)
        assert first.data["count"] == 1
    await place.admin.put(path, {"roles": []}, want=200)
    async with events(place.friend, "/workspaces/watch", last_event_id=first.id) as stream:
        assert (await data(stream)).data["workspaces"] == []


async def test_every_frame_of_one_events_rows_is_a_safe_place_to_resume(place: Place) -> None:
    ids = {place.id, *[await place.another(f"w{number}") for number in range(3)]}
    start = place.ledger.services.positions.current
    await place.admin.patch(f"/templates/{place.template_id}", {"display_name": "Renamed"}, want=200)
    for cut in range(1, len(ids) + 1):
        seen, last = set(), start
        async with events(place.owner, "/workspaces/watch", last_event_id=start) as stream:
            for _ in range(cut):
                frame = await data(stream)
                seen.add(told(frame)[1])
                last = frame.data["position"]
        async with events(place.owner, "/workspaces/watch", last_event_id=last) as stream:
            while seen != ids:
                seen.add(told(await data(stream))[1])


async def test_a_change_costs_one_statement_for_all_who_ask_the_same(place: Place) -> None:
    async with AsyncExitStack() as stack:
        streams: list[Reader] = []
        for _ in range(5):
            streams.append(await stack.enter_async_context(events(place.owner, "/workspaces/watch?q=name:watched")))
        for _ in range(3):
            streams.append(await stack.enter_async_context(events(place.friend, "/workspaces/watch?q=name:watched")))
        for stream in streams:
            await data(stream)
        with recorded_statements(place.ledger.services.pool) as statements:
            await place.owner.put(f"{place.path}/ttl", {"ttl_ms": 3_600_000}, want=204)
            for stream in streams[:5]:
                assert told(await data(stream)) == ("changed", place.id)
        assert len([s for s in statements if "FROM workspaces w LEFT JOIN templates" in s]) == 1


async def test_a_plain_list_costs_no_statement(place: Place) -> None:
    async with events(place.owner, "/workspaces/watch?q=owner:me") as stream:
        await data(stream)
        with recorded_statements(place.ledger.services.pool) as statements:
            await place.owner.put(f"{place.path}/ttl", {"ttl_ms": 3_600_000}, want=204)
            assert told(await data(stream)) == ("changed", place.id)
        assert not [s for s in statements if "FROM workspaces w LEFT JOIN templates" in s]


async def test_a_copy_kept_by_frames_equals_the_list_after_many_changes(place: Place) -> None:
    ids = [place.id, *[await place.another(f"w{number}") for number in range(3)]]

    async def change(id: str, offset: int) -> None:
        for number in range(12):
            await place.owner.patch(f"/workspaces/{id}", {"name": f"{'tag' if number % 3 else 'other'}-{offset}-{number}"}, want=204)

    async with events(place.owner, "/workspaces/watch?q=name:tag") as stream:
        rows = {w["id"]: w for w in (await data(stream)).data["workspaces"]}
        await asyncio.gather(*(change(id, offset) for offset, id in enumerate(ids)))
        want = {w["id"]: w for w in await listed(place.owner, "name:tag")}
        while rows != want:
            frame = await data(stream)
            kind, id = told(frame)
            if kind == "removed":
                del rows[id]
            else:
                assert (kind == "changed") == (id in rows)
                rows[id] = frame.data["workspace"]
        await quiet(stream)
