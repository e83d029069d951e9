"""kill -9 of the service that runs agents as processes: they end with it, and the next one brings them back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.faults.conftest import Running
from tests.service.templates.authoring import make_version
from tests.support.api import Client
from tests.support.processes import gone, lives

SCRIPT = {"display_name": "Startup", "script": "echo started >> $HOME/starts; sleep 1000 & echo $! > $HOME/pid; wait", "run_on_start": True}
AGENT = {"name": "main", "run": "process", "scripts": [SCRIPT]}
TEMPLATE = {"start": {"resources": [{"name": "main", "type": "machine", "agents": [AGENT]}]}}


async def workspace(client: Client) -> str:
    """A workspace whose agent is a process."""
    organization = (await client.get("/organizations/default", want=200)).json["id"]
    version = await make_version(client, organization, TEMPLATE)
    async with asyncio.timeout(20):
        while (await client.get(f"/templateversions/{version['id']}", want=200)).json["job"]["status"] != "succeeded":
            await asyncio.sleep(0.05)
    body = {"name": "living", "template_version_id": version["id"]}
    template = (await client.post(f"/organizations/{organization}/templates", body, want=201)).json
    return str((await client.post("/users/me/workspaces", {"name": "living", "template_id": template["id"]}, want=201)).json["id"])


async def agent_until(client: Client, id: str, status: str) -> dict[str, Any]:
    """The workspace's one agent once it has this status."""
    async with asyncio.timeout(30):
        while True:
            shown = (await client.get(f"/workspaces/{id}", want=200)).json
            for resource in shown["latest_build"]["resources"]:
                for agent in resource.get("agents", []):
                    if agent["status"] == status:
                        return dict(agent)
            await asyncio.sleep(0.05)


def is_told(file: Path) -> bool:
    """Whether somebody has written a whole line; a file is there before anything is in it."""
    return file.exists() and file.read_text().endswith("\n")


def starts(home: Path) -> int:
    """How often the start script has run."""
    file = home / "starts"
    return len(file.read_text().splitlines()) if file.exists() else 0


async def test_agents_end_with_the_service_that_keeps_them_and_come_back_with_the_next(running: Running) -> None:
    id = await workspace(running.client)
    agent = await agent_until(running.client, id, "connected")
    home = running.place.folder / "data" / "agents" / agent["id"] / "home"
    async with asyncio.timeout(20):
        while starts(home) < 1 or not is_told(home / "pid"):
            await asyncio.sleep(0.05)
    pid = int((home / "pid").read_text())
    assert lives(pid)

    await running.process.kill()
    await gone(pid)

    await running.restart()
    async with asyncio.timeout(30):
        while starts(home) < 2:
            await asyncio.sleep(0.05)
    await agent_until(running.client, id, "connected")
    await running.place.verified()
