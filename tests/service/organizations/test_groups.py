"""Groups over HTTP (contract/identity.md 8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Client, Ledger

GROUPS = "/organizations/default/groups"


async def make(admin: Client, name: str = "devs", *people: Client) -> dict[str, Any]:
    group: dict[str, Any] = (await admin.post(GROUPS, {"name": name, "quota_allowance": 3}, want=201)).json
    if people:
        body = {"add_users": [person.user["id"] for person in people]}
        group = (await admin.patch(f"/groups/{group['id']}", body, want=200)).json
    return group


def usernames(group: dict[str, Any]) -> list[str]:
    return [member["username"] for member in group["members"]]


async def test_a_group_begins_empty(ledger: Ledger) -> None:
    admin = await ledger.admin()
    group = await make(admin)
    assert group == {
        "id": group["id"],
        "name": "devs",
        "display_name": "",
        "organization_id": await ledger.organization_id(),
        "members": [],
        "total_member_count": 0,
        "avatar_url": "",
        "quota_allowance": 3,
        "source": "user",
        "organization_name": "coder",
        "organization_display_name": "Coder",
    }
    assert (await admin.get(f"{GROUPS}/devs", want=200)).json == group
    assert (await admin.get(f"/groups/{group['id']}/members", want=200)).json == {"users": None, "count": 0}


async def test_members_see_only_themselves_but_the_whole_number(ledger: Ledger) -> None:
    admin, ann, bob = await ledger.admin(), await ledger.person(name="ann"), await ledger.person(name="bob")
    group = await make(admin, "devs", ann, bob)
    assert usernames(group) == ["ann", "bob"]
    assert set(group["members"][0]) >= {"id", "email", "status"}
    assert not {"roles", "organization_ids", "has_ai_seat"} & set(group["members"][0])
    seen = (await ann.get(f"/groups/{group['id']}", want=200)).json
    assert (usernames(seen), seen["total_member_count"]) == (["ann"], 2)
    page = (await ann.get(f"/groups/{group['id']}/members", want=200)).json
    assert ([user["username"] for user in page["users"]], page["count"]) == (["ann"], 1)
    bare = (await ann.get(f"/groups/{group['id']}?exclude_members=true", want=200)).json
    assert (bare["members"], bare["total_member_count"]) == ([], 2)


async def test_people_leave_with_the_organization_and_come_back_without_it(ledger: Ledger) -> None:
    admin, ann = await ledger.admin(), await ledger.person(name="ann")
    group = await make(admin, "devs", ann)
    await admin.delete("/organizations/default/members/ann", want=204)
    await admin.post("/organizations/default/members/ann", want=200)
    assert usernames((await admin.get(f"/groups/{group['id']}", want=200)).json) == []
    body = {"add_users": [ann.user["id"]]}
    assert usernames((await admin.patch(f"/groups/{group['id']}", body, want=200)).json) == ["ann"]
    refused = (await admin.patch(f"/groups/{group['id']}", body, want=400)).json
    assert refused["message"] == "Cannot add the same user to a group twice!"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "Everyone"}, 400),
        ({"name": "ops"}, 409),
        ({"name": "a_b"}, 400),
        ({"add_users": ["x"]}, 400),
        ({"add_users": ["99999999-1111-4222-8333-444444444444"]}, 400),
        ({"quota_allowance": 2**31}, 400),
    ],
)
async def test_changes_that_are_refused_change_nothing(ledger: Ledger, body: dict[str, Any], status: int) -> None:
    admin = await ledger.admin()
    await make(admin, "ops")
    group = await make(admin)
    assert (await admin.patch(f"/groups/{group['id']}", {"display_name": "New", **body})).status == status
    assert (await admin.get(f"/groups/{group['id']}", want=200)).json == group


async def test_everyone_has_a_quota_and_nothing_else_to_change(ledger: Ledger) -> None:
    admin, organization_id = await ledger.admin(), await ledger.organization_id()
    changed = (await admin.patch(f"/groups/{organization_id}", {"quota_allowance": 9}, want=200)).json
    assert (changed["name"], changed["quota_allowance"], usernames(changed)) == ("Everyone", 9, ["admin"])
    assert (await admin.patch(f"/groups/{organization_id}", {"name": "all"})).status == 400
    assert (await admin.patch(f"/groups/{organization_id}", {"add_users": [admin.user["id"]]})).status == 403
    assert (await admin.delete(f"/groups/{organization_id}")).status == 400


async def test_lists_narrow_and_refuse_what_they_do_not_know(ledger: Ledger) -> None:
    admin, ann = await ledger.admin(), await ledger.person(name="ann")
    group = await make(admin, "devs", ann)

    async def names(query: str) -> list[str]:
        return [row["name"] for row in (await admin.get(f"/groups{query}", want=200)).json]

    assert await names("") == ["devs", "Everyone"]
    assert await names("?organization=coder&has_member=ann") == ["devs", "Everyone"]
    assert await names("?has_member=me") == ["Everyone"]
    assert await names(f"?group_ids={group['id']}") == ["devs"]
    for query in ("?organization=nobody", "?has_member=nobody", "?group_ids=x", "?nonsense=1"):
        assert (await admin.get(f"/groups{query}")).status == 400


async def test_who_may_do_what(ledger: Ledger) -> None:
    admin, member = await ledger.admin(), await ledger.person()
    group = await make(admin)
    assert (await member.post(GROUPS, {"name": "mine"})).status == 403
    assert (await member.patch(f"/groups/{group['id']}", {"display_name": "x"})).status == 400
    assert (await member.delete(f"/groups/{group['id']}")).status == 403
    assert (await member.get("/groups/not-a-uuid")).status == 400
    assert (await admin.delete(f"/groups/{group['id']}", want=200)).json == {"message": "Successfully deleted group!"}
    assert (await admin.get(f"/groups/{group['id']}")).status == 404
    await make(admin)
