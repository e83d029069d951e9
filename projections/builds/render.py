"""A build's row as the API's WorkspaceBuild, resources included. Pure: rows are dicts by column name.

`builds.resources` is a list of `{id, name, type, icon, hide, daily_cost, instance_type, metadata: [{key, value, sensitive}]}`;
their agents are rows of `agents`, whose `spec` may say with `order` in which place the template declared them.
Source: contract/workspaces.md 9.1, contract/lifecycle.md B2, B3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from projections.agents.render import Place, render_agent
from projections.documents import rfc3339, rfc3339_or_none
from projections.jobs.render import job_status, render_job

Row = Mapping[str, Any]

_RUNNING = {"start": "starting", "stop": "stopping", "delete": "deleting"}
_SUCCEEDED = {"start": "running", "stop": "stopped", "delete": "deleted"}

#: Only pending jobs have provisioners to wait for; whoever reads such a build fills in how many.
NO_PROVISIONERS: Mapping[str, Any] = {"available": 0, "count": 0, "most_recently_seen": None}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose build it is, and the workspace's name: what a build's document shows of its surroundings."""

    workspace_name: str
    owner_id: str
    username: str
    avatar_url: str


def workspace_status(status: str, transition: str) -> str:
    """The word of `latest_build.status` for a job status and a transition."""
    if status == "running":
        return _RUNNING[transition]
    if status == "succeeded":
        return _SUCCEEDED[transition]
    return status if status in ("pending", "canceling", "canceled") else "failed"


def render_resources(
    resources: Sequence[Row],
    agents: Iterable[Row],
    *,
    job_id: str,
    transition: str,
    created_at: datetime,
    statuses: Mapping[str, Sequence[Row]] | None = None,
    place: Place | None = None,
    by_name: bool = False,
) -> list[dict[str, Any]]:
    """The documents of a build's (or a version's) resources with their agents; sub-agents follow the declared ones.

    `agents` are the rows of all of them, `statuses` their apps' statuses by agent id, newest first. Sorted by the first
    agent's order, then name; `by_name` (the deprecated routes) by name alone.
    """
    if not resources:
        return []
    rows: dict[str, list[Row]] = {}
    for agent in agents:
        rows.setdefault(agent["resource_id"], []).append(agent)
    created = rfc3339(created_at)
    documents = [
        _resource(resource, _in_order(rows.get(resource["id"], ())), job_id, transition, created, statuses or {}, place)
        for resource in resources
    ]
    if len(documents) > 1:
        documents.sort(key=_by_name if by_name else _by_agents)
    return documents


def _by_name(resource: Row) -> str:
    return str(resource["name"])


def _by_agents(resource: Row) -> tuple[bool, str]:
    return "agents" not in resource, resource["name"]


def _in_order(agents: Sequence[Row]) -> Sequence[Row]:
    return agents if len(agents) < 2 else sorted(agents, key=_agent_order)


def _agent_order(agent: Row) -> tuple[int, str, str]:
    return agent["spec"].get("order", 0), agent["name"], agent["id"]


def _resource(
    resource: Row,
    agents: Sequence[Row],
    job_id: str,
    transition: str,
    created_at: str,
    statuses: Mapping[str, Sequence[Row]],
    place: Place | None,
) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if agents:
        document["agents"] = [render_agent(agent, statuses.get(agent["id"], ()), place) for agent in agents]
    document["created_at"] = created_at
    document["daily_cost"] = resource["daily_cost"]
    document["hide"] = resource["hide"]
    document["icon"] = resource["icon"]
    document["id"] = resource["id"]
    document["job_id"] = job_id
    if resource["metadata"]:
        document["metadata"] = [
            {"key": item["key"], "sensitive": item["sensitive"], "value": item["value"]} for item in resource["metadata"]
        ]
    document["name"] = resource["name"]
    document["type"] = resource["type"]
    document["workspace_transition"] = transition
    return document


def render_build(
    build: Row,
    job: Row,
    owner: Owner,
    *,
    initiator_name: str,
    version_name: str,
    agents: Iterable[Row] = (),
    statuses: Mapping[str, Sequence[Row]] | None = None,
) -> dict[str, Any]:
    """The document of a build (rows of `builds` and `jobs`, its agents' rows). Queue and provisioners show as empty."""
    transition = build["transition"]
    document: dict[str, Any] = {
        "build_number": build["number"],
        "created_at": rfc3339(build["created_at"]),
        "daily_cost": build["daily_cost"],
        "deadline": rfc3339_or_none(build["deadline"]),
    }
    if build["has_ai_task"] is not None:
        document["has_ai_task"] = build["has_ai_task"]
    if build["has_external_agent"] is not None:
        document["has_external_agent"] = build["has_external_agent"]
    document["id"] = build["id"]
    document["initiator_id"] = build["initiator_id"]
    document["initiator_name"] = initiator_name
    document["job"] = render_job(job)
    document["matched_provisioners"] = NO_PROVISIONERS
    document["max_deadline"] = rfc3339_or_none(build["max_deadline"])
    document["reason"] = build["reason"]
    document["resources"] = render_resources(
        build["resources"],
        agents,
        job_id=build["job_id"],
        transition=transition,
        created_at=job["completed_at"] or build["updated_at"],
        statuses=statuses,
        place=Place(owner.workspace_name, owner.username),
    )
    document["status"] = workspace_status(job_status(job), transition)
    document["template_version_id"] = build["template_version_id"]
    document["template_version_name"] = version_name
    document["template_version_preset_id"] = build["preset_id"]
    document["transition"] = transition
    document["updated_at"] = rfc3339(build["updated_at"])
    document["workspace_id"] = build["workspace_id"]
    document["workspace_name"] = owner.workspace_name
    if owner.avatar_url:
        document["workspace_owner_avatar_url"] = owner.avatar_url
    document["workspace_owner_id"] = owner.owner_id
    document["workspace_owner_name"] = owner.username
    return document
