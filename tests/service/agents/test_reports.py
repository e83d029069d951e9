"""Agents that bring their token and report over plain HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import aiohttp

from tests.service.agents.living import agents_in, as_agent, build, make_workspace, until
from tests.support.api import Client, Ledger, running_ledger

APP = {"slug": "code", "url": "http://localhost:1", "healthcheck": {"url": "http://localhost:1/healthz", "interval": 5, "threshold": 3}}
SCRIPT = {"display_name": "Up", "script": "echo up", "run_on_start": True}
FOREIGN = {"name": "main", "run": "none", "apps": [APP], "scripts": [SCRIPT], "env": {"EDITOR": "vim"}, "directory": "/home/coder"}


async def _foreign(ledger: Ledger) -> tuple[Client, Client, dict[str, Any], str]:
    """The owner, the agent, the workspace, the path of the agent."""
    owner = await ledger.admin()
    workspace = await make_workspace(ledger, owner, FOREIGN)
    agent = await as_agent(owner, workspace)
    return owner, agent, workspace, f"/workspaceagents/{agents_in(workspace)[0]['id']}"


async def test_an_agent_connects_by_its_heartbeat_and_leaves(ledger: Ledger) -> None:
    owner, agent, _, path = await _foreign(ledger)
    answer = (await agent.post("/workspaceagents/me/heartbeat", want=200)).json
    assert answer["interval_seconds"] < answer["disconnect_seconds"]
    assert (await owner.get(path)).json["status"] == "connected"
    await agent.post("/workspaceagents/me/disconnect", want=204)
    assert (await owner.get(path)).json["status"] == "disconnected"


async def test_a_silent_agent_counts_as_disconnected(migrated_url: str) -> None:
    async with running_ledger(migrated_url, agent_disconnect_seconds=1.0) as ledger:
        owner, agent, workspace, path = await _foreign(ledger)
        await agent.post("/workspaceagents/me/heartbeat", want=200)
        await until(ledger, owner, f"/workspaces/{workspace['id']}", lambda w: agents_in(w)[0]["status"] == "disconnected")
        await agent.post("/workspaceagents/me/heartbeat", want=200)
        assert (await owner.get(path)).json["status"] == "connected"


async def test_an_agent_learns_what_to_run(ledger: Ledger) -> None:
    _, agent, workspace, _ = await _foreign(ledger)
    assignment = (await agent.get("/workspaceagents/me/assignment", want=200)).json
    assert (assignment["workspace_id"], assignment["directory"]) == (workspace["id"], "/home/coder")
    assert assignment["environment_variables"] == {"EDITOR": "vim"}
    assert assignment["scripts"][0]["script"] == "echo up"
    key = (await agent.get("/workspaceagents/me/gitsshkey", want=200)).json
    assert key["private_key"]
    await agent.get("/workspaceagents/me/rpc", want=501)
    for left_out in ("external-auth?id=github", "reinit"):
        await agent.get(f"/workspaceagents/me/{left_out}", want=404)


async def test_reports_show_in_the_agents_document(ledger: Ledger) -> None:
    owner, agent, workspace, path = await _foreign(ledger)
    [known] = agents_in(workspace)
    await agent.post("/workspaceagents/me/startup", {"version": "v9", "api_version": "2.1", "subsystems": ["exectrace"]}, want=204)
    await agent.post("/workspaceagents/me/lifecycle", {"state": "starting"}, want=204)
    await agent.post("/workspaceagents/me/app-health", {"healths": {known["apps"][0]["id"]: "unhealthy"}}, want=204)
    result = {"script_id": known["scripts"][0]["id"], "start": "2026-03-02T12:00:00Z", "end": "2026-03-02T12:00:03Z"}
    await agent.post("/workspaceagents/me/script-results", {**result, "exit_code": 2, "stage": "start", "status": "exit_failure"}, want=204)
    await agent.post("/workspaceagents/me/lifecycle", {"state": "start_error"}, want=204)
    shown = (await owner.get(path, want=200)).json
    assert (shown["version"], shown["api_version"], shown["subsystems"]) == ("v9", "2.1", ["exectrace"])
    assert (shown["lifecycle_state"], shown["apps"][0]["health"], shown["scripts"][0]["exit_code"]) == ("start_error", "unhealthy", 2)
    assert shown["ready_at"] >= shown["started_at"]


async def test_reports_that_make_no_sense_are_refused(ledger: Ledger) -> None:
    _, agent, _, _ = await _foreign(ledger)
    me = "/workspaceagents/me"
    await agent.post(f"{me}/lifecycle", {"state": "asleep"}, want=400)
    await agent.post(f"{me}/startup", {"subsystems": ["moon"]}, want=400)
    await agent.post(f"{me}/app-health", {"healths": {str(uuid.uuid4()): "healthy"}}, want=400)
    await agent.post(f"{me}/script-results", {"script_id": str(uuid.uuid4())}, want=400)
    await agent.post(f"{me}/usage", {"connection_count": -1}, want=400)
    status = {"app_slug": "code", "state": "idle"}
    for body in ({**status, "state": "busy"}, {**status, "app_slug": "x"}, {**status, "message": "m" * 161}):
        await agent.patch(f"{me}/app-status", body, want=400)
    await agent.patch(f"{me}/logs", {"logs": []}, want=400)
    await agent.patch(f"{me}/logs", {"logs": [{"output": "x", "level": "loud"}]}, want=400)


async def test_the_newest_status_of_an_app_is_the_workspaces(ledger: Ledger) -> None:
    owner, agent, workspace, _ = await _foreign(ledger)
    path, status = "/workspaceagents/me/app-status", {"app_slug": "code", "state": "working", "message": "on it\x07"}
    assert (await agent.patch(path, status, want=200)).json is None
    await agent.patch(path, {**status, "state": "idle", "message": "done", "uri": "http://x"}, want=200)
    shown = (await owner.get(f"/workspaces/{workspace['id']}")).json
    assert (shown["latest_app_status"]["state"], shown["latest_app_status"]["uri"]) == ("idle", "http://x")
    assert [s["message"] for s in agents_in(shown)[0]["apps"][0]["statuses"]] == ["done", "on it"]


async def test_a_token_is_good_for_the_latest_build_only(ledger: Ledger) -> None:
    owner, agent, workspace, _ = await _foreign(ledger)
    await agent.post("/workspaceagents/me/heartbeat", want=200)
    await build(ledger, owner, workspace["id"], "stop")
    await agent.post("/workspaceagents/me/heartbeat", want=401)


async def test_a_token_is_good_while_the_stop_after_its_start_is_under_way(ledger: Ledger) -> None:
    owner = await ledger.admin()
    workspace = await make_workspace(ledger, owner, FOREIGN, stop={"delay_seconds": 60, "logs": ["stopping"]})
    agent = await as_agent(owner, workspace)
    await agent.post("/workspaceagents/me/heartbeat", want=200)
    stop = (await owner.post(f"/workspaces/{workspace['id']}/builds", {"transition": "stop"}, want=201)).json
    await agent.post("/workspaceagents/me/lifecycle", {"state": "shutting_down"}, want=204)
    await owner.patch(f"/workspacebuilds/{stop['id']}/cancel", want=200)
    ended = ("canceled", "succeeded", "failed")
    await until(ledger, owner, f"/workspacebuilds/{stop['id']}", lambda b: b["job"]["status"] in ended)
    await agent.post("/workspaceagents/me/heartbeat", want=401)


async def test_metadata_comes_as_server_sent_events_too(ledger: Ledger) -> None:
    owner, agent, _, path = await _foreign(ledger)
    await agent.post("/workspaceagents/me/metadata-values", {"metadata": [{"key": "load", "value": "1"}]}, want=204)
    headers = {"Coder-Session-Token": owner.token or ""}
    async with ledger.session.get(f"{ledger.base}/api/v2{path}/watch-metadata", headers=headers) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        assert await response.content.readline() == b"event: data\n"
        assert b'"value":"1"' in await response.content.readline()


async def test_log_lines_are_read_back(ledger: Ledger) -> None:
    owner, agent, workspace, path = await _foreign(ledger)
    source = agents_in(workspace)[0]["log_sources"][0]["id"]
    lines = [{"created_at": "2026-03-02T12:00:00Z", "output": "one\x00", "level": "warn"}, {"output": "two"}]
    assert (await agent.patch("/workspaceagents/me/logs", {"log_source_id": source, "logs": lines}, want=200)).json is None
    one, two = (await owner.get(f"{path}/logs", want=200)).json
    assert (one["created_at"], one["output"], one["level"], one["source_id"]) == ("2026-03-02T12:00:00Z", "one\ufffd", "warn", source)
    assert (two["level"], two["id"] > one["id"]) == ("info", True)
    assert (await owner.get(f"{path}/logs?after={one['id']}", want=200)).json == [two]
    text = await owner.get(f"{path}/logs?format=text", want=200)
    assert text.headers["Content-Type"].startswith("text/plain")
    assert text.raw.decode().splitlines()[0] == "2026-03-02T12:00:00Z [warn] [agent|Up] one\ufffd"
    assert (await owner.get(path)).json["logs_length"] == len("one\ufffdtwo".encode())
    assert (await owner.get(f"{path}/startup-logs", want=200)).json == [one, two]


async def test_lines_without_a_source_come_from_outside(ledger: Ledger) -> None:
    owner, agent, _, path = await _foreign(ledger)
    await agent.patch("/workspaceagents/me/logs", {"logs": [{"output": "hello"}]}, want=200)
    shown = (await owner.get(path)).json
    [line] = (await owner.get(f"{path}/logs")).json
    assert {s["id"]: s["display_name"] for s in shown["log_sources"]}[line["source_id"]] == "External"


async def test_a_full_log_refuses_lines_and_says_so(ledger: Ledger) -> None:
    owner, agent, _, path = await _foreign(ledger)
    await agent.patch("/workspaceagents/me/logs", {"logs": [{"output": "x" * 1_000_000}]}, want=200)
    for output in ("y" * 100_000, "z"):
        await agent.patch("/workspaceagents/me/logs", {"logs": [{"output": output}]}, want=413)
    assert (await owner.get(path)).json["logs_overflowed"] is True
    assert len((await owner.get(f"{path}/logs")).json) == 1


async def test_a_source_may_be_named_twice(ledger: Ledger) -> None:
    owner, agent, _, path = await _foreign(ledger)
    body = {"id": str(uuid.uuid4()), "display_name": "Mine", "icon": "/m.png"}
    for _ in range(2):
        assert (await agent.post("/workspaceagents/me/log-source", body, want=201)).json["display_name"] == "Mine"
    assert [s["display_name"] for s in (await owner.get(path)).json["log_sources"]] == ["Up", "Mine"]


async def test_a_followed_log_ends_with_its_build(ledger: Ledger) -> None:
    owner, agent, workspace, path = await _foreign(ledger)
    url = f"{ledger.base}/api/v2{path}/logs?follow"
    async with ledger.session.ws_connect(url, headers={"Coder-Session-Token": owner.token or ""}) as socket:
        assert await socket.receive_json(timeout=30) == []
        await agent.patch("/workspaceagents/me/logs", {"logs": [{"output": "one"}, {"output": "two"}]}, want=200)
        assert [line["output"] for line in await socket.receive_json(timeout=30)] == ["one", "two"]
        await build(ledger, owner, workspace["id"], "stop")
        end = await socket.receive(timeout=30)
        assert (end.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 1000)


async def test_metadata_is_watched_as_it_changes(ledger: Ledger) -> None:
    owner, agent, _, path = await _foreign(ledger)
    url = f"{ledger.base}/api/v2{path}/watch-metadata-ws"
    async with ledger.session.ws_connect(url, headers={"Coder-Session-Token": owner.token or ""}) as socket:
        assert await socket.receive_json(timeout=30) == {"type": "data", "data": []}
        value = {"key": "load", "display_name": "Load", "interval": 10, "value": "0.5", "collected_at": "2026-03-02T12:00:00Z"}
        await agent.post("/workspaceagents/me/metadata-values", {"metadata": [value, {"key": "long", "value": "v" * 3000}]}, want=204)
        load, long = (await socket.receive_json(timeout=30))["data"]
    assert load["result"]["collected_at"] == "2026-03-02T12:00:00Z"
    assert (load["result"]["value"], load["description"]["interval"]) == ("0.5", 10), "seconds, as pages compare them with the age"
    assert load["result"]["age"] > 0
    assert len(long["result"]["value"]) == 2048
    assert long["result"]["error"]


async def test_an_agent_has_no_more_keys_than_one_report_could_bring(ledger: Ledger) -> None:
    owner, agent, _, path = await _foreign(ledger)
    report = "/workspaceagents/me/metadata-values"
    for key in ("a" * 3000, "b" * 3000):
        await agent.post(report, {"metadata": [{"key": key, "value": "1"}]}, want=204)
    refused = await agent.post(report, {"metadata": [{"key": "c" * 200}, {"key": "a" * 3000, "value": "2"}]}, want=400)
    assert [violation["field"] for violation in refused.json["validations"]] == ["key"]
    await agent.post(report, {"metadata": [{"key": "a" * 3000, "value": "3"}]}, want=204)
    url = f"{ledger.base}/api/v2{path}/watch-metadata-ws"
    async with ledger.session.ws_connect(url, headers={"Coder-Session-Token": owner.token or ""}) as socket:
        shown = (await socket.receive_json(timeout=30))["data"]
    assert [value["result"]["value"] for value in shown] == ["3", "1"]


async def test_connections_count_as_use(ledger: Ledger) -> None:
    owner, agent, workspace, _ = await _foreign(ledger)
    await agent.post("/workspaceagents/me/usage", {"connection_count": 0}, want=204)
    answer = await agent.post("/workspaceagents/me/usage", {"connection_count": 1}, want=204)
    assert int(answer.headers["Ledger-Position"]) > 0
    assert (await owner.get(f"/workspaces/{workspace['id']}")).json["last_used_at"] >= workspace["last_used_at"]
