"""Who may no longer read is told so and cut off within a second, before anything that was changed afterwards."""

from __future__ import annotations

import orjson
import pytest

from tests.service.watch.conftest import Place
from tests.service.watch.losses import SECONDS, Loss, deleted, organization_of, signed_out, suspended
from tests.support.api import Client
from tests.support.watching import data, events, quiet, until_end, watching


async def _unshared(place: Place) -> None:
    await place.owner.delete(f"{place.path}/acl", want=204)


async def _dormant(place: Place) -> None:
    await place.owner.put(f"{place.path}/dormant", {"dormant": True}, want=200)


async def _template_withdrawn(place: Place) -> None:
    organization_id = await organization_of(place)
    body = {"group_perms": {organization_id: ""}}
    await place.admin.patch(f"/templates/{place.template_id}/acl", body, want=200)


_LOSSES = (_unshared, _dormant, signed_out, suspended, deleted, _template_withdrawn)


@pytest.mark.parametrize("how", ["sse", "ws"])
@pytest.mark.parametrize("lose", _LOSSES, ids=lambda f: f.__name__.lstrip("_"))
async def test_somebody_shared_with_is_cut_off(place: Place, how: str, lose: Loss) -> None:
    await place.share()
    await _is_cut_off(place, place.friend, how, lose)


@pytest.mark.parametrize("how", ["sse", "ws"])
async def test_a_deleted_token_is_cut_off(place: Place, how: str) -> None:
    key = (await place.owner.post("/users/me/keys/tokens", {"token_name": "watching"}, want=201)).json["key"]
    holder = Client(place.owner.session, place.owner.base, key)
    await _is_cut_off(place, holder, how, lambda p: p.owner.delete(f"/users/me/keys/{key.partition('-')[0]}", want=204))


@pytest.mark.parametrize("how", ["sse", "ws"])
async def test_a_withdrawn_site_role_is_cut_off(place: Place, how: str) -> None:
    path = f"/users/{place.friend.user['id']}/roles"
    await place.admin.put(path, {"roles": ["template-admin"]}, want=200)
    await _is_cut_off(place, place.friend, how, lambda p: p.admin.put(path, {"roles": []}, want=200))


@pytest.mark.parametrize("how", ["sse", "ws"])
async def test_a_withdrawn_organization_role_is_cut_off(place: Place, how: str) -> None:
    path = f"/organizations/{await organization_of(place)}/members/{place.friend.user['id']}/roles"
    await place.admin.put(path, {"roles": ["organization-admin"]}, want=200)
    await _is_cut_off(place, place.friend, how, lambda p: p.admin.put(path, {"roles": []}, want=200))


@pytest.mark.parametrize("how", ["sse", "ws"])
async def test_a_removed_member_is_cut_off(place: Place, how: str) -> None:
    organization_id = await organization_of(place)
    await place.owner.patch(f"{place.path}/acl", {"group_roles": {organization_id: "use"}}, want=204)
    member = f"/organizations/{organization_id}/members/{place.friend.user['id']}"
    await _is_cut_off(place, place.friend, how, lambda p: p.admin.delete(member, want=204))


async def test_rights_of_others_end_nobodys_stream(place: Place) -> None:
    await place.share()
    async with events(place.owner, f"{place.path}/watch") as stream:
        await data(stream)
        await suspended(place)
        await quiet(stream)
        await place.rename("renamed")
        assert (await data(stream)).data["name"] == "renamed"


async def test_a_reader_whose_rights_changed_but_not_over_this_workspace_goes_on(place: Place) -> None:
    async with events(place.owner, f"{place.path}/watch") as stream:
        await data(stream)
        await place.admin.put(f"/users/{place.owner.user['id']}/roles", {"roles": ["auditor"]}, want=200)
        await place.rename("renamed")
        assert (await data(stream)).data["name"] == "renamed"


async def _is_cut_off(place: Place, reader: Client, how: str, lose: Loss) -> None:
    async with watching(reader, f"{place.path}/watch", how) as stream:
        await data(stream)
        await lose(place)
        await place.rename("secret")
        frames, end = await until_end(stream, SECONDS)
        assert frames[-1].kind == "error", frames
        assert frames[-1].data["message"]
        assert b"secret" not in orjson.dumps([frame.data for frame in frames])
        assert end == ("" if how == "sse" else 1008)
