"""The audit log and the raw log at a million events: pages, every key of the search language, depths and rights."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ops.bench.beside import beside_bare
from ops.bench.callers import Scene, large_scene
from ops.bench.measure import bounded

#: One caller at a time: the latency that one sees is what is promised.
CONNECTIONS = 1
#: For the first page and its exact count (issue 7).
MOST_P95_MS = 50.0


async def bench(rounds: int, seconds: float, directory: Path) -> list[dict[str, Any]]:
    """A report for each kind of page."""
    async with large_scene(directory) as scene:
        return await measure(scene, rounds, seconds)


async def measure(scene: Scene, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """All of them over a scene that is there."""
    reports = []
    for title, (caller, path) in _pages(scene).items():
        api = scene.callers[caller]
        report, ours = await beside_bare(title, scene.server, api, path, rounds, seconds, connections=CONNECTIONS, data_dir=scene.data_dir)
        reports.append(bounded(report, ours, MOST_P95_MS))
    return reports


def _pages(scene: Scene) -> Mapping[str, tuple[str, str | Callable[[], str]]]:
    deployment = scene.deployment
    people = itertools.cycle(range(0, len(deployment.people), 79))
    workspaces = itertools.cycle(deployment.workspaces[::97])
    starts = itertools.cycle(range(0, deployment.events, 7919))
    organization = quote("organization:team-2")

    def audit(q: str, more: str = "") -> str:
        return f"/audit?limit=25&q={quote(q)}{more}"

    def log(more: str) -> str:
        return f"/audit/events?limit=1000&{more}"

    pages: dict[str, tuple[str, str | Callable[[], str]]] = {
        "audit, first page, owner": ("owner", audit("")),
        "audit, first page, auditor": ("auditor", audit("")),
        "audit, first page, auditor of one organization": ("organization auditor", audit("")),
        "audit, 100,000 entries down": ("owner", audit("", "&offset=100000")),
        "audit, resource_type": ("owner", audit("resource_type:workspace")),
        "audit, action": ("owner", audit("action:start")),
        "audit, resource_type and action": ("owner", audit("resource_type:workspace_build action:start")),
        "audit, organization": ("owner", f"/audit?limit=25&q={organization}"),
        "audit, organization, resource_type, action": ("owner", f"/audit?limit=25&q={organization}+resource_type:workspace+action:write"),
        "audit, date_from and date_to": ("owner", audit(_days(scene))),
        "audit, dates, resource_type": ("owner", audit(f"{_days(scene)} resource_type:api_key")),
        "audit, build_reason": ("owner", audit("build_reason:autostart")),
        "audit, username": ("owner", lambda: audit(f"username:person-{next(people)}")),
        "audit, email, action": ("owner", lambda: audit(f"email:person-{next(people)}@example.com action:login")),
        "audit, resource_id": ("owner", lambda: audit(f"resource_id:{next(workspaces)}")),
        "audit, resource_id of the busy one": ("owner", audit(f"resource_id:{deployment.busy}")),
        "audit, resource_target": ("owner", lambda: audit(f"resource_target:space-{next(people)}")),
        "audit, request_id of none": ("owner", audit(f"request_id:{deployment.busy}")),
        "audit, username and resource_type, auditor of one": (
            "organization auditor",
            lambda: audit(f"username:person-{next(people)} resource_type:workspace"),
        ),
        "log, a thousand from anywhere": ("auditor", lambda: log(f"after={next(starts)}")),
        "log, of a rare type": ("auditor", log("type=OrganizationCreated")),
        "log, of a type": ("auditor", lambda: log(f"type=WorkspaceTTLSet&after={next(starts)}")),
        "log, of a stream": ("auditor", log(f"stream=workspace/{deployment.busy}")),
        "log, of an actor": ("auditor", lambda: log(f"actor={deployment.people[next(people)]}")),
    }
    return pages


def _days(scene: Scene) -> str:
    """Ten days in the middle of the month."""
    first, last = scene.deployment.began.date(), scene.deployment.ended.date()
    third = (last - first) / 3
    return f"date_from:{first + third} date_to:{last - third}"
