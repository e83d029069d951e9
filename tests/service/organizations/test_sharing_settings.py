"""Whose workspaces may be shared (contract/authorization.md 11)."""

from __future__ import annotations

import pytest

from domain.kernel.context import Context
from domain.kernel.events import Actor
from domain.organizations.commands import SetWorkspaceSharing
from domain.organizations.events import WorkspaceSharingSet
from domain.roles.policy import compile_subject
from domain.workspaces.events import WorkspaceACLCleared
from tests.support.api import Ledger
from tests.support.spec import context
from tests.support.workspaces import publish, workspace

SHARING = "/organizations/default/settings/workspace-sharing"


async def test_everyone_shares_to_begin_with(ledger: Ledger) -> None:
    member = await ledger.person()
    assert (await member.get(SHARING, want=200)).json == {
        "sharing_globally_disabled": False,
        "sharing_disabled": False,
        "shareable_workspace_owners": "everyone",
    }


@pytest.mark.parametrize(
    ("body", "owners"),
    [
        ({"shareable_workspace_owners": "none"}, "none"),
        ({"shareable_workspace_owners": "service_accounts"}, "service_accounts"),
        ({"shareable_workspace_owners": "everyone", "sharing_disabled": True}, "everyone"),
        ({"sharing_disabled": True}, "none"),
        ({"sharing_disabled": False}, "everyone"),
    ],
)
async def test_the_mode_wins_over_the_switch(ledger: Ledger, body: dict[str, object], owners: str) -> None:
    admin = await ledger.admin()
    changed = (await admin.patch(SHARING, body, want=200)).json
    assert changed == {
        "sharing_globally_disabled": False,
        "sharing_disabled": owners == "none",
        "shareable_workspace_owners": owners,
    }
    assert (await admin.get(SHARING, want=200)).json == changed


async def test_who_may_not_change_it(ledger: Ledger) -> None:
    admin, member = await ledger.admin(), await ledger.person()
    assert (await member.patch(SHARING, {"sharing_disabled": True})).status == 403
    refused = (await admin.patch(SHARING, {"shareable_workspace_owners": "friends"}, want=400)).json
    assert [v["field"] for v in refused["validations"]] == ["shareable_workspace_owners"]


async def test_where_nobody_shares_members_do_not_see_each_other(ledger: Ledger) -> None:
    admin, member = await ledger.admin(), await ledger.person()
    assert len((await member.get("/organizations/default/members", want=200)).json) == 2
    await admin.patch(SHARING, {"sharing_disabled": True}, want=200)
    (row,) = (await member.get("/organizations/default/members", want=200)).json
    assert row["user_id"] == member.user["id"]
    assert (await member.get("/organizations/default/paginated-members")).status == 404
    assert (await member.get("/organizations/default/members/admin")).status == 404
    own = {"resource_type": "workspace", "organization_id": await ledger.organization_id(), "owner_id": "me"}
    check = {"checks": {"share": {"object": own, "action": "share"}}}
    assert (await member.post("/authcheck", check, want=200)).json == {"share": False}


async def test_access_lists_go_with_the_mode_some_at_once_and_the_rest_when_it_is_asked_for_again(ledger: Ledger) -> None:
    admin, organization_id = await ledger.admin(), await ledger.organization_id()
    owner, friend = await ledger.person(), await ledger.person()
    template_id = await publish(admin, organization_id)
    ids = [await workspace(owner, template_id, f"shared{n}") for n in range(3)]
    for id in ids:
        await owner.patch(f"/workspaces/{id}/acl", {"user_roles": {friend.user["id"]: "use"}}, want=204)

    deployment_owner = compile_subject(admin.user["id"], ["owner"], {})
    command = SetWorkspaceSharing(organization_id, "none", deployment_owner, withdrawn_at_once=1)
    by_admin = Context(Actor("user", admin.user["id"]), context().time, context().correlation_id)
    outcome = await ledger.services.bus.execute(command, by_admin)
    assert [type(recorded.event) for recorded in outcome.events] == [WorkspaceSharingSet, WorkspaceACLCleared]

    await admin.patch(SHARING, {"sharing_disabled": True}, want=200)
    for id in ids:
        assert (await owner.get(f"/workspaces/{id}/acl", want=200)).json == {"users": [], "group": []}
        assert (await friend.get(f"/workspaces/{id}")).status == 404
    refused = (await owner.patch(f"/workspaces/{ids[0]}/acl", {"user_roles": {friend.user["id"]: "use"}}, want=403)).json
    assert refused["message"] == "Workspace sharing is disabled for this organization."
    await admin.patch(SHARING, {"sharing_disabled": False}, want=200)
    assert (await owner.get(f"/workspaces/{ids[0]}/acl", want=200)).json == {"users": [], "group": []}
