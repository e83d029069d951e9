"""The change that this project was started for: who may create workspaces for anybody may see whom (contract/authorization.md 1)."""

from __future__ import annotations

from tests.support.api import Client, Ledger

ROLES = "/organizations/default/members/roles"
AVAILABLE = "/organizations/default/members/me/workspaces/available-users"


async def make_role(admin: Client, name: str, *actions: str) -> None:
    permissions = [{"negate": False, "resource_type": "workspace", "action": action} for action in actions]
    await admin.post(ROLES, {"name": name, "display_name": name.title(), "organization_permissions": permissions}, want=200)


async def test_a_custom_role_opens_the_dropdown_and_nothing_else(ledger: Ledger) -> None:
    admin = await ledger.admin()
    organization_id = await ledger.organization_id()
    await make_role(admin, "creator", "create")
    plain = await ledger.person(name="plain")
    creator = await ledger.person(name="creator")
    assert (await creator.get(AVAILABLE)).status == 403

    path = f"/organizations/{organization_id}/members/{creator.user['id']}/roles"
    given = (await admin.put(path, {"roles": ["creator"]}, want=200)).json
    assert given["roles"] == [{"name": "creator", "display_name": "Creator", "organization_id": organization_id}]

    everybody = (await creator.get(AVAILABLE, want=200)).json
    assert everybody == [
        {"id": admin.user["id"], "username": "admin", "name": "Ada Admin"},
        {"id": creator.user["id"], "username": "creator"},
        {"id": plain.user["id"], "username": "plain"},
    ]
    assert (await creator.get(AVAILABLE + "?q=pla&limit=25", want=200)).json == everybody[2:]
    assert (await creator.get(f"/users/{plain.user['id']}")).status == 404
    assert (await plain.get(AVAILABLE)).status == 403

    check = {"object": {"resource_type": "workspace", "organization_id": organization_id, "owner_id": "*"}, "action": "create"}
    for client, may in ((creator, True), (plain, False), (admin, True)):
        assert (await client.post("/authcheck", {"checks": {"c": check}}, want=200)).json == {"c": may}

    await admin.delete(f"{ROLES}/creator", want=204)
    assert (await creator.get(AVAILABLE)).status == 403
    assert (await creator.get("/users/me/roles", want=200)).json["organization_roles"] == {organization_id: []}


async def test_the_dropdown_needs_a_membership_in_its_path(ledger: Ledger) -> None:
    admin = await ledger.admin()
    boss = await ledger.person(name="boss", roles=("owner",))
    await admin.delete(f"/organizations/default/members/{boss.user['id']}", want=204)
    assert (await boss.get(AVAILABLE)).status == 404
    assert (await boss.get("/organizations/default/members/admin/workspaces/available-users?limit=1", want=200)).json[0][
        "username"
    ] == "admin"


async def test_a_bad_query_is_refused_before_a_bad_page(ledger: Ledger) -> None:
    admin = await ledger.admin()
    refused = (await admin.get(AVAILABLE + "?q=nonsense:1&limit=x", want=400)).json
    assert refused["message"] == "Invalid user search query."
    refused = (await admin.get(AVAILABLE + "?limit=x", want=400)).json
    assert [v["field"] for v in refused["validations"]] == ["limit"]
