"""Rules in a time that is ahead, on a workspace that lives: its agent is a process, its builds are carried out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from service import bootstrap
from service.automation.runner import Automation
from tests.service.agents.living import agents_in, build, make_workspace, until
from tests.support.api import Ledger, running_ledger
from tests.support.processes import gone

HOUR_MS = 3_600_000
SCRIPTS = [
    {"display_name": "Up", "script": "echo $PPID >> $HOME/started", "run_on_start": True, "start_blocks_login": True},
    {"display_name": "Down", "script": "echo $PPID >> $HOME/stopped", "run_on_stop": True},
]
AGENT = {"name": "main", "run": "process", "scripts": SCRIPTS}


async def looked_at(ledger: Ledger, database_url: str, time: datetime) -> None:
    """The automation looks when it is `time`; the provisioner has given a sign of life just then."""
    services = ledger.services
    runner = Automation(services.bus, services.positions, lambda: time, tick_seconds=60, disconnect_seconds=30)
    async with bootstrap.connected(database_url) as connection:
        await connection.execute("UPDATE provisioner_daemons SET last_seen_at = %s", (time,))
        await runner.turn(connection)


def is_up(workspace: Any) -> bool:
    return [(a["status"], a["lifecycle_state"]) for a in agents_in(workspace)] == [("connected", "ready")]


def is_down(workspace: Any) -> bool:
    return bool(workspace["latest_build"]["status"] == "stopped")


async def test_its_deadline_stops_its_process_and_its_schedule_starts_another(migrated_url: str, tmp_path: Path) -> None:
    async with running_ledger(migrated_url, data_dir=tmp_path) as ledger, asyncio.timeout(120):
        admin = await ledger.admin()
        made = await make_workspace(ledger, admin, AGENT, stop={"logs": ["bye"]})
        path = f"/workspaces/{made['id']}"
        await until(ledger, admin, path, is_up)
        hour = (datetime.now(UTC) + timedelta(hours=6)).hour
        await admin.put(f"{path}/ttl", {"ttl_ms": HOUR_MS}, want=204)
        await admin.put(f"{path}/autostart", {"schedule": f"CRON_TZ=UTC 0 {hour} * * *"}, want=204)
        await build(ledger, admin, made["id"], "start")
        running = await until(ledger, admin, path, is_up)

        deadline = datetime.fromisoformat(running["latest_build"]["deadline"])
        await looked_at(ledger, migrated_url, deadline - timedelta(minutes=1))
        assert (await admin.get(path, want=200)).json["latest_build"]["id"] == running["latest_build"]["id"]
        await looked_at(ledger, migrated_url, deadline)
        stopped = await until(ledger, admin, path, is_down)
        assert stopped["latest_build"]["reason"] == "autostop"
        home = tmp_path / "agents" / agents_in(running)[0]["id"] / "home"
        assert (home / "stopped").read_text() == (home / "started").read_text(), "the process that started it has stopped it"
        await gone(int((home / "started").read_text()))

        next_start_at = datetime.fromisoformat(stopped["next_start_at"])
        await looked_at(ledger, migrated_url, next_start_at)
        started = await until(ledger, admin, path, is_up)
        assert (started["latest_build"]["transition"], started["latest_build"]["reason"]) == ("start", "autostart")
        assert datetime.fromisoformat(started["latest_build"]["created_at"]) == next_start_at
