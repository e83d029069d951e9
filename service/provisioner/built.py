"""What a plan yields: resources and agents with ids of their own, tokens, timings. Ids and tokens are drawn here."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

import orjson

from domain.builds.commands import BuiltAgent, CompleteBuild
from domain.templates.values import AgentSpec, ResourceSpec, TimingSpec, TransitionPlan

#: The resource type that says that agents are brought by somebody else (contract/workspaces.md 9.1, has_external_agent).
_EXTERNAL_AGENT = "coder_external_agent"


def new_id() -> str:
    """A random UUID as text."""
    return str(uuid.uuid4())


def token_digest(token: str) -> bytes:
    """What is kept of an agent's token."""
    return hashlib.sha256(token.encode()).digest()


def completed_build(build_id: str, workspace_id: str, worker_id: str, plan: TransitionPlan, started_at: datetime) -> CompleteBuild:
    """The successful end of a build that carried out `plan` (references replaced) from `started_at` on.

    The state that is left names the agents whom somebody else must bring, with their tokens: whoever may read the state of a
    build may bring them. Agents of other kinds get theirs from the provisioner that plays them.
    """
    resources: list[dict[str, Any]] = []
    agents: list[BuiltAgent] = []
    tokens: list[dict[str, str]] = []
    for spec in plan.resources:
        resource_id = new_id()
        resources.append(_resource(resource_id, spec))
        ids = {agent.name: new_id() for agent in spec.agents}
        for order, agent in enumerate(spec.agents):
            token = new_id()
            agents.append(_agent(ids, resource_id, order, agent, token))
            if agent.run == "none":
                tokens.append({"agent_id": ids[agent.name], "agent": agent.name, "resource": spec.name, "token": token})
    return CompleteBuild(
        build_id,
        workspace_id,
        worker_id,
        resources=tuple(resources),
        agents=tuple(agents),
        timings=tuple(_timings(plan.timings, started_at)),
        daily_cost=plan.daily_cost,
        has_ai_task=bool(plan.ai_task_app),
        has_external_agent=any(r.type == _EXTERNAL_AGENT for r in plan.resources),
        state=orjson.dumps({"version": 1, "agents": tokens}) if tokens else b"",
    )


def _resource(id: str, spec: ResourceSpec) -> dict[str, Any]:
    return {
        "id": id,
        "name": spec.name,
        "type": spec.type,
        "icon": spec.icon,
        "hide": spec.hide,
        "daily_cost": spec.daily_cost,
        "instance_type": spec.instance_type,
        "metadata": [m.to_dict() for m in spec.metadata],
    }


def _agent(ids: dict[str, str], resource_id: str, order: int, spec: AgentSpec, token: str) -> BuiltAgent:
    document = spec.to_dict()
    document["order"] = order
    for app in document["apps"]:
        app["id"] = new_id()
    for script in document["scripts"]:
        script["id"] = new_id()
        script["log_source_id"] = new_id()
    return BuiltAgent(
        id=ids[spec.name],
        resource_id=resource_id,
        name=spec.name,
        parent_id=ids.get(spec.parent),
        connection_timeout_seconds=spec.connection_timeout_seconds,
        token_digest=token_digest(token),
        spec=document,
    )


def _timings(specs: tuple[TimingSpec, ...], started_at: datetime) -> list[dict[str, Any]]:
    """The declared steps, one after the other from the start of the job."""
    timings = []
    for spec in specs:
        ended_at = started_at + timedelta(seconds=spec.seconds)
        timings.append(
            {
                "started_at": started_at.isoformat(),
                "ended_at": ended_at.isoformat(),
                "stage": spec.stage,
                "source": spec.source,
                "action": spec.action,
                "resource": spec.resource,
            }
        )
        started_at = ended_at
    return timings
