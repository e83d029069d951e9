"""Templates over HTTP: made, found, changed, shared, deleted."""

from __future__ import annotations

import uuid

from domain.roles.acl import ADMIN
from tests.service.templates.authoring import fields, imported, make_template, make_version
from tests.support.api import Ledger

MINUTE = 60_000


async def test_a_template_is_made_from_a_version_and_read_back(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    version = await make_version(admin, organization, name="v1")
    assert version["job"]["status"] == "pending"
    template = await make_template(admin, organization, "docker", display_name="Docker")
    assert (await admin.get(f"/templates/{template['id']}", want=200)).json == template
    assert (await admin.get(f"/organizations/{organization}/templates/DOCKER", want=200)).json == template
    assert (await admin.get("/templates", want=200)).json == [template]
    assert (await admin.get(f"/organizations/{organization}/templates?q=name:dock", want=200)).json == [template]
    assert (await admin.get("/templates/examples", want=200)).json == []


async def test_refusals_of_a_creation_come_in_order(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    template = await make_template(admin, organization, "docker")
    path, used = f"/organizations/{organization}/templates", template["active_version_id"]
    bad = {"name": "new", "template_version_id": used, "default_ttl_ms": -1}
    assert fields(await admin.post(path, bad, want=400)) == ["name"]
    assert fields(await admin.post(path, {**bad, "name": "Docker"}, want=409)) == ["name"]
    unknown = {**bad, "name": "other", "template_version_id": str(uuid.uuid4())}
    assert fields(await admin.post(path, unknown, want=404)) == ["template_version_id"]
    assert fields(await admin.post(path, {**bad, "name": "other"}, want=400)) == ["template_version_id"]
    fresh = {**bad, "name": "other", "template_version_id": (await make_version(admin, organization))["id"]}
    assert fields(await admin.post(path, fresh, want=400)) == ["default_ttl_ms"]
    await (await ledger.person()).post(path, {**fresh, "default_ttl_ms": 0}, want=403)


async def test_what_a_reader_may_not_do(ledger: Ledger) -> None:
    admin, organization, member = await ledger.admin(), await ledger.organization_id(), await ledger.person()
    open_one = await make_template(admin, organization, "open")
    hidden = await make_template(admin, organization, "hidden", disable_everyone_group_access=True)
    for template, status in ((open_one, 403), (hidden, 404)):
        path = f"/templates/{template['id']}"
        await member.patch(path, {"icon": "/x.png"}, want=status)
        await member.delete(path, want=status)
        await member.get(f"{path}/acl", want=status)
        await member.post(f"{path}/versions/archive", {}, want=status)
        await member.patch(f"{path}/versions", {"id": template["active_version_id"]}, want=status)
        await member.patch(f"/templateversions/{template['active_version_id']}", {"message": "x"}, want=status)
        await member.get(f"{path}/daus", want=status)
    assert [t["name"] for t in (await member.get("/templates", want=200)).json] == ["open"]


async def test_a_template_is_changed_and_a_repeat_changes_nothing(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    template = await make_template(admin, organization, "docker")
    path = f"/templates/{template['id']}"
    change = {"name": "Docker", "failure_ttl_ms": MINUTE, "autostop_requirement": {"days_of_week": ["sunday", "monday"], "weeks": 0}}
    changed = await admin.patch(path, change, want=200)
    assert changed.json["name"] == "Docker"
    assert changed.json["autostop_requirement"] == {"days_of_week": ["monday", "sunday"], "weeks": 1}
    again = await admin.patch(path, change, want=200)
    assert again.json == changed.json
    assert fields(await admin.patch(path, {"failure_ttl_ms": MINUTE - 1, "description": "x" * 129}, want=400)) == [
        "failure_ttl_ms",
        "description",
    ]
    await make_template(admin, organization, "other")
    assert fields(await admin.patch(path, {"name": "OTHER"}, want=409)) == ["name"]


async def test_a_deleted_template_frees_its_name_and_is_found_no_more(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    template = await make_template(admin, organization, "docker")
    version = f"/templateversions/{template['active_version_id']}"
    await admin.delete(f"/templates/{template['id']}", want=200)
    await admin.get(f"/templates/{template['id']}", want=404)
    await admin.get(f"/templates/{template['id']}/versions", want=404)
    await admin.delete(f"/templates/{template['id']}", want=404)
    assert (await admin.get("/templates", want=200)).json == []
    assert [t["id"] for t in (await admin.get("/templates?q=deleted:true", want=200)).json] == [template["id"]]
    assert (await admin.get(version, want=200)).json["template_id"] == template["id"], "its versions stay readable"
    await make_template(admin, organization, "docker")


async def test_a_template_is_shared_and_withdrawn(ledger: Ledger) -> None:
    admin, organization, member = await ledger.admin(), await ledger.organization_id(), await ledger.person()
    template = await make_template(admin, organization, "docker", disable_everyone_group_access=True)
    path = f"/templates/{template['id']}"
    await member.get(path, want=404)
    await admin.patch(f"{path}/acl", {"user_perms": {member.user["id"]: ADMIN}, "group_perms": {organization: "use"}}, want=200)
    shared = (await admin.get(f"{path}/acl", want=200)).json
    assert [(user["id"], user["role"]) for user in shared["users"]] == [(member.user["id"], "admin")]
    assert [(group["id"], group["role"]) for group in shared["group"]] == [(organization, "use")]
    assert len(shared["group"][0]["members"]) == shared["group"][0]["total_member_count"] == 2
    await member.patch(path, {"icon": "/mine.png"}, want=200)
    await admin.patch(f"{path}/acl", {"user_perms": {member.user["id"]: ""}, "group_perms": {organization: ""}}, want=200)
    assert (await admin.get(f"{path}/acl", want=200)).json == {"users": [], "group": []}
    await member.get(path, want=404)


async def test_whom_and_how_a_template_can_be_shared_with(ledger: Ledger) -> None:
    admin, organization, member = await ledger.admin(), await ledger.organization_id(), await ledger.person(name="molly")
    template = await make_template(admin, organization, "docker")
    path = f"/templates/{template['id']}/acl"
    bad = {"user_perms": {str(uuid.uuid4()): "use", member.user["id"]: "king", "x": "use"}, "group_perms": {str(uuid.uuid4()): "use"}}
    assert fields(await admin.patch(path, bad, want=400)) == ["user_perms"]
    del bad["user_perms"]["x"]
    assert fields(await admin.patch(path, bad, want=400)) == ["user_perms", "user_perms", "group_perms"]
    available = (await admin.get(f"{path}/available?q=moll", want=200)).json
    assert [user["username"] for user in available["users"]] == ["molly"]
    assert [group["name"] for group in available["groups"]] == ["Everyone"]


async def test_a_promoted_version_is_the_active_one(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    template = await make_template(admin, organization, "docker")
    path = f"/templates/{template['id']}"
    newer = await make_version(admin, organization, template_id=template["id"])
    await imported(admin, newer["id"])
    await admin.patch(f"{path}/versions", {"id": newer["id"]}, want=200)
    assert (await admin.get(path, want=200)).json["active_version_id"] == newer["id"]
    assert fields(await admin.patch(f"{path}/versions", {}, want=400)) == ["id"]
    await admin.patch(f"{path}/versions", {"id": str(uuid.uuid4())}, want=404)
    stranger = await make_version(admin, organization)
    await admin.patch(f"{path}/versions", {"id": stranger["id"]}, want=400)


async def test_nobody_used_a_new_template_and_nothing_was_prebuilt(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    path = f"/templates/{(await make_template(admin, organization, 'docker'))['id']}"
    assert (await admin.get(f"{path}/daus?tz_offset=2", want=200)).json == {"entries": [], "tz_hour_offset": 2}
    assert fields(await admin.get(f"{path}/daus?tz_offset=99", want=400)) == ["tz_offset"]
    assert (await admin.post(f"{path}/prebuilds/invalidate", want=200)).json == {"invalidated": []}
