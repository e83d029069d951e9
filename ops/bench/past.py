"""History and time travel at a million events: one workspace with ten thousand of them, documents and lists at random positions."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

from ops.bench.callers import Asked, Scene, ask_each, large_scene

#: For everything that looks back (issue 7).
MOST_P95_MS = 20.0


async def bench(rounds: int, seconds: float, directory: Path) -> list[dict[str, Any]]:
    """A report for each kind of look back."""
    async with large_scene(directory) as scene:
        return await ask_each(scene, {**_documents(scene), **_lists(scene)}, MOST_P95_MS, rounds, seconds)


def _documents(scene: Scene) -> Asked:
    rnd, deployment, time = random.Random(11), scene.deployment, _times(scene)
    # By then the first build has been queued, and nothing was renamed.
    busy, begun = f"/workspaces/{deployment.busy}", deployment.busy_since + 5
    first = itertools.cycle(deployment.workspaces[:5000:97])
    owner = f"/users/{deployment.busy_owner}/workspace"

    def position(since: int = begun) -> int:
        return rnd.randint(since, deployment.events)

    def late() -> int:
        """By then every workspace of the first half is there."""
        return position(deployment.events * 2 // 3)

    return {
        "history of 10,000 events, first page": ("owner", f"{busy}/history"),
        "history of 10,000 events, from anywhere": ("owner", lambda: f"{busy}/history?before={position()}"),
        "history of 10,000 events, a rare type": ("owner", f"{busy}/history?type=WorkspaceCreated"),
        "history with changes, 25": ("owner", lambda: f"{busy}/history?diff=true&limit=25&before={position()}"),
        "the busy workspace at a position": ("owner", lambda: f"{busy}?at={position()}"),
        "any workspace at a position": ("owner", lambda: f"/workspaces/{next(first)}?at={late()}"),
        "any workspace at a time": ("owner", lambda: f"/workspaces/{next(first)}?at={time()}"),
        "sharing at a position": ("owner", lambda: f"{busy}/acl?at={position()}"),
        "by name at a position": ("owner", lambda: f"{owner}/space-0?at={begun + rnd.randrange(3)}"),
    }


def _lists(scene: Scene) -> Asked:
    """Pages of lists as they were: each way to ask, and each key of `q`."""
    rnd, deployment, time = random.Random(12), scene.deployment, _times(scene)
    middle = deployment.began + (deployment.ended - deployment.began) / 2

    def listed(q: str = "", *, offset: int = 0, since: int = deployment.busy_since + 5) -> str:
        return f"/workspaces?limit=25&offset={offset}&q={q}&at={rnd.randint(since, deployment.events)}"

    def searching(q: Callable[[], str]) -> Callable[[], str]:
        return lambda: listed(q())

    late = deployment.events * 2 // 3
    keys: dict[str, Callable[[], str]] = {
        "owner:": lambda: f"owner:person-{rnd.randrange(2000)}",
        "template:": lambda: "template:docker",
        "name:": lambda: f"name:space-{rnd.randrange(999)}",
        "name: of everybody": lambda: "name:space",
        "id:": lambda: f"id:{rnd.choice(deployment.workspaces)}",
        "status:": lambda: "status:running",
        "status: of nobody": lambda: "status:failed",
        "has-agent:": lambda: "has-agent:connected",
        "has-agent: of few": lambda: "has-agent:timeout",
        "healthy:": lambda: "healthy:false",
        "dormant:": lambda: "dormant:true",
        "outdated:": lambda: "outdated:true",
        "outdated:false": lambda: "outdated:false",
        "last_used_after:": lambda: f"last_used_after:%22{middle.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}%22",
        "last_used_before:": lambda: f"last_used_before:%22{middle.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}%22",
        "has-ai-task:": lambda: "has-ai-task:true",
        "has-ai-task:false": lambda: "has-ai-task:false",
        "has_external_agent:": lambda: "has_external_agent:true",
        "has_external_agent:false": lambda: "has_external_agent:false",
        "organization:": lambda: f"organization:{rnd.choice(deployment.organizations)}",
        "shared:": lambda: "shared:true",
        "shared:false": lambda: "shared:false",
        "shared_with_user:": lambda: f"shared_with_user:person-{rnd.randrange(2000)}",
        "shared_with_group:": lambda: f"shared_with_group:{rnd.choice(deployment.organizations)}",
        "param:": lambda: "param:region",
        "param: with a value": lambda: "param:region=eu",
        "param: of nobody": lambda: "param:region=us",
        "four keys": lambda: "status:running%20template:docker%20outdated:false%20name:space-1",
    }
    return {
        "list at a position": ("owner", listed),
        "list at a time": ("owner", lambda: f"/workspaces?limit=25&at={time()}"),
        "list at a position, a page from anywhere": ("owner", lambda: listed(offset=rnd.randrange(10_000), since=late)),
        "list at a position, a member": ("member", listed),
        "list at a time, a member": ("member", lambda: f"/workspaces?limit=25&at={time()}"),
        **{f"list at a position, {name}": ("owner", searching(q)) for name, q in keys.items()},
    }


def _times(scene: Scene) -> Callable[[], str]:
    """Makes moments of the last third, as `?at=` takes them."""
    rnd, deployment = random.Random(13), scene.deployment

    def time() -> str:
        moment = deployment.began + (deployment.ended - deployment.began) * rnd.uniform(0.7, 1)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    return time
