"""Organizations over HTTP (contract/identity.md 6)."""

from __future__ import annotations

import pytest

from tests.support.api import Client, Ledger

NOT_FOUND = {"message": "Resource not found or you do not have access to this resource"}


async def found(admin: Client, name: str = "acme", **settings: str) -> dict[str, object]:
    created: dict[str, object] = (await admin.post("/organizations", {"name": name, **settings}, want=201)).json
    return created


async def test_an_organization_begins_with_its_founder(ledger: Ledger) -> None:
    admin = await ledger.admin()
    created = await found(admin, description="Makes things", icon="/i.svg")
    assert created | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "name": "acme",
        "display_name": "acme",
        "icon": "/i.svg",
        "description": "Makes things",
        "created_at": "",
        "updated_at": "",
        "is_default": False,
        "default_org_member_roles": ["organization-workspace-access"],
    }
    assert [o["name"] for o in (await admin.get("/organizations", want=200)).json] == ["acme", "coder"]
    (member,) = (await admin.get("/organizations/acme/members", want=200)).json
    assert (member["user_id"], member["roles"]) == (admin.user["id"], [])
    (everyone,) = (await admin.get("/organizations/acme/groups", want=200)).json
    assert (everyone["id"], everyone["name"], everyone["total_member_count"]) == (created["id"], "Everyone", 1)


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        ({}, 400, ["name"]),
        ({"name": "a_b"}, 400, ["name"]),
        ({"name": "default"}, 400, ["name"]),
        ({"name": "CODER"}, 409, ["name"]),
        ({"name": "ok", "display_name": " x"}, 400, ["display_name"]),
    ],
)
async def test_organizations_that_cannot_be(ledger: Ledger, body: dict[str, str], status: int, fields: list[str]) -> None:
    refused = (await (await ledger.admin()).post("/organizations", body, want=status)).json
    assert [v["field"] for v in refused["validations"]] == fields


async def test_only_owners_found_and_only_admins_change(ledger: Ledger) -> None:
    member = await ledger.person()
    assert (await member.post("/organizations", {"name": "mine"})).status == 403
    assert (await member.patch("/organizations/default", {"display_name": "Mine"})).json == NOT_FOUND
    assert (await member.delete("/organizations/default")).status == 400


async def test_settings_change_one_by_one_and_names_move(ledger: Ledger) -> None:
    admin = await ledger.admin()
    id = (await found(admin, description="Makes things"))["id"]
    changed = (await admin.patch(f"/organizations/{id}", {"name": "apex", "description": ""}, want=200)).json
    assert (changed["name"], changed["display_name"], changed["description"]) == ("apex", "acme", "")
    assert (await admin.get("/organizations/acme")).json == NOT_FOUND
    assert (await admin.get("/organizations/APEX", want=200)).json == changed
    await found(admin, "acme")
    assert (await admin.patch("/organizations/acme", {"name": "Apex"})).status == 409
    assert (await admin.patch("/organizations/acme", {"default_org_member_roles": []})).status == 403
    assert (await admin.patch("/organizations/acme", {"name": "default"})).status == 400


async def test_an_organization_is_closed_when_it_is_empty(ledger: Ledger) -> None:
    admin = await ledger.admin()
    person = await ledger.person()
    await found(admin)
    await admin.post(f"/organizations/acme/members/{person.user['id']}", want=200)
    group = (await admin.post("/organizations/acme/groups", {"name": "devs"}, want=201)).json
    refused = (await admin.delete("/organizations/acme", want=409)).json
    assert refused["message"] == "Error deleting organization."
    assert refused["detail"] == "This organization has 1 group, 1 member that must be deleted first."
    await admin.delete(f"/groups/{group['id']}", want=200)
    await admin.delete(f"/organizations/acme/members/{person.user['id']}", want=204)
    assert (await admin.delete("/organizations/acme", want=200)).json == {"message": "Organization has been deleted."}
    assert (await admin.get("/organizations/acme")).status == 404
    assert (await admin.get("/users/me", want=200)).json["organization_ids"] == [await ledger.organization_id()]
    await found(admin)


async def test_the_default_organization_stays(ledger: Ledger) -> None:
    refused = (await (await ledger.admin()).delete("/organizations/default", want=400)).json
    assert refused["message"] == "Default organization cannot be deleted."


async def test_members_join_leave_and_are_counted(ledger: Ledger) -> None:
    admin = await ledger.admin()
    person = await ledger.person(name="pat")
    await found(admin)
    added = (await admin.post("/organizations/acme/members/pat", want=200)).json
    assert set(added) == {"user_id", "organization_id", "created_at", "updated_at", "roles"}
    assert (await admin.post("/organizations/acme/members/pat", want=400)).json["message"] == "User is already an organization member"
    assert [o["name"] for o in (await person.get("/users/me/organizations", want=200)).json] == ["acme", "coder"]
    assert (await admin.get("/organizations/acme/paginated-members", want=200)).json["count"] == 2
    assert (await admin.delete("/organizations/acme/members/me", want=400)).json["message"] == "cannot remove self from an organization"
    await admin.delete("/organizations/acme/members/pat", want=204)
    assert (await person.get("/organizations/acme")).json == NOT_FOUND
    assert (await admin.delete("/organizations/acme/members/pat")).json == NOT_FOUND


async def test_a_quota_is_unlimited(ledger: Ledger) -> None:
    admin, person = await ledger.admin(), await ledger.person(name="pat")
    for path in ("/organizations/default/members/pat/workspace-quota", "/workspace-quota/pat"):
        assert (await admin.get(path, want=200)).json == {"credits_consumed": 0, "budget": -1}
    assert (await person.get("/workspace-quota/admin")).status == 404
