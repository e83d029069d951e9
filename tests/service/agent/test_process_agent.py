"""Agents with `run: process`: real processes that run real scripts, watched over real HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.service.agents.living import agents_in, build, ended, make_workspace, until
from tests.support.api import Client, Ledger, running_ledger
from tests.support.processes import gone


@pytest.fixture
async def living(migrated_url: str, tmp_path: Path) -> AsyncIterator[Ledger]:
    """A service whose agents live below the test's own directory."""
    async with running_ledger(migrated_url, data_dir=tmp_path) as opened:
        yield opened


def script(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"display_name": name, "script": text, "run_on_start": True, **more}


def agent(*scripts: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "main", "run": "process", "scripts": list(scripts), **more}


async def reached(ledger: Ledger, client: Client, id: str, state: str) -> dict[str, Any]:
    """The workspace's agent once its lifecycle is in this state."""
    document = await until(ledger, client, f"/workspaces/{id}", lambda w: [a["lifecycle_state"] for a in agents_in(w)] == [state])
    return agents_in(document)[0]


def pid_of(folder: Path) -> int:
    """The process that was given the one agent's home."""
    home = next((folder / "agents").iterdir()) / "home"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"HOME={home}".encode() in environment and b"agent" in command:
                return int(entry.name)
    raise AssertionError(f"no process lives in {home}")


def token_of(pid: int) -> bytes:
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return next(entry for entry in environment if entry.startswith(b"LEDGER_AGENT_TOKEN=")).split(b"=")[1]


async def printed(client: Client, agent_id: str) -> list[tuple[str, str]]:
    return [(line["level"], line["output"]) for line in (await client.get(f"/workspaceagents/{agent_id}/logs", want=200)).json]


async def test_start_scripts_run_in_order_and_their_output_and_results_are_shown(living: Ledger, tmp_path: Path) -> None:
    admin = await living.admin()
    made = await make_workspace(
        living,
        admin,
        agent(
            script("first", "sleep 0.2\necho one > $HOME/order; echo hello $WHO from $CODER_WORKSPACE_NAME", start_blocks_login=True),
            script("second", "#!/bin/bash\necho two >> $HOME/order; [[ -f ~/order ]] && echo oops >&2", log_path="logs/second.log"),
            env={"WHO": "world"},
        ),
    )
    found = await reached(living, admin, made["id"], "ready")
    assert found["status"] == "connected"
    assert [(s["display_name"], s["status"], s["exit_code"]) for s in found["scripts"]] == [("first", "ok", 0), ("second", "ok", 0)]
    home = tmp_path / "agents" / found["id"] / "home"
    assert (home / "order").read_text() == "one\ntwo\n"
    assert (home / "logs" / "second.log").read_text() == "oops\n"
    assert await printed(admin, found["id"]) == [("info", f"hello world from {made['name']}"), ("error", "oops")]


async def test_a_failing_script_is_a_start_error_and_the_workspace_is_unhealthy(living: Ledger) -> None:
    admin = await living.admin()
    made = await make_workspace(living, admin, agent(script("bad", "exit 7")))
    found = await reached(living, admin, made["id"], "start_error")
    assert [(s["status"], s["exit_code"]) for s in found["scripts"]] == [("exit_failure", 7)]
    assert (await admin.get(f"/workspaces/{made['id']}", want=200)).json["health"] == {"healthy": False, "failing_agents": [found["id"]]}


async def test_a_script_that_takes_too_long_is_killed_with_what_it_started(living: Ledger, tmp_path: Path) -> None:
    admin = await living.admin()
    made = await make_workspace(living, admin, agent(script("slow", "sleep 600 & echo $! > $HOME/pid; sleep 600", timeout=3)))
    found = await reached(living, admin, made["id"], "start_timeout")
    assert [s["status"] for s in found["scripts"]] == ["timed_out"]
    pid = int((tmp_path / "agents" / found["id"] / "home" / "pid").read_text())
    await gone(pid)


async def test_a_program_left_in_the_background_does_not_hold_up_the_start(living: Ledger, tmp_path: Path) -> None:
    admin = await living.admin()
    made = await make_workspace(living, admin, agent(script("server", "sleep 60 & echo $! > $HOME/pid", start_blocks_login=True)))
    found = await reached(living, admin, made["id"], "ready")
    assert [s["status"] for s in found["scripts"]] == ["pipes_left_open"]
    os.kill(int((tmp_path / "agents" / found["id"] / "home" / "pid").read_text()), signal.SIGKILL)


async def test_a_stop_waits_for_stop_scripts_and_then_the_process_is_gone(living: Ledger, tmp_path: Path) -> None:
    admin = await living.admin()
    stop = {"display_name": "bye", "script": "sleep 0.5; echo saved", "run_on_stop": True}
    made = await make_workspace(living, admin, agent(stop), stop={"logs": ["bye"]})
    found = await reached(living, admin, made["id"], "ready")
    pid = pid_of(tmp_path)
    stopped = await build(living, admin, made["id"], "stop")
    assert stopped["latest_build"]["status"] == "stopped"
    await gone(pid)
    first = (await admin.get(f"/workspacebuilds/{made['latest_build']['id']}/timings", want=200)).json
    assert [(t["stage"], t["status"]) for t in first["agent_script_timings"]] == [("stop", "ok")]
    assert ("info", "saved") in await printed(admin, found["id"])
    async with living.services.pool.connection() as connection:
        cursor = await connection.execute("SELECT lifecycle_state, disconnected_at IS NULL FROM agents WHERE id = %s::uuid", (found["id"],))
        assert await cursor.fetchone() == ("off", False)


