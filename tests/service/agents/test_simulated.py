"""Agents that the provisioner plays, seen over HTTP."""

from __future__ import annotations

from tests.service.agents.living import agents_in, build, make_workspace, until
from tests.support.api import Ledger

SCRIPTS = [
    {"display_name": "Up", "script": "echo up", "run_on_start": True, "start_blocks_login": True},
    {"display_name": "Down", "script": "echo down", "run_on_stop": True},
]
APP = {"slug": "code", "url": "http://localhost:1", "healthcheck": {"url": "http://localhost:1/healthz", "interval": 5, "threshold": 3}}
LIVE = {"name": "main", "run": "simulated", "scripts": SCRIPTS, "apps": [APP], "simulate": {"app_health": {"code": "healthy"}}}


async def test_a_simulated_agent_connects_and_is_ready(ledger: Ledger) -> None:
    person = await ledger.person()
    workspace = await make_workspace(ledger, person, LIVE)
    path = f"/workspaces/{workspace['id']}"
    document = await until(ledger, person, path, lambda w: agents_in(w)[0]["lifecycle_state"] == "ready")
    [agent] = agents_in(document)
    assert agent["status"] == "connected"
    assert agent["health"] == {"healthy": True}
    assert agent["apps"][0]["health"] == "healthy"
    assert document["health"] == {"healthy": True, "failing_agents": []}
    up, down = agent["scripts"]
    assert (up["exit_code"], up["status"]) == (0, "ok")
    assert "exit_code" not in down


async def test_an_agent_says_the_same_alone_and_in_its_workspace(ledger: Ledger) -> None:
    person = await ledger.person()
    workspace = await make_workspace(ledger, person, LIVE)
    document = await until(ledger, person, f"/workspaces/{workspace['id']}", lambda w: agents_in(w)[0]["lifecycle_state"] == "ready")
    [embedded] = agents_in(document)
    alone = (await person.get(f"/workspaceagents/{embedded['id']}", want=200)).json
    assert alone.pop("last_connected_at") >= embedded.pop("last_connected_at")
    assert alone == embedded


async def test_a_stopped_workspaces_agent_shuts_down(ledger: Ledger) -> None:
    person = await ledger.person()
    workspace = await make_workspace(ledger, person, LIVE)
    path = f"/workspaces/{workspace['id']}"
    document = await until(ledger, person, path, lambda w: agents_in(w)[0]["status"] == "connected")
    [agent] = agents_in(document)
    await build(ledger, person, workspace["id"], "stop")
    gone = await until(ledger, person, f"/workspaceagents/{agent['id']}", lambda a: a["status"] == "disconnected")
    assert gone["disconnected_at"] >= gone["first_connected_at"]


async def test_an_agent_that_is_told_to_disconnects(ledger: Ledger) -> None:
    person = await ledger.person()
    brief = {"name": "main", "run": "simulated", "simulate": {"disconnect_after_seconds": 0.2}}
    workspace = await make_workspace(ledger, person, brief)
    document = await until(ledger, person, f"/workspaces/{workspace['id']}", lambda w: agents_in(w)[0]["status"] == "disconnected")
    assert agents_in(document)[0]["health"] == {"healthy": False, "reason": "agent has lost connection"}


async def test_an_agent_that_nobody_brings_times_out(ledger: Ledger) -> None:
    person = await ledger.person()
    workspace = await make_workspace(ledger, person, {"name": "main", "run": "none", "connection_timeout_seconds": 1})
    document = await until(ledger, person, f"/workspaces/{workspace['id']}", lambda w: agents_in(w)[0]["status"] == "timeout")
    assert document["health"]["healthy"] is False


async def test_a_simulated_agent_has_no_ports_and_no_network(ledger: Ledger) -> None:
    person = await ledger.person()
    workspace = await make_workspace(ledger, person, LIVE)
    document = await until(ledger, person, f"/workspaces/{workspace['id']}", lambda w: agents_in(w)[0]["status"] == "connected")
    at = f"/workspaceagents/{agents_in(document)[0]['id']}"
    assert (await person.get(f"{at}/listening-ports", want=200)).json == {"ports": []}
    assert (await person.get(f"{at}/containers", want=200)).json == {"devcontainers": [], "containers": [], "warnings": []}
    for path in (f"{at}/connection", f"{at}/coordinate", f"{at}/pty", "/workspaceagents/connection"):
        await person.get(path, want=501)


async def test_agents_of_others_are_not_found(ledger: Ledger) -> None:
    person, stranger = await ledger.person(), await ledger.person()
    workspace = await make_workspace(ledger, person, {"name": "main", "run": "none"})
    [agent] = agents_in(workspace)
    for sub in ("", "/logs", "/watch-metadata", "/listening-ports", "/containers", "/connection"):
        await stranger.get(f"/workspaceagents/{agent['id']}{sub}", want=404)
    await person.get(f"/workspaceagents/{agent['id']}/listening-ports", want=400)
