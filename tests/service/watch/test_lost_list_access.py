"""A list that is watched follows the reader's rights within a second: rows go when rights go, and the stream with the reader."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import orjson
import pytest

from tests.service.watch.conftest import Place
from tests.service.watch.losses import SECONDS, Loss, deleted, organization_of, signed_out, suspended
from tests.support.api import Client
from tests.support.watching import data, until_end, watching

both = pytest.mark.parametrize("how", ["sse", "ws"])


async def _member(place: Place) -> str:
    return f"/organizations/{await organization_of(place)}/members/{place.friend.user['id']}"


async def _password_reset(place: Place) -> None:
    await place.admin.put(f"/users/{place.friend.user['id']}/password", {"password": "Another-Horse-43-Battery"}, want=204)


@both
@pytest.mark.parametrize("lose", [signed_out, suspended, deleted, _password_reset], ids=lambda f: f.__name__.lstrip("_"))
async def test_who_may_no_longer_come_in_is_cut_off(place: Place, how: str, lose: Loss) -> None:
    await place.share()
    await _is_cut_off(place, place.friend, how, lose)


@both
async def test_a_deleted_token_is_cut_off(place: Place, how: str) -> None:
    await place.share()
    key = (await place.friend.post("/users/me/keys/tokens", {}, want=201)).json["key"]
    await _is_cut_off(place, replace(place.friend, token=key), how, lambda p: p.friend.delete(f"/users/me/keys/{key[:10]}", want=204))


@both
async def test_an_expired_token_is_cut_off(place: Place, how: str) -> None:
    await place.share()
    key = (await place.friend.post("/users/me/keys/tokens", {}, want=201)).json["key"]
    await _is_cut_off(place, replace(place.friend, token=key), how, lambda p: p.friend.put(f"/users/me/keys/{key[:10]}/expire", want=204))


@both
async def test_what_is_no_longer_shared_goes(place: Place, how: str) -> None:
    await place.share()
    await _row_goes(place, how, lambda p: p.owner.delete(f"{p.path}/acl", want=204))


@both
async def test_what_a_site_role_showed_goes_with_it(place: Place, how: str) -> None:
    path = f"/users/{place.friend.user['id']}/roles"
    await place.admin.put(path, {"roles": ["template-admin"]}, want=200)
    await _row_goes(place, how, lambda p: p.admin.put(path, {"roles": []}, want=200))


@both
async def test_what_an_organization_role_showed_goes_with_it(place: Place, how: str) -> None:
    path = f"{await _member(place)}/roles"
    await place.admin.put(path, {"roles": ["organization-admin"]}, want=200)
    await _row_goes(place, how, lambda p: p.admin.put(path, {"roles": []}, want=200))


@both
async def test_what_a_custom_role_showed_goes_with_what_it_gives(place: Place, how: str) -> None:
    member = await _member(place)
    roles = member.rpartition("/")[0] + "/roles"
    reading = {"negate": False, "resource_type": "workspace", "action": "read"}
    await place.admin.post(roles, {"name": "reader", "display_name": "Reader", "organization_permissions": [reading]}, want=200)
    await place.admin.put(f"{member}/roles", {"roles": ["reader"]}, want=200)
    await _row_goes(place, how, lambda p: p.admin.put(roles, {"name": "reader", "display_name": "Reader"}, want=200))


@both
async def test_what_a_group_showed_goes_with_the_membership(place: Place, how: str) -> None:
    member = await _member(place)
    group = (await place.admin.post(member.partition("/members")[0] + "/groups", {"name": "friends"}, want=201)).json
    await place.admin.patch(f"/groups/{group['id']}", {"add_users": [place.friend.user["id"]]}, want=200)
    await place.owner.patch(f"{place.path}/acl", {"group_roles": {group["id"]: "use"}}, want=204)
    leaving = {"remove_users": [place.friend.user["id"]]}
    await _row_goes(place, how, lambda p: p.admin.patch(f"/groups/{group['id']}", leaving, want=200))


async def _is_cut_off(place: Place, reader: Client, how: str, lose: Loss) -> None:
    async with watching(reader, "/workspaces/watch", how) as stream:
        assert len((await data(stream)).data["workspaces"]) == 1
        await lose(place)
        await place.rename("secret")
        frames, end = await until_end(stream, SECONDS)
        assert frames[-1].kind == "error", frames
        assert b"secret" not in orjson.dumps([frame.data for frame in frames])
        assert end == ("" if how == "sse" else 1008)


async def _row_goes(place: Place, how: str, lose: Loss) -> None:
    async with watching(place.friend, "/workspaces/watch", how) as stream:
        assert [row["id"] for row in (await data(stream)).data["workspaces"]] == [place.id]
        await lose(place)
        await place.rename("secret")
        async with asyncio.timeout(SECONDS):
            frame = await data(stream)
        assert (frame.data["kind"], frame.data.get("workspace_id")) == ("removed", place.id)
        await place.share()
        again = await data(stream)
        assert (again.data["kind"], again.data["workspace"]["name"]) == ("added", "secret")