async def test_a_killed_agent_shows_as_disconnected_in_the_watch(living: Ledger, tmp_path: Path) -> None:
    admin = await living.admin()
    made = await make_workspace(living, admin, agent())
    await reached(living, admin, made["id"], "ready")
    headers = {"Coder-Session-Token": admin.token or ""}
    url = f"{living.base}/api/v2/workspaces/{made['id']}/watch-ws"
    async with asyncio.timeout(30), admin.session.ws_connect(url, headers=headers) as socket:
        os.kill(pid_of(tmp_path), signal.SIGKILL)
        statuses: list[str] = []
        while statuses != ["disconnected"]:
            message = await socket.receive_json()
            if message["type"] == "data":
                statuses = [a["status"] for a in agents_in(message["data"])]


async def test_agents_of_a_service_that_ended_are_started_again_by_the_next(migrated_url: str, tmp_path: Path) -> None:
    async with running_ledger(migrated_url, data_dir=tmp_path) as first:
        admin = await first.admin()
        made = await make_workspace(first, admin, agent(script("count", "echo x >> $HOME/starts")))
        await reached(first, admin, made["id"], "ready")
        pid = pid_of(tmp_path)
    await gone(pid)
    async with running_ledger(migrated_url, data_dir=tmp_path) as second:
        again = Client(second.session, second.base, admin.token)

        def is_back(w: Any) -> bool:
            return [(a["status"], a["lifecycle_state"]) for a in agents_in(w)] == [("connected", "ready")]

        found = agents_in(await until(second, again, f"/workspaces/{made['id']}", is_back))[0]
        async with asyncio.timeout(30):
            while (tmp_path / "agents" / found["id"] / "home" / "starts").read_text() != "x\nx\n":
                await asyncio.sleep(0.05)


async def test_an_apps_health_is_what_its_url_answers(living: Ledger) -> None:
    admin = await living.admin()
    apps = [
        {"slug": "up", "healthcheck": {"url": f"{living.base}/healthz", "interval": 1, "threshold": 1}},
        {"slug": "down", "healthcheck": {"url": "http://127.0.0.1:1/", "interval": 1, "threshold": 1}},
    ]
    made = await make_workspace(living, admin, agent(apps=apps))

    def is_known(w: Any) -> bool:
        return {app["slug"]: app["health"] for a in agents_in(w) for app in a["apps"]} == {"up": "healthy", "down": "unhealthy"}

    await until(living, admin, f"/workspaces/{made['id']}", is_known)


async def test_logs_and_metadata_of_a_process_flow_to_whoever_follows(living: Ledger) -> None:
    admin = await living.admin()
    made = await make_workspace(living, admin, agent(script("talk", "for n in 1 2 3; do echo line $n; sleep 0.3; done")))
    id = agents_in(made)[0]["id"]
    headers = {"Coder-Session-Token": admin.token or ""}
    at = f"{living.base}/api/v2/workspaceagents/{id}"
    async with (
        asyncio.timeout(30),
        admin.session.ws_connect(f"{at}/logs?follow", headers=headers) as logs,
        admin.session.ws_connect(f"{at}/watch-metadata-ws", headers=headers) as metadata,
    ):
        lines: list[str] = []
        while len(lines) < 3:
            lines += [line["output"] for line in await logs.receive_json()]
        values: dict[str, Any] = {}
        while not values:
            values = {value["description"]["key"]: value["result"] for value in (await metadata.receive_json())["data"]}
    assert lines == ["line 1", "line 2", "line 3"]
    assert list(values) == ["home_disk", "load", "memory"]
    assert all(value["value"] and not value["error"] for value in values.values())


async def test_the_token_is_in_no_event_and_in_no_script(living: Ledger, tmp_path: Path) -> None:
    admin = await living.admin()
    made = await make_workspace(living, admin, agent(script("spy", "env")))
    found = await reached(living, admin, made["id"], "ready")
    token = token_of(pid_of(tmp_path))
    assert "TOKEN" not in str(await printed(admin, found["id"]))
    async with living.services.pool.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM ledger_events WHERE position(%b IN state) > 0", (token,))
        assert await cursor.fetchone() == (0,)
    assert token not in (tmp_path / "agents" / found["id"] / "agent.log").read_bytes()
    await build(living, admin, made["id"], "start")
    assert (await ended(living, admin, made["id"]))["latest_build"]["status"] == "running"


async def test_a_schedule_that_cannot_be_kept_is_told_and_ends_nothing(living: Ledger) -> None:
    admin = await living.admin()
    repeated = agent({"display_name": "nightly", "script": "true", "cron": "${parameter.when}"})
    made = await make_workspace(living, admin, repeated, parameters=[{"name": "when", "default": "every night"}])
    found = await reached(living, admin, made["id"], "ready")

    def is_told(lines: Any) -> bool:
        return any(line["level"] == "error" and "'every night' cannot be kept" in line["output"] for line in lines)

    async with asyncio.timeout(30):
        while not is_told((await admin.get(f"/workspaceagents/{found['id']}/logs", want=200)).json):
            await asyncio.sleep(0.05)
