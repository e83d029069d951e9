"""Creating workspaces over HTTP: the answer, the refusals, the race for a name."""

from __future__ import annotations

import asyncio

import jsonschema

from service.http.schema_registry import standalone
from tests.service.templates.authoring import make_version
from tests.service.workspaces.conftest import Yard

UNKNOWN = "99999999-1111-4222-8333-444444444444"


async def test_the_answer_is_the_workspace_as_it_was_queued(yard: Yard) -> None:
    made = await yard.create("dev", ttl_ms=90_000)
    jsonschema.validate(made, standalone("Workspace"))
    assert (made["latest_build"]["status"], made["latest_build"]["template_version_name"]) == ("pending", "")
    assert made["ttl_ms"] == 60_000
    assert made["latest_build"]["matched_provisioners"]["available"] >= 1


async def test_what_was_created_is_read_back_at_once(yard: Yard) -> None:
    made = await yard.create("Dev")
    for path in (f"/workspaces/{made['id']}", "/users/me/workspace/DEV", "/users/ann/workspace/dev"):
        assert (await yard.ann.get(path, want=200)).json["id"] == made["id"]
    assert (await yard.ann.get("/workspaces?q=owner:me", want=200)).json["count"] == 1


async def test_of_racing_creations_one_gets_the_name(yard: Yard) -> None:
    body = {"template_id": yard.template["id"]}
    names = ["race", "RACE", "Race", "rACE"]
    answers = await asyncio.gather(*[yard.ann.post("/users/me/workspaces", {**body, "name": name}) for name in names])
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status == 409)
    assert [v["field"] for v in refused.json["validations"]] == ["name"]


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"name": "a b"}, "name"),
    ({"template_id": UNKNOWN}, "template_id"),
    ({"template_id": None, "template_version_id": UNKNOWN}, "template_version_id"),
    ({"autostart_schedule": "often", "ttl_ms": 1}, "schedule"),
    ({"ttl_ms": 1, "automatic_updates": "maybe"}, "ttl_ms"),
    ({"automatic_updates": "maybe"}, "automatic_updates"),
]


async def test_a_refused_creation_leaves_nothing(yard: Yard) -> None:
    for body, field in REFUSED:
        request = {"name": "dev", "template_id": yard.template["id"], **body}
        answer = await yard.ann.post("/users/me/workspaces", request, want=400)
        assert [v["field"] for v in answer.json["validations"]] == [field]
    assert (await yard.ann.get("/workspaces", want=200)).json == {"workspaces": [], "count": 0}
    await yard.create("dev")


async def test_a_member_creates_for_nobody_else_and_an_administrator_does(yard: Yard) -> None:
    body = {"name": "dev", "template_id": yard.template["id"]}
    bob = await yard.ledger.person(name="bob")
    await yard.ann.post("/users/bob/workspaces", body, want=403)
    made = (await yard.admin.post(f"/organizations/default/members/{bob.user['id']}/workspaces", body, want=201)).json
    assert (made["owner_name"], made["latest_build"]["initiator_name"]) == ("bob", "admin")


async def test_a_version_that_is_still_imported_cannot_be_built(yard: Yard) -> None:
    slow = {"import": {"delay_seconds": 3600}}
    made = await make_version(yard.admin, yard.organization, slow, template_id=yard.template["id"])
    await yard.ann.post("/users/me/workspaces", {"name": "dev", "template_version_id": made["id"]}, want=406)
    await yard.admin.patch(f"/templateversions/{made['id']}/cancel", want=200)


async def test_versions_of_a_template_one_may_not_read_are_unknown(yard: Yard) -> None:
    """Whatever state they are in: that one is archived is for readers of the template to know."""
    template = yard.template
    archived = await make_version(yard.admin, yard.organization, {}, template_id=template["id"])
    await yard.imported(archived["id"])
    await yard.admin.post(f"/templateversions/{archived['id']}/archive", want=200)
    seen = await yard.ann.post("/users/me/workspaces", {"name": "dev", "template_version_id": archived["id"]}, want=400)
    assert seen.json["message"].startswith("Archived template versions cannot")
    await yard.admin.patch(f"/templates/{template['id']}/acl", {"group_perms": {yard.organization: ""}}, want=200)
    for version in (template["active_version_id"], archived["id"]):
        answer = await yard.ann.post("/users/me/workspaces", {"name": "dev", "template_version_id": version}, want=400)
        assert "doesn't exist" in answer.json["message"]
        assert [v["field"] for v in answer.json["validations"]] == ["template_version_id"]
