"""Workspaces with agents, made over HTTP; waiting without sleeping: ask again whenever the read models have moved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.service.templates.authoring import make_version
from tests.support.api import Client, Ledger

SECONDS = 30.0


def of_agents(*agents: Mapping[str, Any]) -> dict[str, Any]:
    """A template whose start has one resource with these agents."""
    return {"start": {"resources": [{"name": "main", "type": "docker_container", "agents": list(agents)}]}}


async def until(ledger: Ledger, client: Client, path: str, holds: Callable[[Any], Any]) -> Any:
    """The first document at `path` for which `holds`; fails after a while."""
    async with asyncio.timeout(SECONDS):
        while True:
            position = ledger.services.positions.current
            document = (await client.get(path, want=200)).json
            if holds(document):
                return document
            await ledger.services.positions.wait_until(position + 1, SECONDS)


async def make_workspace(ledger: Ledger, client: Client, *agents: Mapping[str, Any], **plans: Any) -> dict[str, Any]:
    """A workspace of a template with these agents, its first start succeeded; `plans` are other parts of the template."""
    admin, organization = await ledger.admin(), await ledger.organization_id()
    version = await make_version(admin, organization, {**of_agents(*agents), **plans})
    at = f"/templateversions/{version['id']}"
    imported = await until(ledger, admin, at, lambda v: v["job"]["status"] not in ("pending", "running"))
    assert imported["job"]["status"] == "succeeded", imported["job"]
    name = f"t{version['id'][:8]}"
    body = {"name": name, "template_version_id": version["id"]}
    template = (await admin.post(f"/organizations/{organization}/templates", body, want=201)).json
    made = (await client.post("/users/me/workspaces", {"name": name, "template_id": template["id"]}, want=201)).json
    return await ended(ledger, client, made["id"])


async def ended(ledger: Ledger, client: Client, id: str) -> dict[str, Any]:
    """The workspace once its latest build has ended."""
    document: dict[str, Any] = await until(
        ledger, client, f"/workspaces/{id}", lambda w: w["latest_build"]["job"]["status"] in ("succeeded", "failed", "canceled")
    )
    return document


def agents_in(workspace: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """All agents of the latest build."""
    return [agent for resource in workspace["latest_build"]["resources"] for agent in resource.get("agents", [])]


async def build(ledger: Ledger, client: Client, id: str, transition: str) -> dict[str, Any]:
    """Another build of the workspace, ended."""
    await client.post(f"/workspaces/{id}/builds", {"transition": transition}, want=201)
    return await ended(ledger, client, id)


async def as_agent(client: Client, workspace: Mapping[str, Any]) -> Client:
    """Speaks with the token of the workspace's one agent whom somebody else must bring."""
    state = (await client.get(f"/workspacebuilds/{workspace['latest_build']['id']}/state", want=200)).json
    return replace(client, token=state["agents"][0]["token"])
