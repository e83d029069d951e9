"""A changed template reaches the workspaces that were made from it."""

from __future__ import annotations

from typing import Any

from tests.service.templates.authoring import imported, make_template
from tests.support.api import Client, Ledger

HOUR = 3_600_000


async def workspace(client: Client, template: dict[str, Any], name: str, **body: Any) -> dict[str, Any]:
    await imported(client, template["active_version_id"])
    answer = await client.post("/users/me/workspaces", {"name": name, "template_id": template["id"], **body}, want=201)
    return dict(answer.json)


async def test_ttls_become_the_templates_when_users_may_not_choose(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    template = await make_template(admin, organization, "docker")
    ids = [(await workspace(admin, template, f"w{n}", ttl_ms=HOUR))["id"] for n in range(3)]
    path = f"/templates/{template['id']}"
    await admin.patch(path, {"default_ttl_ms": 2 * HOUR}, want=200)
    assert {(await admin.get(f"/workspaces/{id}", want=200)).json["ttl_ms"] for id in ids} == {HOUR}
    await admin.patch(path, {"allow_user_autostop": False}, want=200)
    assert {(await admin.get(f"/workspaces/{id}", want=200)).json["ttl_ms"] for id in ids} == {2 * HOUR}


async def test_a_template_that_is_used_cannot_be_deleted(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    template = await make_template(admin, organization, "docker")
    made = await workspace(admin, template, "dev")
    await admin.delete(f"/templates/{template['id']}", want=400)
    assert (await admin.get(f"/templates/{template['id']}", want=200)).json["active_user_count"] == 1
    assert made["template_id"] == template["id"]


async def test_the_day_of_a_use_is_counted(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    template = await make_template(admin, organization, "docker")
    await workspace(admin, template, "dev")
    await admin.patch(f"/templates/{template['id']}", {"update_workspace_last_used_at": True}, want=200)
    (day,) = (await admin.get(f"/templates/{template['id']}/daus", want=200)).json["entries"]
    assert day["amount"] == 1
