"""What a deployment also holds: builds and imports that failed or were cancelled, workspaces that sleep or are gone, agents of agents.

Each place is a set of path parameters; the answers of every route that takes one of them are held to the schemas as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.service.templates.authoring import make_version
from tests.support.api import Client, Ledger
from tests.support.building import HANG, PLAIN, built, ended, first_line, follow, queued_workspace, template, workspace

Place = Mapping[str, str]

#: Fails to start; a stop of it succeeds.
FAILING: Mapping[str, Any] = {"start": {"fail": "no machine is left", "logs": ["trying"]}}
BROUGHT: Mapping[str, Any] = {
    "start": {
        "daily_cost": 3,
        "resources": [
            {
                "name": "host",
                "type": "docker_container",
                "daily_cost": 3,
                "agents": [
                    {
                        "name": "main",
                        "run": "none",
                        "apps": [
                            {"slug": "code", "url": "http://localhost:1", "external": True, "group": "g", "tooltip": "t", "hidden": True}
                        ],
                        "scripts": [{"display_name": "Up", "script": "true", "run_on_start": True, "start_blocks_login": True}],
                    },
                    {"name": "inner", "run": "none", "parent": "main"},
                    {"name": "never", "run": "none", "connection_timeout_seconds": 1},
                ],
            }
        ],
        "ai_task": {"app": "code"},
    }
}


async def odd_states(ledger: Ledger) -> dict[str, Place]:
    """All of them by what is odd about them."""
    admin, organization = await ledger.admin(), await ledger.organization_id()
    plain = await template(ledger, PLAIN)
    places = {
        "failed": await _failed(admin, await template(ledger, FAILING)),
        "canceled": await _canceled(admin, await template(ledger, HANG)),
    }
    for transition in ("stop", "delete"):
        made = await workspace(admin, plain)
        build = await built(admin, made["id"], transition)
        places[transition] = {
            "workspace": made["id"],
            "workspacename": made["name"],
            "workspacebuild": build["id"],
            "job": build["job"]["id"],
        }
    asleep = await workspace(admin, plain)
    await admin.put(f"/workspaces/{asleep['id']}/dormant", {"dormant": True}, want=200)
    places["dormant"] = {"workspace": asleep["id"], "workspacename": asleep["name"]}
    places |= await _reporting(admin, await template(ledger, BROUGHT))
    broken = await make_version(
        admin, organization, {**PLAIN, "import": {"fail": "a broken archive"}}, template_id=plain["id"], name="broken"
    )
    await follow(admin, f"/templateversions/{broken['id']}/logs?follow")
    places["failed import"] = {"template": plain["id"], "templateversion": broken["id"], "templatename": plain["name"]}
    await admin.patch(
        f"/templates/{plain['id']}", {"deprecation_message": "old", "autostop_requirement": {"days_of_week": ["monday"], "weeks": 2}}
    )
    lone = await make_version(admin, organization, PLAIN)
    places["version of no template"] = {"templateversion": lone["id"]}
    return places


async def _failed(admin: Client, of: Mapping[str, Any]) -> Place:
    made = await workspace(admin, of)
    build = made["latest_build"]
    assert build["status"] == "failed"
    return {"workspace": made["id"], "workspacename": made["name"], "workspacebuild": build["id"], "job": build["job"]["id"]}


async def _canceled(admin: Client, of: Mapping[str, Any]) -> Place:
    made = await queued_workspace(admin, of)
    build = made["latest_build"]
    await first_line(admin, build["id"], "working")
    await admin.patch(f"/workspacebuilds/{build['id']}/cancel", want=200)
    assert (await ended(admin, build["id"]))["status"] == "canceled"
    return {"workspace": made["id"], "workspacename": made["name"], "workspacebuild": build["id"], "job": build["job"]["id"]}


async def _reporting(admin: Client, of: Mapping[str, Any]) -> dict[str, Place]:
    """A workspace whose agent said all that agents can say, with an agent inside of it, and one that never came."""
    made = await workspace(admin, of, ttl_ms=3_600_000)
    build = made["latest_build"]
    agents = {agent["name"]: agent for resource in build["resources"] for agent in resource.get("agents", ())}
    state = (await admin.get(f"/workspacebuilds/{build['id']}/state", want=200)).json
    agent = replace(admin, token=next(entry["token"] for entry in state["agents"] if entry["agent"] == "main"))
    now, me = datetime.now(UTC).isoformat(), "/workspaceagents/me"
    script = {"script_id": agents["main"]["scripts"][0]["id"], "exit_code": 1, "stage": "start", "status": "exit_failure"}
    await agent.post(f"{me}/heartbeat", want=200)
    await agent.post(f"{me}/startup", {"version": "v1", "expanded_directory": "/home", "subsystems": ["envbox"]}, want=204)
    await agent.post(f"{me}/lifecycle", {"state": "starting"}, want=204)
    await agent.post(f"{me}/script-results", {**script, "start": now, "end": now}, want=204)
    await agent.post(f"{me}/lifecycle", {"state": "start_error"}, want=204)
    await agent.patch(
        f"{me}/app-status", {"app_slug": "code", "state": "working", "message": "on it", "uri": "https://x.example"}, want=200
    )
    await agent.patch(f"{me}/logs", {"logs": [{"output": "hello"}]}, want=200)
    await agent.post(f"{me}/metadata-values", {"metadata": [{"key": "load", "value": "1", "error": "late"}]}, want=204)
    where = {"workspace": made["id"], "workspacename": made["name"], "workspacebuild": build["id"], "job": build["job"]["id"]}
    return {f"agent {name}": {**where, "agent": entry["id"]} for name, entry in agents.items()}
