"""Everything that people can do to a deployment over HTTP, to be done in a random order by whoever comes first."""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.odd_states import BROUGHT
from tests.contract.rich_deployment import SPEC
from tests.service.templates.authoring import make_version
from tests.support.api import PASSWORD, Answer, Client, Ledger
from tests.support.building import ended, follow, queued_workspace, template, workspace


@dataclass
class Stage:
    """Who and what there is; deeds add to it. `rnd` is that of the deed that is being done, `numbers` never come twice."""

    ledger: Ledger
    rnd: random.Random
    admin: Client
    organization: str
    people: list[Client]
    templates: list[dict[str, Any]]
    workspaces: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    #: Workspaces with builds that nobody carries out, or that take days: none of those that deeds choose from.
    endless: set[str] = field(default_factory=set)
    #: A workspace with an agent that never comes; not among the others before its time is up.
    waiting: str = ""

    def person(self) -> Client:
        """Somebody."""
        return self.rnd.choice(self.people)

    def shed(self) -> str:
        """The path of some workspace."""
        return f"/workspaces/{self.rnd.choice([id for id in self.workspaces if id not in self.endless])}"

    def group(self) -> str:
        """The path of some group."""
        return f"/groups/{self.rnd.choice(self.groups)}"

    def new_name(self, of: str) -> str:
        """One that nothing has."""
        return f"{of}-{next(self.numbers)}"

    def name(self) -> str:
        """One of a few, in any case."""
        return self.rnd.choice(("dev", "Dev", "web", "box", "DEV2", "spare"))


Deed = Callable[[Stage], Awaitable[Answer]]


async def stage(ledger: Ledger, seed: int) -> Stage:
    """A deployment to begin with."""
    admin, organization = await ledger.admin(), await ledger.organization_id()
    people = [admin, await ledger.person(), await ledger.person(org_roles=("organization-admin",))]
    made = Stage(
        ledger, random.Random(seed), admin, organization, people, [await template(ledger, SPEC, name="rich"), await template(ledger)]
    )
    made.workspaces = [(await workspace(people[n % 3], made.templates[n % 2], name=f"w{n}", ttl_ms=3_600_000))["id"] for n in range(3)]
    made.workspaces.append((await queued_workspace(admin, made.templates[0]))["id"])
    made.waiting = (await workspace(admin, await template(ledger, BROUGHT)))["id"]
    made.groups = [(await admin.post(f"/organizations/{organization}/groups", {"name": n}, want=201)).json["id"] for n in ("a", "b")]
    return made


async def create(s: Stage) -> Answer:
    """A workspace more."""
    body = {"name": s.name(), "template_id": s.rnd.choice(s.templates)["id"], "autostart_schedule": "30 9 * * 1-5"}
    answer = await s.person().post("/users/me/workspaces", body)
    if answer.status == 201:
        s.workspaces.append(answer.json["id"])
    return answer


async def build(s: Stage) -> Answer:
    """The next build, waited for or not."""
    body = {"transition": s.rnd.choice(("start", "stop", "stop", "start", "delete"))}
    answer = await s.person().post(f"{s.shed()}/builds", body)
    if answer.status == 201 and s.rnd.random() < 0.7:
        await ended(s.admin, answer.json["id"])
    return answer


async def cancel(s: Stage) -> Answer:
    """The latest build of some workspace."""
    shown = await s.admin.get(f"{s.shed()}?include_deleted=true")
    return await s.admin.patch(f"/workspacebuilds/{shown.json['latest_build']['id']}/cancel") if shown.status == 200 else shown


async def version(s: Stage) -> Answer:
    """Another version of a template, made the active one when it has been imported."""
    of = s.rnd.choice(s.templates)["id"]
    made = await make_version(s.admin, s.organization, SPEC, template_id=of)
    await follow(s.admin, f"/templateversions/{made['id']}/logs?follow")
    return await s.admin.patch(f"/templates/{of}/versions", {"id": made["id"]})


async def token(s: Stage) -> Answer:
    """A token, used at once."""
    return await s.person().post("/users/me/keys/tokens", {"token_name": s.new_name("t")})


async def user(s: Stage) -> Answer:
    """Somebody new, who may be deleted again."""
    name = f"new{s.rnd.randint(1, 99)}"
    body = {"email": f"{name}@example.com", "username": name, "password": PASSWORD, "organization_ids": [s.organization]}
    answer = await s.admin.post("/users", body)
    if answer.status == 201:
        await s.admin.patch(s.group(), {"add_users": [answer.json["id"]]})
        if s.rnd.random() < 0.5:
            return await s.admin.delete(f"/users/{answer.json['id']}?erase={s.rnd.choice(('true', 'false'))}")
    return answer


