"""What the owner dropdown is for, from end to end: an organization's admin lets a member make workspaces for others."""

from __future__ import annotations

from typing import Any

from tests.service.workspaces.conftest import Yard
from tests.support.api import Answer, Client

NAME = "workspace-maker"
#: A new workspace is started (contract/workspaces.md 1.4).
MAKES = (("workspace", "create"), ("workspace", "start"))


async def _dropdown(yard: Yard, client: Client, q: str = "") -> Answer:
    return await client.get(f"/organizations/{yard.organization}/members/me/workspaces/available-users", params={"q": q, "limit": "25"})


async def _make(yard: Yard, client: Client, owner: str, name: str) -> Answer:
    body = {"name": name, "template_id": yard.template["id"]}
    return await client.post(f"/organizations/{yard.organization}/members/{owner}/workspaces", body)


async def _role(yard: Yard, boss: Client, *permissions: tuple[str, str], create: bool = False) -> Any:
    role = {
        "name": NAME,
        "display_name": "Workspace maker",
        "organization_permissions": [{"negate": False, "resource_type": kind, "action": action} for kind, action in permissions],
    }
    send = boss.post if create else boss.put
    return (await send(f"/organizations/{yard.organization}/members/roles", role, want=200)).json


async def test_a_member_makes_a_workspace_for_somebody_whom_they_picked(yard: Yard) -> None:
    boss = await yard.ledger.person(name="boss", org_roles=("organization-admin",))
    maker, other = await yard.ledger.person(name="maker"), await yard.ledger.person(name="other")
    assert [(await _dropdown(yard, maker)).status, (await _make(yard, maker, other.user["id"], "early")).status] == [403, 403]

    made = await _role(yard, boss, *MAKES, create=True)
    assert [(p["resource_type"], p["action"]) for p in made["organization_permissions"]] == list(MAKES)
    roles = f"/organizations/{yard.organization}/members/{maker.user['id']}/roles"
    await boss.put(roles, {"roles": [NAME]}, want=200)

    (picked,) = (await _dropdown(yard, maker, "OTH")).json
    assert picked == {"id": other.user["id"], "username": "other"}
    answer = await _make(yard, maker, picked["id"], "theirs")
    assert answer.status == 201, answer.raw
    workspace = answer.json
    assert (workspace["owner_id"], workspace["owner_name"]) == (other.user["id"], "other")
    assert (await other.get(f"/workspaces/{workspace['id']}", want=200)).json["name"] == "theirs"
    assert (await maker.get(f"/workspaces/{workspace['id']}")).status == 404, "making is not reading"
    assert (await maker.get(f"/users/{other.user['id']}")).status == 404, "picking is not reading"
    assert (await maker.get(f"/users/{maker.user['id']}", want=200)).json["email"] == "maker@example.com"

    await _role(yard, boss)  # the role is still held, but gives nothing
    assert [(await _dropdown(yard, maker)).status, (await _make(yard, maker, other.user["id"], "late")).status] == [403, 403]
    await _role(yard, boss, MAKES[0])  # whom it could be for is seen; a workspace that one may not start is not made
    assert [(await _dropdown(yard, maker)).status, (await _make(yard, maker, other.user["id"], "late")).status] == [200, 403]
    await boss.put(roles, {"roles": []}, want=200)
    assert [(await _dropdown(yard, maker)).status, (await _make(yard, maker, other.user["id"], "late")).status] == [403, 403]


async def test_what_a_site_owner_may_do_a_site_admin_of_people_may_not(yard: Yard) -> None:
    for role in ("user-admin", "template-admin", "auditor"):
        client = await yard.ledger.person(name=role, roles=(role,))
        assert (await _dropdown(yard, client)).status == 403, role
        assert (await _make(yard, client, yard.ann.user["id"], f"by-{role}")).status == 403, role
    banned = await yard.ledger.person(name="banned", org_roles=("organization-admin", "organization-workspace-creation-ban"))
    assert (await _dropdown(yard, banned)).status == 403
    assert (await _make(yard, banned, yard.ann.user["id"], "by-banned")).status == 403
    assert (await _dropdown(yard, yard.admin)).status == 200
    assert (await _make(yard, yard.admin, yard.ann.user["id"], "by-owner")).status == 201
