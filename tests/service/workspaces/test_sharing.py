"""Sharing over HTTP: what a grant gives, and what it does not (contract/workspaces.md 7)."""

from __future__ import annotations

from tests.service.workspaces.conftest import Yard

GHOST = "99999999-1111-4222-8333-444444444444"


async def test_a_grant_gives_sight_at_once_and_its_end_takes_it(yard: Yard) -> None:
    made, bob = await yard.create("dev"), await yard.ledger.person(name="bob")
    path = f"/workspaces/{made['id']}"
    await bob.get(path, want=404)
    await yard.ann.patch(f"{path}/acl", {"user_roles": {bob.user["id"].upper(): "use"}}, want=204)
    assert (await bob.get(path, want=200)).json["shared_with"][0]["roles"] == ["use"]
    assert (await bob.get("/workspaces", want=200)).json["count"] == 1
    assert (await bob.get(f"{path}/acl", want=200)).json["users"] == [{"id": bob.user["id"], "username": "bob", "role": "use"}]
    await bob.put(f"{path}/ttl", {"ttl_ms": None}, want=403)
    await yard.ann.delete(f"{path}/acl", want=204)
    await bob.get(path, want=404)


async def test_a_dormant_workspace_is_shared_with_nobody_but_listed(yard: Yard) -> None:
    made, bob = await yard.create("dev"), await yard.ledger.person(name="bob")
    path = f"/workspaces/{made['id']}"
    await yard.ann.patch(f"{path}/acl", {"user_roles": {bob.user["id"]: "admin"}}, want=204)
    await bob.put(f"{path}/dormant", {"dormant": True}, want=200)
    await bob.get(path, want=404)
    assert (await bob.get("/workspaces", want=200)).json["count"] == 1
    await yard.ann.patch(f"{path}/acl", {}, want=403)


async def test_a_bad_request_changes_nothing(yard: Yard) -> None:
    path = f"/workspaces/{(await yard.create('dev'))['id']}/acl"
    both = {"user_roles": {GHOST: "use"}, "group_roles": {GHOST: "use"}}
    for body, fields in ((both, ["group_roles", "user_roles"]), ({"user_roles": {"nope": "boss"}}, ["user_roles", "user_roles"])):
        answer = await yard.ann.patch(path, body, want=400)
        assert [v["field"] for v in answer.json["validations"]] == fields
    assert (await yard.ann.get(path, want=200)).json == {"users": [], "group": []}


async def test_nobody_changes_an_own_entry_but_administrators(yard: Yard) -> None:
    path = f"/workspaces/{(await yard.create('dev'))['id']}/acl"
    answer = await yard.ann.patch(path, {"user_roles": {yard.ann.user["id"]: "use"}}, want=400)
    assert answer.json["message"].startswith("You cannot change your own workspace sharing role")
    await yard.admin.patch(path, {"user_roles": {yard.admin.user["id"]: "use"}}, want=204)