async def webhook(s: Stage) -> Answer:
    """A webhook that nothing is sent to, changed at once, and perhaps deleted."""
    one = (await s.admin.post("/webhooks", {"url": "https://hooks.invalid/", "enabled": False}, want=201)).json["id"]
    await s.admin.patch(f"/webhooks/{one}", {"description": s.name(), "event_types": ["UserCreated"], "rotate_secret": True}, want=200)
    replayed = await s.admin.post(f"/webhooks/{one}/replay", {"from": 0})
    return await s.admin.delete(f"/webhooks/{one}") if s.rnd.random() < 0.5 else replayed


def share(s: Stage) -> Awaitable[Answer]:
    """Entries of the access list."""
    roles = {"user_roles": {s.person().user["id"]: s.rnd.choice(("use", "admin", ""))}, "group_roles": {s.rnd.choice(s.groups): "use"}}
    return s.person().patch(f"{s.shed()}/acl", roles)


def rename_person(s: Stage) -> Awaitable[Answer]:
    """A username that documents show."""
    one = s.person()
    return s.admin.put(f"/users/{one.user['id']}/profile", {"username": f"user{s.rnd.randint(1, 9)}", "name": "N"})


def edit_template(s: Stage) -> Awaitable[Answer]:
    """Settings that workspaces follow."""
    body = {"display_name": s.name(), "default_ttl_ms": s.rnd.choice((0, 3_600_000)), "time_til_dormant_autodelete_ms": 86_400_000}
    return s.admin.patch(f"/templates/{s.rnd.choice(s.templates)['id']}", body)


def roles(s: Stage) -> Awaitable[Answer]:
    """Stored roles in the organization."""
    held = s.rnd.choice(([], ["organization-auditor"], ["organization-template-admin"]))
    return s.admin.put(f"/organizations/{s.organization}/members/{s.people[1].user['id']}/roles", {"roles": held})


def put(path: str, *bodies: Any) -> Deed:
    """A PUT below some workspace, by anybody."""
    return lambda s: s.person().put(s.shed() + path, s.rnd.choice(bodies))


def in_hours(s: Stage) -> Awaitable[Answer]:
    """Another deadline."""
    return s.person().put(f"{s.shed()}/extend", {"deadline": (datetime.now(UTC) + timedelta(hours=s.rnd.randint(1, 9))).isoformat()})


DEEDS: tuple[Deed, ...] = (
    create,
    build,
    build,
    cancel,
    version,
    token,
    user,
    webhook,
    share,
    share,
    rename_person,
    edit_template,
    roles,
    in_hours,
    put("/autostart", {"schedule": "0 7 * * *"}, {"schedule": None}),
    put("/ttl", {"ttl_ms": 7_200_000}, {"ttl_ms": None}),
    put("/autoupdates", {"automatic_updates": "always"}, {"automatic_updates": "never"}),
    put("/dormant", {"dormant": True}, {"dormant": False}),
    put("/favorite", None),
    lambda s: s.person().delete(f"{s.shed()}/favorite"),
    lambda s: s.person().delete(f"{s.shed()}/acl"),
    lambda s: s.person().post(f"{s.shed()}/usage", {}),
    lambda s: s.person().patch(s.shed(), {"name": s.name()}),
    lambda s: s.admin.patch(s.group(), {"name": f"g{s.rnd.randint(1, 5)}", "quota_allowance": s.rnd.randint(0, 9)}),
    lambda s: s.admin.post(f"/organizations/{s.organization}/groups", {"name": s.name().lower()}),
    lambda s: s.admin.patch(f"/organizations/{s.organization}", {"name": s.rnd.choice(("coder", "acme")), "icon": "/o.svg"}),
    lambda s: s.admin.patch(
        f"/organizations/{s.organization}/settings/workspace-sharing", {"shareable_workspace_owners": s.rnd.choice(("everyone", "none"))}
    ),
    lambda s: s.admin.post("/organizations", {"name": f"org{s.rnd.randint(1, 9)}"}),
    lambda s: s.admin.put(f"/users/{s.people[1].user['id']}/roles", {"roles": s.rnd.choice(([], ["auditor"]))}),
    lambda s: s.admin.patch(f"/templates/{s.templates[1]['id']}/acl", {"group_perms": {s.rnd.choice(s.groups): "use"}}),
    lambda s: s.person().put("/users/me/appearance", {"theme_preference": "dark", "terminal_font": "fira-code"}),
    lambda s: s.person().put("/users/me/gitsshkey"),
)
