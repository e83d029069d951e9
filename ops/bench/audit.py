"""The audit log and the raw log at a million events: pages, every key of the search language, depths and rights."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ops.bench.callers import Asked, Scene, ask_each, large_scene

#: For the first page and its exact count (issue 7).
MOST_P95_MS = 50.0


async def bench(rounds: int, seconds: float, directory: Path) -> list[dict[str, Any]]:
    """A report for each kind of page."""
    async with large_scene(directory) as scene:
        return await ask_each(scene, _pages(scene), MOST_P95_MS, rounds, seconds)


def _pages(scene: Scene) -> Asked:
    deployment = scene.deployment
    people = itertools.cycle(range(0, len(deployment.people), 79))
    workspaces = itertools.cycle(deployment.workspaces[::97])
    starts = itertools.cycle(range(0, deployment.events, 7919))
    organization = quote("organization:team-2")

    def audit(q: str, more: str = "") -> str:
        return f"/audit?limit=25&q={quote(q)}{more}"

    def log(more: str) -> str:
        return f"/audit/events?limit=1000&{more}"

    return {
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


def _days(scene: Scene) -> str:
    """Ten days in the middle of the month."""
    first, last = scene.deployment.began.date(), scene.deployment.ended.date()
    third = (last - first) / 3
    return f"date_from:{first + third} date_to:{last - third}"
