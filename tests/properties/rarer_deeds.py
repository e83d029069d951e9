"""Deeds that need something of their own to be done to: what is archived, signed out of, left, given up or deleted for good."""

from __future__ import annotations

from tests.contract.rich_deployment import SPEC
from tests.properties.deeds import Deed, Stage
from tests.service.templates.authoring import make_version
from tests.support.api import PASSWORD, Answer
from tests.support.building import follow


async def _newcomer(s: Stage) -> tuple[str, str]:
    """Id and address of somebody new in the organization."""
    name = s.new_name("guest")
    email = f"{name}@example.com"
    body = {"email": email, "username": name, "password": PASSWORD, "organization_ids": [s.organization]}
    return (await s.admin.post("/users", body, want=201)).json["id"], email


async def guest(s: Stage) -> Answer:
    """Somebody who mistypes a password, asks for help, is given another one, is locked out, and is let in again."""
    id, email = await _newcomer(s)
    await s.ledger.anonymous.post("/users/login", {"email": email, "password": "Wrong-" + PASSWORD})
    await s.ledger.anonymous.post("/users/otp/request", {"email": email})
    await s.admin.put(f"/users/{id}/password", {"password": PASSWORD + "-2"}, want=204)
    await s.admin.put(f"/users/{id}/status/suspend", want=200)
    return await s.admin.put(f"/users/{id}/status/activate")


async def member(s: Stage) -> Answer:
    """Somebody who leaves the organization and comes back."""
    id, _ = await _newcomer(s)
    await s.admin.delete(f"/organizations/{s.organization}/members/{id}", want=204)
    return await s.admin.post(f"/organizations/{s.organization}/members/{id}")


async def custom_role(s: Stage) -> Answer:
    """A role that is made, changed and taken away."""
    path, name = f"/organizations/{s.organization}/members/roles", s.new_name("role")
    role = {
        "name": name,
        "display_name": "Of our own",
        "organization_permissions": [{"negate": False, "resource_type": "workspace", "action": "read"}],
        "site_permissions": [],
        "user_permissions": [],
    }
    await s.admin.post(path, role)
    await s.admin.put(path, {**role, "display_name": "Still ours"})
    return await s.admin.delete(f"{path}/{name}")


async def old_versions(s: Stage) -> Answer:
    """A version that is renamed, archived and fetched back; then all that are not used are put away."""
    of = s.rnd.choice(s.templates)["id"]
    made = await make_version(s.admin, s.organization, SPEC, template_id=of)
    path = f"/templateversions/{made['id']}"
    await follow(s.admin, f"{path}/logs?follow")
    await s.admin.patch(path, {"name": s.new_name("v"), "message": "Better"}, want=200)
    await s.admin.post(f"{path}/archive", want=200)
    await s.admin.post(f"{path}/unarchive", want=200)
    return await s.admin.post(f"/templates/{of}/versions/archive", {"all": True})


async def given_up_import(s: Stage) -> Answer:
    """An import that is called off, if it is not too late."""
    made = await make_version(s.admin, s.organization, SPEC)
    await s.admin.patch(f"/templateversions/{made['id']}/cancel")
    return await follow_through(s, made["id"])


async def follow_through(s: Stage, version_id: str) -> Answer:
    """The version once its import has ended."""
    await follow(s.admin, f"/templateversions/{version_id}/logs?follow")
    return await s.admin.get(f"/templateversions/{version_id}")


async def dry_run(s: Stage) -> Answer:
    """A plan that nobody carries out."""
    path = f"/templateversions/{s.templates[0]['active_version_id']}/dry-run"
    answer = await s.admin.post(path, {"workspace_name": "dry", "rich_parameter_values": []})
    if answer.status == 201:
        await s.admin.patch(f"{path}/{answer.json['id']}/cancel")
    return answer


async def key(s: Stage) -> Answer:
    """A token that is ended before its time, then taken back."""
    made = await s.admin.post("/users/me/keys/tokens", {"token_name": s.new_name("k")}, want=201)
    id = made.json["key"].partition("-")[0]
    await s.admin.put(f"/users/me/keys/{id}/expire", want=204)
    return await s.admin.delete(f"/users/me/keys/{id}")


async def short_lived(s: Stage) -> Answer:
    """A group and an organization that are gone as soon as they are there."""
    name = s.new_name("short")
    of = (await s.admin.post("/organizations", {"name": name}, want=201)).json["id"]
    group = (await s.admin.post(f"/organizations/{of}/groups", {"name": name}, want=201)).json["id"]
    await s.admin.delete(f"/groups/{group}", want=200)
    return await s.admin.delete(f"/organizations/{of}")


async def deleted_template(s: Stage) -> Answer:
    """A template that nobody has used."""
    made = await make_version(s.admin, s.organization, SPEC)
    await follow_through(s, made["id"])
    body = {"name": s.new_name("gone"), "template_version_id": made["id"]}
    template = (await s.admin.post(f"/organizations/{s.organization}/templates", body, want=201)).json
    return await s.admin.delete(f"/templates/{template['id']}")


async def state(s: Stage) -> Answer:
    """Another provisioner state for the latest build of some workspace."""
    shown = await s.admin.get(f"{s.shed()}?include_deleted=true", want=200)
    return await s.admin.put(f"/workspacebuilds/{shown.json['latest_build']['id']}/state", {"state": "c2VjcmV0"})


async def refused(s: Stage) -> Answer:
    """What is not allowed is noted too."""
    await s.admin.put(f"{s.shed()}/ttl", {"ttl_ms": 1}, want=400)
    return await s.admin.put("/users/me/preferences", {"task_notification_alert_dismissed": True})


RARER: tuple[Deed, ...] = (
    *(guest, member, custom_role, old_versions, given_up_import, dry_run, key, short_lived, deleted_template, state, refused),
)
