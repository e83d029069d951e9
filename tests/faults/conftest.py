"""A place of one test for processes, and a deployment in it with somebody signed in and workspaces to change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.support.api import Client
from tests.support.faults import Deployment, Process, deployment
from tests.support.workspaces import publish, workspace
from tests.support.writers import Writers, at


@dataclass(slots=True)
class Running:
    """One process with an embedded database, and a caller."""

    place: Deployment
    process: Process
    client: Client
    organization_id: str
    template_id: str
    workspace_ids: tuple[str, ...]

    def writers(self) -> Writers:
        """Not started yet: `async with`."""
        return Writers(self.client, self.organization_id, self.workspace_ids)

    async def restart(self) -> None:
        """Another process on the same data, and the same caller there."""
        self.process = await self.place.start()
        self.client = at(self.client, self.process.url)


@pytest.fixture
async def place() -> AsyncIterator[Deployment]:
    """Where processes of this test live."""
    async with deployment() as opened:
        yield opened


@pytest.fixture
async def running(place: Deployment) -> Running:
    """A process that serves everything, with four workspaces."""
    return await started(place)


async def started(place: Deployment) -> Running:
    """The same in any place."""
    process = await place.start()
    client = await place.sign_in(process)
    organization_id = (await client.get("/organizations/default", want=200)).json["id"]
    template_id = await publish(client, organization_id)
    ids = await asyncio.gather(*(workspace(client, template_id, f"ws-{number}") for number in range(4)))
    return Running(place, process, client, organization_id, template_id, tuple(ids))
