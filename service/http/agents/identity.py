"""What an agent learns about itself: what it is to do, and its owner's key. Source: contract/lifecycle.md D1, D5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from aiohttp import web

from domain.kernel.errors import NotFound
from projections.agents.queries import agent_by_id
from service.auth.agent_tokens import calling_agent
from service.http.call import Call
from service.http.errors import NotOffered
from service.http.responses import json_response
from service.http.routing import Access, Body, Handler, Route

_KEY: LiteralString = """
    SELECT u.ssh_public_key, k.private_key
    FROM workspaces w
    JOIN users u ON u.id = w.owner_id
    JOIN ssh_private_keys k ON k.user_id = u.id
    WHERE w.id = %s::uuid
"""


async def get_assignment(call: Call) -> web.Response:
    """Everything that an agent needs to start: its environment, directory, scripts and apps, as its template declares them."""
    agent = await calling_agent(call)
    async with call.pool.connection() as connection:
        row = await agent_by_id(connection, agent.id)
    if row is None:
        raise NotFound
    spec = row["spec"]
    return json_response(
        {
            "agent_id": agent.id,
            "agent_name": row["name"],
            "workspace_id": row["workspace_id"],
            "workspace_name": row["workspace_name"],
            "owner_id": row["owner_id"],
            "owner_name": row["owner_name"],
            "directory": spec["directory"],
            "environment_variables": spec["env"],
            "scripts": spec["scripts"],
            "apps": [{"id": app["id"], "slug": app["slug"], "healthcheck": app["healthcheck"]} for app in spec["apps"]],
        }
    )


async def get_git_ssh_key(call: Call) -> web.Response:
    """The key with which the workspace's owner signs in to git servers."""
    agent = await calling_agent(call)
    async with call.pool.connection() as connection:
        cursor = await connection.execute(_KEY, (agent.workspace_id,))
        row = await cursor.fetchone()
    if row is None:
        raise NotFound("The owner has no key.")
    return json_response({"public_key": row[0], "private_key": row[1]})


async def rpc(call: Call) -> web.Response:
    """The reference's own protocol. Raises `NotOffered`."""
    await calling_agent(call)
    raise NotOffered("The agent protocol of the reference is not offered.", "Agents report over plain HTTP: see /workspaceagents/me/….")


def _own(path: str, handler: Handler, summary: str, responses: Mapping[int, Body]) -> Route:
    return Route(
        "GET",
        f"/workspaceagents/me/{path}",
        handler,
        access=Access.AGENT,
        permission="the agent's own token",
        summary=summary,
        responses=responses,
        tag="Agents",
    )


ROUTES = (
    _own("assignment", get_assignment, "Learn what to run", {200: "AgentAssignment"}),
    _own("gitsshkey", get_git_ssh_key, "Read the owner's key for git", {200: "AgentGitSSHKey"}),
    _own("rpc", rpc, "Speak the reference's agent protocol (not offered)", {501: None}),
)
