"""kill -9 in the middle of a build: somebody goes on with it, or it ends with an error that says why."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.conftest import Running
from tests.service.templates.authoring import make_version
from tests.support.api import Client
from tests.support.faults import Deployment

#: What a user has to bear at most (silence for 30 s, and a look every 10 s).
PATIENCE = 60.0
SLOW = {"start": {"delay_seconds": 4, "logs": ["first", "second"]}}


async def slow_build(client: Client) -> dict[str, Any]:
    """A workspace whose build is being carried out, and will be for some seconds."""
    organization = (await client.get("/organizations/default", want=200)).json["id"]
    version = await make_version(client, organization, SLOW)
    await until(client, f"/templateversions/{version['id']}", "succeeded")
    body = {"name": "slow", "template_version_id": version["id"]}
    template = (await client.post(f"/organizations/{organization}/templates", body, want=201)).json
    workspace = (await client.post("/users/me/workspaces", {"name": "slow", "template_id": template["id"]}, want=201)).json
    build: dict[str, Any] = workspace["latest_build"]
    await until(client, f"/workspacebuilds/{build['id']}", "running")
    return build


async def until(client: Client, path: str, *statuses: str, seconds: float = 30.0) -> dict[str, Any]:
    """The document once its job has one of these statuses."""
    async with asyncio.timeout(seconds):
        while True:
            document: dict[str, Any] = (await client.get(path, want=200)).json
            if document["job"]["status"] in statuses:
                return document
            await asyncio.sleep(0.05)


@pytest.fixture
async def apart(place: Deployment) -> tuple[Deployment, Client]:
    """A process without a provisioner, and somebody who is signed in there."""
    process = await place.start(LEDGER_ROLES="web,projector,automation")
    return place, await place.sign_in(process)


async def test_a_killed_provisioners_build_is_taken_over_by_another(apart: tuple[Deployment, Client]) -> None:
    place, client = apart
    first = await place.start(LEDGER_ROLES="provisioner")
    build = await slow_build(client)
    # It takes over the daemons of the one that dies, and with them their jobs.
    await place.start(LEDGER_ROLES="provisioner")
    await first.kill()
    ended = await until(client, f"/workspacebuilds/{build['id']}", "succeeded", "failed", seconds=PATIENCE)
    assert (ended["job"]["status"], ended["job"].get("error", "")) == ("succeeded", "") or ended["job"]["error"]
    await place.verified()


async def test_a_killed_provisioners_build_succeeds_once_there_is_one_again(apart: tuple[Deployment, Client]) -> None:
    place, client = apart
    first = await place.start(LEDGER_ROLES="provisioner")
    build = await slow_build(client)
    await first.kill()
    await place.start(LEDGER_ROLES="provisioner")
    ended = await until(client, f"/workspacebuilds/{build['id']}", "succeeded", "failed", seconds=PATIENCE)
    assert (ended["status"], ended["job"].get("error", "")) == ("running", "")
    lines = [line["output"] for line in (await client.get(f"/workspacebuilds/{build['id']}/logs", want=200)).json]
    assert any("begins anew" in line for line in lines)
    await place.verified()


async def test_a_service_killed_during_a_build_goes_on_with_it_after_the_restart(running: Running) -> None:
    build = await slow_build(running.client)
    await running.process.kill()
    await running.restart()
    at = replace(running.client)
    ended = await until(at, f"/workspacebuilds/{build['id']}", "succeeded", "failed", seconds=PATIENCE)
    assert (ended["status"], ended["job"].get("error", "")) == ("running", "")
    events = [event["type"] for event in await running.place.events("--stream", f"build/{build['id']}")]
    assert events.count("BuildStarted") == events.count("BuildCompleted") == 1
