"""The example workspaces and the states they are led into. Each step is one that changes nothing where it holds already."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.demo.client import Client, DemoFailed
from service.demo.people import DEFAULT, RESEARCH, Society

_BUILD_SECONDS = 60.0
_ENDED = ("running", "stopped", "failed", "canceled", "deleted")

Step = Callable[["Scene"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step may use: everybody, the owner signed in, and the workspace as it was when the step began."""

    society: Society
    owner: Client
    workspace: dict[str, Any]

    @property
    def path(self) -> str:
        """The workspace's address."""
        return f"/workspaces/{self.workspace['id']}"


@dataclass(frozen=True, slots=True)
class Example:
    """A workspace that `owner` makes from `template`; `steps` follow once its first build has ended."""

    owner: str
    name: str
    template: str
    steps: tuple[Step, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    organization: str = DEFAULT


async def stopped(scene: Scene) -> None:
    """Its last build is a stop."""
    if scene.workspace["latest_build"]["transition"] == "start":
        await scene.owner.post(f"{scene.path}/builds", {"transition": "stop"})
        await ended(scene.society.admin, [scene.workspace["id"]])


async def deleted(scene: Scene) -> None:
    """It is gone, and only its history is left."""
    await scene.owner.post(f"{scene.path}/builds", {"transition": "delete"})
    await ended(scene.society.admin, [scene.workspace["id"]])


async def dormant(scene: Scene) -> None:
    """Nobody has used it for long."""
    await scene.owner.put(f"{scene.path}/dormant", {"dormant": True}, want=(200, 304))


async def favorite(scene: Scene) -> None:
    """Its owner's favourite."""
    await scene.owner.put(f"{scene.path}/favorite")


async def scheduled(scene: Scene) -> None:
    """Starts on working days at nine in London, and stops after nine hours."""
    await scene.owner.put(f"{scene.path}/autostart", {"schedule": "CRON_TZ=Europe/London 0 9 * * 1-5"})
    await scene.owner.put(f"{scene.path}/ttl", {"ttl_ms": 9 * 3_600_000})


async def always_updated(scene: Scene) -> None:
    """Each start takes the template's newest version."""
    await scene.owner.put(f"{scene.path}/autoupdates", {"automatic_updates": "always"})


def shared(*, users: dict[str, str] | None = None, groups: dict[str, str] | None = None) -> Step:
    """Shared with these, by name; the roles are `use` and `admin`."""

    async def step(scene: Scene) -> None:
        society = scene.society
        body = {
            "user_roles": {society.users[name]: role for name, role in (users or {}).items()},
            "group_roles": {society.groups[name]: role for name, role in (groups or {}).items()},
        }
        await scene.owner.patch(f"{scene.path}/acl", body)

    return step


EXAMPLES = (
    Example("ada", "engine", "docker", (favorite, shared(users={"grace": "use"}))),
    Example("ada", "thesis", "python", (scheduled,), {"cpu": "4", "region": "us"}),
    Example("grace", "compiler", "python", (stopped,), {"cpu": "8"}),
    Example("alan", "enigma", "docker", (dormant,)),
    Example("alan", "machine", "python", (always_updated, stopped)),
    Example("katherine", "orbit", "gpu"),
    Example("margaret", "apollo", "kubernetes", (shared(groups={"apollo": "admin"}), favorite)),
    Example("dennis", "unix", "windows"),
    Example("dennis", "multics", "docker", (deleted,)),
    Example("barbara", "abstraction", "docker", (), {}, {"ttl_ms": 3_600_000}),
    Example("rosalind", "helix", "notebook", (favorite,), organization=RESEARCH),
)


async def populate(society: Society, templates: dict[str, str]) -> list[str]:
    """Have all workspaces in their states; returns the ids of those that live."""
    made: list[tuple[Example, str]] = []
    for example in EXAMPLES:
        workspace = await society.admin.find(f"/users/{example.owner}/workspace/{example.name}?include_deleted=true")
        if workspace is None:
            workspace = await _create(society, example, templates[example.template])
        made.append((example, str(workspace["id"])))
    living = await ended(society.admin, [id for _, id in made])
    for example, id in made:
        for step in example.steps if id in living else ():
            workspace = await society.admin.find(f"/workspaces/{id}")
            if workspace is not None:
                await step(Scene(society, society.clients[example.owner], workspace))
    return [id for example, id in made if id in living and deleted not in example.steps]


async def _create(society: Society, example: Example, template_id: str) -> Any:
    body = {
        "name": example.name,
        "template_id": template_id,
        "rich_parameter_values": [{"name": name, "value": value} for name, value in example.parameters.items()],
        **example.settings,
    }
    owner = society.users[example.owner]
    organization = society.organizations[example.organization]
    return await society.clients[example.owner].post(f"/organizations/{organization}/members/{owner}/workspaces", body)


async def ended(admin: Client, ids: Sequence[str]) -> set[str]:
    """Wait until no workspace of `ids` is being built; returns those that were not deleted. Raises `DemoFailed` after a minute."""
    deadline = asyncio.get_running_loop().time() + _BUILD_SECONDS
    while True:
        page = await admin.get("/workspaces?limit=0")
        found = {w["id"]: w["latest_build"]["status"] for w in page["workspaces"] if w["id"] in ids}
        if all(status in _ENDED for status in found.values()):
            return set(found)
        if asyncio.get_running_loop().time() > deadline:
            raise DemoFailed("builds do not end: does a process with the role provisioner run?")
        await asyncio.sleep(0.4)
