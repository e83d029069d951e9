"""A template without parameters or agents, imported by a real provisioner, and workspaces of it: for tests that only want workspaces."""

from __future__ import annotations

import asyncio

from tests.service.templates.authoring import make_version
from tests.support.api import Client


async def publish(client: Client, organization_id: str, name: str = "plain") -> str:
    """Upload, import, create; returns the template's id."""
    version = await make_version(client, organization_id)
    async with asyncio.timeout(30):
        while version["job"]["status"] in ("pending", "running"):
            await asyncio.sleep(0.05)
            version = (await client.get(f"/templateversions/{version['id']}", want=200)).json
    assert version["job"]["status"] == "succeeded", version["job"]
    body = {"name": name, "template_version_id": version["id"]}
    return str((await client.post(f"/organizations/{organization_id}/templates", body, want=201)).json["id"])


async def workspace(client: Client, template_id: str, name: str) -> str:
    """A workspace of the caller's; its first build may still run. Returns its id."""
    return str((await client.post("/users/me/workspaces", {"name": name, "template_id": template_id}, want=201)).json["id"])
