"""Deeds of agents and of provisioners of other processes, who speak with tokens and keys of their own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.properties.deeds import Deed, Stage
from tests.properties.scenes import own, shown
from tests.service.agents.living import agents_in, of_agents
from tests.service.templates.authoring import make_version
from tests.support.api import Answer
from tests.support.attached import Provisioner, attached
from tests.support.building import ended, queued_workspace, template

_APP = {"slug": "code", "url": "http://localhost:1", "healthcheck": {"url": "http://localhost:1/healthz", "interval": 5, "threshold": 3}}
_SCRIPT = {"display_name": "Up", "script": "true", "run_on_start": True, "run_on_stop": True}
BROUGHT = of_agents(
    {"name": "main", "run": "none", "apps": [_APP], "scripts": [_SCRIPT]}, {"name": "inner", "run": "none", "parent": "main"}
)
LEAVING = of_agents(
    {"name": "main", "scripts": [_SCRIPT], "apps": [_APP], "simulate": {"disconnect_after_seconds": 0, "app_health": {"code": "unhealthy"}}}
)
STAYING = {**of_agents({"name": "main", "scripts": [_SCRIPT]}), "stop": {"delay_seconds": 86_400}}


def _states(workspace: Mapping[str, Any]) -> dict[str, str]:
    """The states of all agents of the latest build, by their names."""
    return {agent["name"]: agent["status"] for agent in agents_in(workspace)}


async def reporting_agent(s: Stage) -> Answer:
    """An agent that says all that agents can say, fills its log, and leaves."""
    made = await own(s, await template(s.ledger, BROUGHT), ttl_ms=3_600_000)
    soon = {"deadline": (datetime.now(UTC) + timedelta(minutes=31)).isoformat()}
    await s.admin.put(f"/workspaces/{made['id']}/extend", soon, want=200)
    build = made["latest_build"]
    known = next(agent for agent in agents_in(made) if agent["name"] == "main")
    state = (await s.admin.get(f"/workspacebuilds/{build['id']}/state", want=200)).json
    agent = replace(s.admin, token=next(entry["token"] for entry in state["agents"] if entry["agent"] == "main"))
    me, now, source = (
        "/workspaceagents/me",
        datetime.now(UTC).isoformat(),
        {"id": str(uuid.uuid4()), "display_name": "Mine", "icon": "/m.png"},
    )
    script = {"script_id": known["scripts"][0]["id"], "exit_code": s.rnd.choice((0, 1)), "stage": "start", "status": "ok"}
    await agent.post(f"{me}/heartbeat", want=200)
    await agent.post(f"{me}/startup", {"version": "v1", "expanded_directory": "/home", "subsystems": ["envbox"]}, want=204)
    await agent.post(f"{me}/lifecycle", {"state": "starting"}, want=204)
    await agent.post(f"{me}/script-results", {**script, "start": now, "end": now}, want=204)
    await agent.post(f"{me}/app-health", {"healths": {known["apps"][0]["id"]: s.rnd.choice(("healthy", "unhealthy"))}}, want=204)
    await agent.patch(
        f"{me}/app-status", {"app_slug": "code", "state": "working", "message": "on it", "uri": "https://x.example"}, want=200
    )
    await agent.post(f"{me}/log-source", source, want=201)
    await agent.patch(f"{me}/logs", {"log_source_id": source["id"], "logs": [{"output": "x" * 1_000_000}]}, want=200)
    await agent.patch(f"{me}/logs", {"logs": [{"output": "y" * 100_000}]}, want=413)
    await agent.post(f"{me}/usage", {"connection_count": 1}, want=204)
    await agent.post(f"{me}/metadata-values", {"metadata": [{"key": "load", "value": "1"}]}, want=204)
    return await agent.post(f"{me}/disconnect", want=204)


async def leaving_agent(s: Stage) -> Answer:
    """One that the provisioner plays: it comes and it leaves."""
    made = await own(s, await template(s.ledger, LEAVING))
    await shown(s, f"/workspaces/{made['id']}", lambda w: _states(w)["main"] == "disconnected")
    return await s.admin.post(f"/workspaces/{made['id']}/builds", {"transition": "stop"}, want=201)


async def staying_agent(s: Stage) -> Answer:
    """One that the provisioner plays until its workspace is about to be stopped, which is then called off."""
    made = await own(s, await template(s.ledger, STAYING))
    s.endless.add(made["id"])
    await shown(s, f"/workspaces/{made['id']}", lambda w: _states(w)["main"] == "connected")
    stop = (await s.admin.post(f"/workspaces/{made['id']}/builds", {"transition": "stop"}, want=201)).json["id"]
    await shown(s, f"/workspaceagents/{agents_in(made)[0]['id']}", lambda agent: agent["status"] == "disconnected")
    answer = await s.admin.patch(f"/workspacebuilds/{stop}/cancel", want=200)
    await ended(s.admin, stop)
    return answer


async def far_away(s: Stage) -> Answer:
    """A provisioner of another process: it fills the logs of an import, of a plan that is made, of one that fails, and of a build;
    another plan is called off."""
    tags = {"cluster": s.new_name("far")}
    far = await attached(s.ledger, tags["cluster"], tags)
    version = f"/templateversions/{(await make_version(s.admin, s.organization, tags=tags))['id']}"
    await _full(far, "complete", {"template": {"version": 1}})
    plan = {"daily_cost": 4, "resources": [{"name": "vm", "type": "vm", "daily_cost": 4}]}
    for how, body in (("complete", {"plan": plan}), ("fail", {"error": "no such region"})):
        await s.admin.post(f"{version}/dry-run", {}, want=201)
        await _full(far, how, body, types=["template_version_dry_run"])
    run = (await s.admin.post(f"{version}/dry-run", {}, want=201)).json["id"]
    await far.take(types=["template_version_dry_run"])
    await s.admin.patch(f"{version}/dry-run/{run}/cancel", want=200)
    await far.send(f"{run}/canceled", want=204)
    request = {"name": tags["cluster"], "template_version_id": version.rpartition("/")[2]}
    made = (await s.admin.post(f"/organizations/{s.organization}/templates", request, want=201)).json
    shed = (await queued_workspace(s.admin, made, name=tags["cluster"]))["id"]
    s.endless.add(shed)
    s.workspaces.append(shed)
    return await _full(far, "complete", {"plan": plan})


async def _full(far: Provisioner, how: str, body: Mapping[str, Any], **which: Any) -> Answer:
    """The next job, ended with more lines than are kept."""
    job = (await far.take(**which))["job_id"]
    await far.overflow(job)
    return await far.send(f"{job}/{how}", body)


async def awaited_agent(s: Stage) -> Answer:
    """One that never came, in a workspace that nobody has touched so far."""
    if s.waiting not in s.workspaces:
        await shown(s, f"/workspaces/{s.waiting}", lambda w: "timeout" in _states(w).values())
        s.workspaces.append(s.waiting)
    return await s.admin.get(f"/workspaces/{s.waiting}")


AGENT_SCENES: tuple[Deed, ...] = (reporting_agent, leaving_agent, staying_agent, far_away, awaited_agent)
