"""Deeds with a scene of their own, so that they come to the same end in any order: builds that fail or are called off, rules that
are due at once, and whole lives of workspaces, people, webhooks and shared things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.builds.values import JobStatus
from tests.contract.odd_states import FAILING
from tests.properties.deeds import Deed, Stage
from tests.service.agents.living import until
from tests.service.templates.authoring import make_version
from tests.support.api import PASSWORD, Answer
from tests.support.building import HANG, PLAIN, ended, first_line, queued_workspace, template, workspace


async def shown(s: Stage, path: str, holds: Callable[[Any], Any]) -> Answer:
    """The answer at `path` once its document `holds`."""
    await until(s.ledger, s.admin, path, holds)
    return await s.admin.get(path)


async def own(s: Stage, of: Mapping[str, Any], **body: Any) -> dict[str, Any]:
    """A workspace of the first user whose first build has ended, which other deeds find from now on."""
    made = await workspace(s.admin, of, name=s.new_name("own"), **body)
    s.workspaces.append(made["id"])
    return made


async def life_of_a_workspace(s: Stage) -> Answer:
    """Everything that can be set, set and taken back; then it is deleted."""
    path = f"/workspaces/{(await own(s, s.rnd.choice(s.templates), ttl_ms=3_600_000))['id']}"
    steps: list[tuple[str, str, Any]] = [
        ("PUT", "/autostart", {"schedule": "CRON_TZ=Europe/Paris 30 6 * * 1-5"}),
        ("PUT", "/ttl", {"ttl_ms": 5_400_000}),
        ("PUT", "/extend", {"deadline": (datetime.now(UTC) + timedelta(hours=5)).isoformat()}),
        ("PUT", "/autoupdates", {"automatic_updates": "always"}),
        ("PUT", "/favorite", None),
        ("POST", "/usage", {}),
        ("PATCH", "", {"name": s.new_name("renamed")}),
        ("PUT", "/dormant", {"dormant": True}),
    ]
    for method, below, body in s.rnd.sample(steps[:-1], len(steps) - 1) + steps[-1:]:
        answer = await s.admin.request(method, path + below, body)
        assert answer.status < 300, (method, below, answer.raw)
    await s.admin.put(f"{path}/dormant", {"dormant": False}, want=200)
    await s.admin.put(f"{path}/autostart", {"schedule": None}, want=204)
    await s.admin.delete(f"{path}/favorite", want=204)
    answer = await s.admin.post(f"{path}/builds", {"transition": "delete"}, want=201)
    await ended(s.admin, answer.json["id"])
    return answer


async def sharing(s: Stage) -> Answer:
    """Workspaces that are shared, until their owner or the organization has it end."""
    path, friend = f"/organizations/{s.organization}/settings/workspace-sharing", s.people[1].user["id"]
    await s.admin.patch(path, {"shareable_workspace_owners": "everyone"}, want=200)
    shared = [f"/workspaces/{(await own(s, s.templates[1]))['id']}/acl" for _ in range(2)]
    for acl in shared:
        await s.admin.patch(acl, {"user_roles": {friend: "admin"}, "group_roles": {s.rnd.choice(s.groups): "use"}}, want=204)
    await s.admin.delete(shared[0], want=204)
    await s.admin.patch(path, {"shareable_workspace_owners": "none"}, want=200)
    return await s.admin.patch(path, {"shareable_workspace_owners": "everyone"}, want=200)


async def failing(s: Stage) -> Answer:
    """A start that fails, which a rule of its template stops at once."""
    made = await template(s.ledger, FAILING, failure_ttl_ms=1)
    shed = await queued_workspace(s.admin, made, name=s.new_name("failing"))
    s.workspaces.append(shed["id"])
    return await shown(s, f"/workspaces/{shed['id']}", lambda w: w["latest_build"]["status"] == "stopped")


async def called_off(s: Stage) -> Answer:
    """A build and an import that are cancelled while they are at work."""
    made = await template(s.ledger, HANG)
    shed = await queued_workspace(s.admin, made, name=s.new_name("hanging"))
    s.endless.add(shed["id"])
    s.workspaces.append(shed["id"])
    build = shed["latest_build"]["id"]
    await first_line(s.admin, build, "working")
    await s.admin.patch(f"/workspacebuilds/{build}/cancel", want=200)
    await ended(s.admin, build)
    version = f"/templateversions/{(await make_version(s.admin, s.organization, {**PLAIN, 'import': {'delay_seconds': 86_400}}))['id']}"
    await shown(s, version, lambda v: v["job"]["status"] == JobStatus.RUNNING)
    await s.admin.patch(f"{version}/cancel", want=200)
    return await shown(s, version, lambda v: v["job"]["status"] == JobStatus.CANCELED)


async def broken_import(s: Stage) -> Answer:
    """An archive that makes no template."""
    made = await make_version(s.admin, s.organization, {**PLAIN, "import": {"fail": "a broken archive"}})
    return await shown(s, f"/templateversions/{made['id']}", lambda v: v["job"]["status"] == JobStatus.FAILED)


async def idle(s: Stage) -> Answer:
    """A workspace that falls asleep because nobody uses it, and is to be deleted once its template says so."""
    made = await template(s.ledger, PLAIN, dormant_ttl_ms=1)
    shed = (await queued_workspace(s.admin, made, name=s.new_name("idle")))["id"]
    s.workspaces.append(shed)
    await shown(s, f"/workspaces/{shed}", lambda w: w["dormant_at"] and w["latest_build"]["status"] == "stopped")
    await s.admin.patch(f"/templates/{made['id']}", {"time_til_dormant_autodelete_ms": 86_400_000}, want=200)
    return await shown(s, f"/workspaces/{shed}", lambda w: w["deleting_at"])


async def other_days(s: Stage) -> Answer:
    """A template that lets its workspaces start on some days only, so that their next start is another, and calls them used."""
    made = await template(s.ledger)
    await own(s, made, autostart_schedule="30 9 * * *")
    today = datetime.now(UTC).isoweekday() - 1
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    allowed = {"days_of_week": [days[(today + 3) % 7]]}
    body = {"autostart_requirement": allowed, "time_til_dormant_ms": 3_600_000, "update_workspace_last_used_at": True}
    return await s.admin.patch(f"/templates/{made['id']}", body, want=200)


async def erased_person(s: Stage) -> Answer:
    """Somebody with a site role, a group, a key and a workspace, who leaves nothing behind that tells who it was."""
    name = s.new_name("erased")
    body = {"email": f"{name}@example.com", "username": name, "password": PASSWORD, "organization_ids": [s.organization]}
    id = (await s.admin.post("/users", body, want=201)).json["id"]
    await s.admin.put(f"/users/{id}/roles", {"roles": ["auditor"]}, want=200)
    await s.admin.patch(s.group(), {"add_users": [id]}, want=200)
    them = await s.ledger.login(f"{name}@example.com")
    await them.post("/users/me/keys/tokens", {"token_name": "mine"}, want=201)
    await them.put("/users/me/appearance", {"theme_preference": "light", "terminal_font": "fira-code"}, want=200)
    await s.admin.put(f"/users/{id}/profile", {"username": s.new_name("renamed"), "name": "Soon Gone"}, want=200)
    return await s.admin.delete(f"/users/{id}?erase=true", want=200)


async def life_of_a_webhook(s: Stage) -> Answer:
    """Made, changed, switched on and off, and deleted; what it waits for never happens."""
    hook = f"/webhooks/{(await s.admin.post('/webhooks', {'url': 'https://hooks.invalid/', 'enabled': False}, want=201)).json['id']}"
    await s.admin.patch(hook, {"event_types": ["TemplateVersionUnarchived"], "rotate_secret": True}, want=200)
    await s.admin.patch(hook, {"enabled": True}, want=200)
    await s.admin.patch(hook, {"enabled": False, "description": s.name()}, want=200)
    return await s.admin.delete(hook)


async def everyone(s: Stage) -> Answer:
    """What the group of all members is allowed."""
    return await s.admin.patch(f"/groups/{s.organization}", {"quota_allowance": next(s.numbers)}, want=200)


async def signed_out(s: Stage) -> Answer:
    """A session that is ended by whom it belongs to."""
    return await (await s.ledger.login("admin@example.com")).post("/users/logout")


SCENES: tuple[Deed, ...] = (
    life_of_a_workspace,
    sharing,
    failing,
    called_off,
    broken_import,
    idle,
    other_days,
    erased_person,
    life_of_a_webhook,
    everyone,
    signed_out,
)
