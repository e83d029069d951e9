"""History and time travel at a million events: one workspace with ten thousand of them, documents and lists at random positions."""

from __future__ import annotations

import itertools
import random
from datetime import UTC
from pathlib import Path
from typing import Any

from ops.bench.callers import Asked, Scene, ask_each, large_scene

#: For everything that looks back (issue 7).
MOST_P95_MS = 20.0


async def bench(rounds: int, seconds: float, directory: Path) -> list[dict[str, Any]]:
    """A report for each kind of look back."""
    async with large_scene(directory) as scene:
        return await ask_each(scene, _views(scene), MOST_P95_MS, rounds, seconds)


def _views(scene: Scene) -> Asked:
    rnd, deployment = random.Random(11), scene.deployment
    # By then the first build has been queued, and nothing was renamed.
    busy, begun = f"/workspaces/{deployment.busy}", deployment.busy_since + 5
    first = itertools.cycle(deployment.workspaces[:5000:97])
    owner = f"/users/{deployment.busy_owner}/workspace"

    def position(since: int = begun) -> int:
        return rnd.randint(since, deployment.events)

    def late() -> int:
        """By then every workspace of the first half is there."""
        return position(deployment.events * 2 // 3)

    def time() -> str:
        moment = deployment.began + (deployment.ended - deployment.began) * rnd.uniform(0.7, 1)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

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
        "list at a position, owner": ("owner", lambda: f"/workspaces?limit=25&at={position()}"),
        "list at a time, owner": ("owner", lambda: f"/workspaces?limit=25&at={time()}"),
        "list at a position, member": ("member", lambda: f"/workspaces?limit=25&at={position()}"),
        "list at a position, owner:": ("owner", lambda: f"/workspaces?limit=25&q=owner:person-{rnd.randrange(2000)}&at={position()}"),
        "list at a position, status:": ("owner", lambda: f"/workspaces?limit=25&q=status:running&at={position()}"),
        "list at a position, name:": ("owner", lambda: f"/workspaces?limit=25&q=name:space-{rnd.randrange(999)}&at={position()}"),
        "list at a position, template:": ("owner", lambda: f"/workspaces?limit=25&q=template:docker&at={position()}"),
        "list at a position, shared:": ("owner", lambda: f"/workspaces?limit=25&q=shared:true&at={position()}"),
    }
