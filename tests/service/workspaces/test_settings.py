"""Settings over HTTP: each changes what it says and nothing else (contract/workspaces.md 5)."""

from __future__ import annotations

from typing import Any

from tests.service.workspaces.conftest import Yard
from tests.support.api import running_ledger

#: (method, path, body, status, what changes)
CHANGES: list[tuple[str, str, dict[str, Any] | None, int, set[str]]] = [
    ("PUT", "/autostart", {"schedule": "30 9 * * *"}, 204, {"autostart_schedule", "next_start_at"}),
    ("PUT", "/ttl", {"ttl_ms": 7_200_000}, 204, {"ttl_ms"}),
    ("PUT", "/extend", {"deadline": "2099-01-01T00:00:00Z"}, 200, {"latest_build"}),
    ("PUT", "/autoupdates", {"automatic_updates": "always"}, 204, {"automatic_updates"}),
    ("PUT", "/favorite", None, 204, {"favorite"}),
    ("PUT", "/favorite", None, 204, set()),
    ("DELETE", "/favorite", None, 204, {"favorite"}),
    ("PUT", "/dormant", {"dormant": True}, 200, {"dormant_at", "next_start_at"}),
    ("PUT", "/dormant", {"dormant": True}, 304, set()),
    ("PUT", "/dormant", {"dormant": False}, 200, {"dormant_at", "last_used_at"}),
    ("PUT", "/ttl", {"ttl_ms": None}, 204, {"ttl_ms", "latest_build"}),
    ("PUT", "/autostart", {}, 204, {"autostart_schedule"}),
    ("POST", "/usage", None, 204, set()),
]


async def test_a_setting_changes_that_and_nothing_else(yard: Yard) -> None:
    before = await yard.running("dev", ttl_ms=3_600_000)
    path = f"/workspaces/{before['id']}"
    for method, sub, body, status, changed in CHANGES:
        await yard.ann.request(method, path + sub, body, want=status)
        after = (await yard.ann.get(path, want=200)).json
        assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == changed, (method, sub, body)
        before = after


async def test_readers_change_nothing(yard: Yard) -> None:
    made = await yard.running("dev")
    path = f"/workspaces/{made['id']}"
    reader = await yard.ledger.person(name="tess", roles=("template-admin",))
    refused = {"/autoupdates": 404}
    for method, sub, body, _, _ in CHANGES:
        await reader.request(method, path + sub, body, want=refused.get(sub, 403))
    assert (await yard.ann.get(path, want=200)).json == made


async def test_dormancy_is_set_without_the_template_but_the_workspace_is_not_shown(yard: Yard) -> None:
    """Setting it takes no right to the template, seeing the workspace does (contract/workspaces.md 5.4)."""
    path = f"/workspaces/{(await yard.running('dev'))['id']}"
    await yard.admin.patch(f"/templates/{yard.template['id']}/acl", {"group_perms": {yard.organization: ""}}, want=200)
    await yard.ann.get(path, want=403)
    for dormant in (True, False):
        answer = await yard.ann.put(f"{path}/dormant", {"dormant": dormant}, want=403)
        assert answer.json["message"] == "Forbidden."
        assert ((await yard.admin.get(path, want=200)).json["dormant_at"] is not None) is dormant
    await yard.ann.put(f"{path}/dormant", {"dormant": False}, want=304)


async def test_renames_are_a_deployments_choice(yard: Yard, migrated_url: str) -> None:
    made = await yard.create("dev")
    path = f"/workspaces/{made['id']}"
    await yard.ann.patch(path, {"name": "other"}, want=400)
    await yard.ann.patch(path, {"name": "dev"}, want=204)
    assert (await yard.ann.get(path, want=200)).json["allow_renames"] is False
    async with running_ledger(migrated_url, allow_workspace_renames=True) as other:
        yard.ann.base, yard.ann.session = other.base, other.session
        await yard.ann.patch(path, {"name": "New"}, want=204)
        renamed = (await yard.ann.get("/users/me/workspace/new", want=200)).json
        assert (renamed["name"], renamed["allow_renames"], renamed["latest_build"]["workspace_name"]) == ("New", True, "New")
        await yard.ann.get("/users/me/workspace/dev", want=404)


async def test_a_deleted_workspace_keeps_its_name(yard: Yard) -> None:
    made = await yard.running("dev")
    path = f"/workspaces/{made['id']}"
    await yard.ann.post(f"{path}/builds", {"transition": "delete"}, want=201)
    await yard.settled(made["id"], "deleted")
    await yard.ann.put(f"{path}/extend", {"deadline": "2099-01-01T00:00:00Z"}, want=409)
    assert (await yard.ann.get(f"{path}/timings", want=200)).json["provisioner_timings"] == []
    assert (await yard.ann.get(f"{path}/resolve-autostart", want=200)).json == {"parameter_mismatch": False}


async def test_an_autostart_that_misses_a_parameter_is_foreseen(yard: Yard) -> None:
    made = await yard.running("dev", automatic_updates="always")
    path = f"/workspaces/{made['id']}/resolve-autostart"
    assert (await yard.ann.get(path, want=200)).json == {"parameter_mismatch": False}
    needs = {"parameters": [{"name": "region", "type": "string", "mutable": True}], "start": {}}
    other = await yard.template_of(needs, "other")
    file = (await yard.admin.get(f"/templateversions/{other['active_version_id']}", want=200)).json["job"]["file_id"]
    version = {"storage_method": "file", "provisioner": "echo", "file_id": file, "template_id": yard.template["id"]}
    newer = (await yard.admin.post(f"/organizations/{yard.organization}/templateversions", version, want=201)).json
    await yard.imported(newer["id"])
    await yard.admin.patch(f"/templates/{yard.template['id']}/versions", {"id": newer["id"]}, want=200)
    assert (await yard.ann.get(path, want=200)).json == {"parameter_mismatch": True}
