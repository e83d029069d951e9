"""Complete by construction: whatever is changed over HTTP has its entry, whatever is refused too, each with the status it was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.service.workspaces.conftest import Yard, until, yard
from tests.support.api import PASSWORD, Answer, Client
from tests.support.building import HANG

__all__ = ["yard"]

OTHER_PASSWORD = "Another-Horse-42-Battery"
NIL = "00000000-0000-0000-0000-000000000000"
ROLE = {"name": "r1", "display_name": "R", "site_permissions": [], "organization_permissions": [], "user_permissions": []}


@dataclass(slots=True)
class Walk:
    """Requests, each told from the others by its user agent, and what the auditor finds of them."""

    yard: Yard
    steps: int = 0
    wrong: list[str] = field(default_factory=list)
    last: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(
        self, who: Client, method: str, path: str, body: Any = None, *, status: int, leaves: str = "", also: Sequence[str] = ()
    ) -> Answer:
        """Ask, and compare: `leaves` ("user/write") is the entry with the answer's status, "" when there is to be none; `also` are
        those of other things that the change made."""
        self.steps += 1
        agent = f"step {self.steps}"
        answer = await who.request(method, path, body, headers={"User-Agent": agent}, want=status)
        page = (await self.yard.admin.get("/audit?limit=20", want=200)).json["audit_logs"]
        self.last = [entry for entry in page if entry["user_agent"] == agent]
        told = sorted(f"{e['resource_type']}/{e['action']}" for e in self.last)
        wanted = sorted([*([leaves] if leaves else []), *also])
        statuses = [e["status_code"] for e in self.last if f"{e['resource_type']}/{e['action']}" == leaves]
        if told != wanted or statuses != [status] * bool(leaves):
            self.wrong.append(f"{method} {path} {status}: {told} {statuses}, wanted {wanted}")
        for entry in self.last if status >= 400 else ():
            who_asked = entry["user"] and entry["user"]["id"]
            if entry["diff"] or entry["request_id"] == NIL or (who.user and who_asked != who.user["id"]):
                self.wrong.append(f"{method} {path}: {entry}")
        return answer

    @property
    def entry(self) -> dict[str, Any]:
        """The only entry of the last request."""
        (only,) = self.last
        return only


async def test_people_and_their_keys(yard: Yard) -> None:
    walk, admin, ann, ledger = Walk(yard), yard.admin, yard.ann, yard.ledger
    bob, auditor = await ledger.person(name="bob"), await ledger.person(name="aud", roles=("auditor",))
    eve = {"email": "eve@example.com", "username": "eve", "password": PASSWORD, "organization_ids": [yard.organization]}
    await walk(admin, "POST", "/users", eve, status=201, leaves="user/create", also=["organization_member/create"])
    await walk(admin, "POST", "/users", eve, status=409, leaves="user/create")
    assert walk.entry["resource_link"] == "", "what was never made is shown nowhere"
    await walk(ann, "POST", "/users", {**eve, "email": "x@example.com", "username": "x"}, status=403, leaves="user/create")
    path = f"/users/{bob.user['id']}"
    await walk(admin, "PUT", f"{path}/profile", {"username": "bobby", "name": ""}, status=200, leaves="user/write")
    await walk(admin, "PUT", f"{path}/profile", {"username": "ann", "name": ""}, status=409, leaves="user/write")
    await walk(admin, "PUT", f"{path}/status/suspend", status=200, leaves="user/write")
    sign_in = {"email": "bob@example.com", "password": PASSWORD}
    await walk(ledger.anonymous, "POST", "/users/login", sign_in, status=401, leaves="api_key/login")
    assert (walk.entry["user"]["username"], walk.entry["resource_id"]) == ("bobby", NIL)
    await walk(admin, "PUT", f"{path}/status/activate", status=200, leaves="user/write")
    await walk(admin, "PUT", f"{path}/roles", {"roles": ["template-admin"]}, status=200, leaves="user/write")
    await walk(admin, "PUT", f"{path}/roles", {"roles": ["nobody"]}, status=400, leaves="user/write")
    await walk(auditor, "PUT", f"{path}/roles", {"roles": []}, status=403, leaves="user/write")
    await walk(auditor, "PUT", f"{path}/password", {"password": OTHER_PASSWORD}, status=404, leaves="user/write")
    await walk(admin, "PUT", f"{path}/password", {"password": OTHER_PASSWORD}, status=204, leaves="user/write")
    await walk(ledger.anonymous, "POST", "/users/login", {**sign_in, "password": "no"}, status=401, leaves="api_key/login")
    await walk(ledger.anonymous, "POST", "/users/login", {**sign_in, "email": "no@example.com"}, status=401, leaves="api_key/login")
    assert walk.entry["user"] is None
    answer = await walk(
        ledger.anonymous, "POST", "/users/login", {**sign_in, "password": OTHER_PASSWORD}, status=201, leaves="api_key/login"
    )
    for address, told_of in (("bob@example.com", "bobby"), ("no@example.com", "")):
        await walk(ledger.anonymous, "POST", "/users/otp/request", {"email": address}, status=204, leaves="user/request_password_reset")
        assert (walk.entry["resource_target"], walk.entry["user"]) == (told_of, None)
        assert walk.entry["description"] == "password reset requested for {target}"
    bob = replace(bob, token=answer.json["session_token"])
    await walk(bob, "PUT", "/users/me/appearance", {"theme_preference": "dark"}, status=400, leaves="user/write")
    await walk(bob, "PUT", "/users/me/preferences", {"task_notification_alert_dismissed": True}, status=200, leaves="user/write")
    await walk(bob, "PUT", "/users/me/gitsshkey", status=200, leaves="git_ssh_key/write")
    conversion = {"to_type": "oidc", "password": OTHER_PASSWORD}
    await walk(bob, "POST", "/users/me/convert-login", conversion, status=400, leaves="convert_login/create")
    await walk(bob, "POST", "/users/me/convert-login", {**conversion, "password": "no"}, status=401, leaves="api_key/login")
    key = (await walk(bob, "POST", "/users/me/keys", status=201, leaves="api_key/create")).json["key"].split("-")[0]
    await walk(bob, "PUT", f"/users/me/keys/{key}/expire", status=204, leaves="api_key/write")
    await walk(bob, "PUT", f"/users/me/keys/{key}/expire", status=204)
    await walk(ann, "DELETE", f"/users/me/keys/{key}", status=404)
    await walk(bob, "DELETE", f"/users/me/keys/{key}", status=204, leaves="api_key/delete")
    await walk(bob, "POST", "/users/me/keys/tokens", {"token_name": "t"}, status=201, leaves="api_key/create")
    await walk(bob, "POST", "/users/me/keys/tokens", {"token_name": "t"}, status=409, leaves="api_key/create")
    await walk(auditor, "POST", f"{path}/keys/tokens", {}, status=403, leaves="api_key/create")
    application = {"scope": "application_connect"}
    await walk(bob, "POST", "/users/me/keys/tokens", application, status=201, leaves="api_key/create")
    await walk(bob, "POST", "/users/logout", status=200, leaves="api_key/logout", also=["api_key/delete"])
    await walk(admin, "DELETE", "/users/me", status=403, leaves="user/delete")
    await walk(admin, "DELETE", path, status=200, leaves="user/delete", also=["organization_member/delete"])
    assert {(entry["is_deleted"], entry["resource_link"]) for entry in walk.last} == {(True, "")}
    await walk(admin, "DELETE", f"{path}?erase=true", status=200, leaves="user/delete")
    assert walk.entry["additional_fields"] == {"erased": True}
    assert not walk.wrong, "\n".join(walk.wrong)


async def test_organizations_members_roles_and_groups(yard: Yard) -> None:
    walk, admin, ann, home = Walk(yard), yard.admin, yard.ann, f"/organizations/{yard.organization}"
    two = "/organizations/two"
    made = "organization/create"
    await walk(admin, "POST", "/organizations", {"name": "two"}, status=201, leaves=made, also=["organization_member/create"])
    await walk(admin, "POST", "/organizations", {"name": "two"}, status=409, leaves=made)
    await walk(ann, "POST", "/organizations", {"name": "three"}, status=403, leaves=made)
    await walk(admin, "PATCH", two, {"display_name": "Two"}, status=200, leaves="organization/write")
    await walk(ann, "PATCH", two, {"display_name": "Mine"}, status=404)
    await walk(ann, "PATCH", home, {"display_name": "Mine"}, status=404, leaves="organization/write")
    await walk(admin, "DELETE", home, status=400, leaves="organization/delete")
    sharing = f"{home}/settings/workspace-sharing"
    await walk(admin, "PATCH", sharing, {"shareable_workspace_owners": "none"}, status=200, leaves="organization/write")
    assert walk.entry["diff"] == {"shareable_workspace_owners": {"old": "everyone", "new": "none", "secret": False}}
    await walk(admin, "PATCH", sharing, {"shareable_workspace_owners": "some"}, status=400, leaves="organization/write")
    await walk(admin, "POST", f"{two}/members/ann", status=200, leaves="organization_member/create")
    await walk(admin, "POST", f"{two}/members/ann", status=400, leaves="organization_member/create")
    assert walk.entry["organization"]["name"] == "two", "an attempt within an organization is told to its auditors"
    await walk(
        admin, "PUT", f"{two}/members/ann/roles", {"roles": ["organization-auditor"]}, status=200, leaves="organization_member/write"
    )
    await walk(ann, "PUT", f"{two}/members/ann/roles", {"roles": []}, status=400, leaves="organization_member/write")
    own = (await ann.get("/audit?limit=100", want=200)).json["audit_logs"]
    assert {entry["organization"]["name"] for entry in own} == {"two"}
    assert [entry["status_code"] for entry in own if entry["resource_type"] == "organization_member"][:2] == [400, 200]
    await walk(admin, "DELETE", f"{two}/members/ann", status=204, leaves="organization_member/delete")
    assert walk.entry["is_deleted"]
    await walk(admin, "DELETE", f"{two}/members/ann", status=404)
    roles = f"{home}/members/roles"
    await walk(admin, "POST", roles, ROLE, status=200, leaves="custom_role/create")
    await walk(admin, "POST", roles, ROLE, status=400, leaves="custom_role/create")
    await walk(ann, "POST", roles, ROLE, status=404, leaves="custom_role/create")
    await walk(admin, "PUT", roles, {**ROLE, "display_name": "S"}, status=200, leaves="custom_role/write")
    await walk(ann, "DELETE", f"{roles}/r1", status=403, leaves="custom_role/delete")
    assert walk.entry["resource_target"] == "r1"
    await walk(admin, "DELETE", f"{roles}/r1", status=204, leaves="custom_role/delete")
    group = (await walk(admin, "POST", f"{home}/groups", {"name": "g"}, status=201, leaves="group/create")).json["id"]
    await walk(ann, "POST", f"{home}/groups", {"name": "h"}, status=403, leaves="group/create")
    assert walk.entry["organization_id"] == yard.organization
    path = f"/groups/{group}"
    await walk(admin, "PATCH", path, {"name": "gg", "add_users": [ann.user["id"]]}, status=200, leaves="group/write")
    await walk(admin, "PATCH", path, {"add_users": [ann.user["id"]]}, status=400, leaves="group/write")
    await walk(admin, "PATCH", f"/groups/{yard.organization}", {"quota_allowance": 4}, status=200, leaves="group/write")
    await walk(ann, "DELETE", path, status=403, leaves="group/delete")
    await walk(admin, "DELETE", path, status=200, leaves="group/delete")
    await walk(admin, "DELETE", two, status=200, leaves="organization/delete")
    assert not walk.wrong, "\n".join(walk.wrong)


async def test_templates_and_versions(yard: Yard) -> None:
    walk, admin, ann = Walk(yard), yard.admin, yard.ann
    path, version = f"/templates/{yard.template['id']}", f"/templateversions/{yard.template['active_version_id']}"
    await walk(admin, "PATCH", path, {"display_name": "D"}, status=200, leaves="template/write")
    await walk(admin, "PATCH", path, {"display_name": "D"}, status=200)
    await walk(ann, "PATCH", path, {"display_name": "E"}, status=403, leaves="template/write")
    await walk(admin, "PATCH", f"{path}/acl", {"user_perms": {ann.user["id"]: "use"}}, status=200, leaves="template/write")
    await walk(admin, "PATCH", f"{path}/acl", {"user_perms": {ann.user["id"]: "own"}}, status=400, leaves="template/write")
    await walk(ann, "PATCH", f"{path}/versions", {"id": yard.template["active_version_id"]}, status=403, leaves="template/write")
    await walk(ann, "DELETE", path, status=403, leaves="template/delete")
    await walk(admin, "PATCH", version, {"name": "v9"}, status=200, leaves="template_version/write")
    await walk(admin, "POST", f"{version}/archive", status=409, leaves="template_version/write")
    await walk(admin, "PATCH", f"{version}/cancel", status=400, leaves="template_version/write")
    versions = f"/organizations/{yard.organization}/templateversions"
    await walk(admin, "POST", versions, {}, status=400, leaves="template_version/create")
    await walk(admin, "DELETE", path, status=200, leaves="template/delete")
    await walk(ann, "DELETE", path, status=404)
    assert not walk.wrong, "\n".join(walk.wrong)


async def test_workspaces_and_builds(yard: Yard) -> None:
    walk, admin, ann, friend = Walk(yard), yard.admin, yard.ann, await yard.ledger.person(name="friend")
    asked = {"name": "w1", "template_id": yard.template["id"]}
    create, write, start = "workspace/create", "workspace/write", "workspace_build/start"
    made = (await walk(ann, "POST", "/users/me/workspaces", asked, status=201, leaves=create, also=[start])).json
    await yard.settled(made["id"], "running")
    await walk(ann, "POST", "/users/me/workspaces", asked, status=409, leaves=create)
    await walk(ann, "POST", f"/organizations/{yard.organization}/members/me/workspaces", asked, status=409, leaves=create)
    assert walk.entry["organization_id"] == yard.organization
    path = f"/workspaces/{made['id']}"
    await walk(ann, "PUT", f"{path}/ttl", {"ttl_ms": 3_600_000}, status=204, leaves=write)
    await walk(ann, "PUT", f"{path}/ttl", {"ttl_ms": 3_600_000}, status=204)
    await walk(ann, "PUT", f"{path}/autostart", {"schedule": "bad"}, status=400, leaves=write)
    await walk(friend, "PUT", f"{path}/ttl", {"ttl_ms": None}, status=404)
    await walk(ann, "PATCH", f"{path}/acl", {"user_roles": {friend.user["id"]: "use"}}, status=204, leaves=write)
    await walk(friend, "PUT", f"{path}/ttl", {"ttl_ms": None}, status=403, leaves=write)
    await walk(friend, "PUT", f"{path}/autoupdates", {"automatic_updates": "always"}, status=404, leaves=write)
    await walk(friend, "POST", f"{path}/builds", {"transition": "delete"}, status=403, leaves="workspace/delete")
    assert walk.entry["description"] == "{user} unsuccessfully attempted to delete workspace {target}"
    await walk(ann, "PUT", f"{path}/favorite", status=204, leaves=write)
    await walk(admin, "PUT", f"{path}/favorite", status=403, leaves=write)
    await walk(ann, "PUT", f"{path}/extend", {"deadline": "2000-01-01T00:00:00Z"}, status=409)
    await walk(ann, "PUT", f"{path}/dormant", {"dormant": True}, status=200, leaves=write)
    await walk(ann, "PUT", f"{path}/dormant", {"dormant": True}, status=304)
    await walk(ann, "POST", f"{path}/builds", {"transition": "stop"}, status=201, leaves="workspace_build/stop")
    await yard.settled(made["id"], "stopped")
    answer = await walk(ann, "POST", f"{path}/builds", {"transition": "start"}, status=201, leaves=start, also=[write])
    await yard.settled(made["id"], "running")
    busy = await yard.create("w2", template_id=(await yard.template_of(dict(HANG), "hanging"))["id"])
    await walk(ann, "POST", f"/workspaces/{busy['id']}/builds", {"transition": "stop"}, status=409, leaves="workspace/stop")
    build = f"/workspacebuilds/{answer.json['id']}"
    await walk(ann, "PATCH", f"{build}/cancel", status=403, leaves="workspace_build/write")
    assert walk.entry["resource_target"] == "w1"
    await walk(ann, "PUT", f"{build}/state", {"state": "aGk="}, status=404, leaves="workspace_build/write")
    await walk(admin, "PUT", f"{build}/state", {"state": "aGk="}, status=204, leaves="workspace_build/write")
    assert walk.entry["diff"] == {"provisioner_state": {"secret": True}}
    await walk(ann, "POST", f"{path}/builds", {"transition": "delete"}, status=201, leaves="workspace_build/delete")
    await yard.settled(made["id"], "deleted")
    assert not walk.wrong, "\n".join(walk.wrong)

    async def gone() -> list[dict[str, Any]]:
        found = await admin.get("/audit", params={"q": f"workspace resource_id:{made['id']} action:delete"}, want=200)
        return list(found.json["audit_logs"])

    (deleted, _refused) = await until(yard.ledger, gone, lambda entries: len(entries) == 2)
    assert deleted["user"]["username"] == "ann", "the worker did what somebody asked for"
    of_it = {"q": "workspace_build build_reason:initiator resource_target:w1"}
    builds = (await admin.get("/audit", params=of_it, want=200)).json["audit_logs"]
    assert {(entry["is_deleted"], entry["resource_link"]) for entry in builds} == {(True, "")}


async def test_a_change_that_is_made_and_then_not_shown_is_no_refusal(yard: Yard) -> None:
    friend, made = await yard.ledger.person(name="friend"), await yard.create("w1")
    path = f"/workspaces/{made['id']}"
    await yard.settled(made["id"], "running")
    await yard.ann.patch(f"{path}/acl", {"user_roles": {friend.user["id"]: "admin"}}, want=204)
    await yard.admin.patch(f"/templates/{yard.template['id']}/acl", {"group_perms": {yard.organization: ""}}, want=200)
    walk = Walk(yard)
    await friend.put(f"{path}/dormant", {"dormant": True}, want=403, headers={"User-Agent": "shared"})
    page = (await yard.admin.get("/audit?limit=5", want=200)).json["audit_logs"]
    assert [(e["status_code"], sorted(e["diff"])) for e in page if e["user_agent"] == "shared"] == [(200, ["dormant_at"])], walk.wrong


async def test_a_refusal_is_found_by_its_request(yard: Yard) -> None:
    await yard.admin.put("/users/me/status/suspend", want=400, headers={"User-Agent": "refused"})
    page = (await yard.admin.get("/audit?limit=1", want=200)).json["audit_logs"]
    found = (await yard.admin.get("/audit", params={"q": f"request_id:{page[0]['request_id']}"}, want=200)).json
    assert (found["audit_logs"], found["count"]) == (page, 1)
