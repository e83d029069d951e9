"""History and time travel at a million events: one workspace with ten thousand of them, documents and lists at random positions."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from ops.bench.beside import beside_bare
from ops.bench.callers import Scene, large_scene
from ops.bench.measure import bounded

#: One caller at a time: the latency that one sees is what is promised.
CONNECTIONS = 1
#: For everything that looks back (issue 7).
MOST_P95_MS = 20.0


async def bench(rounds: int, seconds: float, directory: Path) -> list[dict[str, Any]]:
    """A report for each kind of look back."""
    async with large_scene(directory) as scene:
        return await measure(scene, rounds, seconds)


async def measure(scene: Scene, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """All of them over a scene that is there."""
    reports = []
    for title, (caller, path) in _views(scene).items():
        api = scene.callers[caller]
        report, ours = await beside_bare(title, scene.server, api, path, rounds, seconds, connections=CONNECTIONS, data_dir=scene.data_dir)
        reports.append(bounded(report, ours, MOST_P95_MS))
    return reports


def _views(scene: Scene) -> Mapping[str, tuple[str, str | Callable[[], str]]]:
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
