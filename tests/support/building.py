"""What tests of builds do again and again: templates that are imported, workspaces, waiting for a job by following its log."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from tests.service.templates.authoring import make_version
from tests.support.api import Client, Ledger

HANG: Mapping[str, Any] = {"start": {"delay_seconds": 86_400, "logs": ["working"]}}
PLAIN: Mapping[str, Any] = {
    "start": {"logs": ["pulling image", "starting"], "resources": [{"name": "main", "type": "docker_container"}]},
    "stop": {"logs": ["bye"]},
}
_names = itertools.count(1)
_DEADLINE = 30.0


async def follow(client: Client, path: str) -> tuple[list[dict[str, Any]], int | None]:
    """Every line of a job's log until the server closes the socket, and the close code."""
    lines = []
    headers = {"Coder-Session-Token": client.token or ""}
    async with asyncio.timeout(_DEADLINE), client.session.ws_connect(f"{client.base}/api/v2{path}", headers=headers) as socket:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                lines.append(orjson.loads(message.data))
    return lines, socket.close_code


async def ended(client: Client, build_id: str) -> dict[str, Any]:
    """The build once its job is over."""
    await follow(client, f"/workspacebuilds/{build_id}/logs?follow")
    return dict((await client.get(f"/workspacebuilds/{build_id}", want=200)).json)


async def template(ledger: Ledger, spec: Mapping[str, Any] = PLAIN, **body: Any) -> dict[str, Any]:
    """An imported template of the default organization."""
    admin, organization = await ledger.admin(), await ledger.organization_id()
    version = await make_version(admin, organization, spec)
    await follow(admin, f"/templateversions/{version['id']}/logs?follow")
    request = {"name": f"t{next(_names)}", "template_version_id": version["id"], "template_use_classic_parameter_flow": True, **body}
    return dict((await admin.post(f"/organizations/{organization}/templates", request, want=201)).json)


async def queued_workspace(client: Client, of: Mapping[str, Any], **body: Any) -> dict[str, Any]:
    """A new workspace whose first build is only queued."""
    request = {"name": f"w{next(_names)}", "template_id": of["id"], **body}
    return dict((await client.post("/users/me/workspaces", request, want=201)).json)


async def workspace(client: Client, of: Mapping[str, Any], **body: Any) -> dict[str, Any]:
    """A new workspace whose first build has ended."""
    made = await queued_workspace(client, of, **body)
    await ended(client, made["latest_build"]["id"])
    return dict((await client.get(f"/workspaces/{made['id']}", want=200)).json)


async def built(client: Client, workspace_id: str, transition: str, **body: Any) -> dict[str, Any]:
    """The workspace's next build, once it is over."""
    answer = await client.post(f"/workspaces/{workspace_id}/builds", {"transition": transition, **body}, want=201)
    return await ended(client, answer.json["id"])


async def first_line(client: Client, build_id: str, output: str) -> None:
    """Wait until the build has printed `output`."""
    headers = {"Coder-Session-Token": client.token or ""}
    url = f"{client.base}/api/v2/workspacebuilds/{build_id}/logs?follow"
    async with asyncio.timeout(_DEADLINE), client.session.ws_connect(url, headers=headers) as socket:
        async for message in socket:
            if orjson.loads(message.data)["output"] == output:
                return
    raise AssertionError(f"{output!r} was never printed")
