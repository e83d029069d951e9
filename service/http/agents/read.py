"""One agent, and what is asked of its machine. Nothing here speaks the private network of the reference: see `network`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from domain.agents.values import SIMULATED
from domain.kernel.errors import Invalid
from projections.agents.queries import app_statuses
from projections.agents.render import Place, agent_status, render_agent
from service.http.agents.access import agent_in_path
from service.http.call import Call
from service.http.errors import NotOffered
from service.http.responses import json_response
from service.http.routing import Access, Route

_NO_NETWORK = "This deployment has no private network to its agents."
_ONLY_BY_NETWORK = "What needs a connection into the workspace (ports, shells, tunnels) cannot be reached through this service."


async def get_agent(call: Call) -> web.Response:
    """The agent, its last heartbeat and the size of its log as of now."""
    row = await agent_in_path(call)
    async with call.pool.connection() as connection:
        statuses = await app_statuses(connection, row["id"])
    if agent_status(row) == "connected" and row["heard_at"] is not None:
        row["last_connected_at"] = max(row["last_connected_at"], row["heard_at"])
    place = Place(row["workspace_name"], row["owner_name"])
    return json_response(render_agent(row, statuses, place, logs_length=row["logs_length"]))


async def get_listening_ports(call: Call) -> web.Response:
    """A simulated agent has no machine, hence no ports; of a real one they cannot be asked."""
    await _simulated(call)
    return json_response({"ports": []})


async def get_containers(call: Call) -> web.Response:
    """A simulated agent has no machine, hence no containers; of a real one they cannot be asked."""
    await _simulated(call)
    return json_response({"devcontainers": [], "containers": [], "warnings": []})


async def _simulated(call: Call) -> dict[str, Any]:
    """Raises `Invalid` for an agent that is not connected, `NotOffered` for one on a machine."""
    row = await agent_in_path(call)
    status = agent_status(row)
    if status != "connected":
        raise Invalid(f'Agent state is "{status}", it must be in the "connected" state.')
    if row["spec"].get("run") != SIMULATED:
        raise NotOffered(_NO_NETWORK, _ONLY_BY_NETWORK)
    return row


async def network(call: Call) -> web.Response:
    """Connections into workspaces. Raises `NotOffered`, once the agent was found."""
    if "agent" in call.path:
        await agent_in_path(call)
    raise NotOffered(_NO_NETWORK, _ONLY_BY_NETWORK)


def _network(path: str, summary: str) -> Route:
    return Route(
        "GET",
        path,
        network,
        access=Access.SESSION,
        permission="workspace:read",
        summary=summary,
        responses={501: None},
        tag="Agents",
        description="Always 501: this service reports about agents but opens no connections to them.",
    )


ROUTES = (
    _network("/workspaceagents/connection", "How to connect to agents (not offered)"),
    Route(
        "GET",
        "/workspaceagents/{agent}",
        get_agent,
        access=Access.SESSION,
        permission="workspace:read",
        summary="Read an agent",
        responses={200: "WorkspaceAgent"},
        tag="Agents",
    ),
    Route(
        "GET",
        "/workspaceagents/{agent}/listening-ports",
        get_listening_ports,
        access=Access.SESSION,
        permission="workspace:read",
        summary="List the ports that an agent's machine listens on",
        responses={200: "AgentListeningPorts", 501: None},
        tag="Agents",
    ),
    Route(
        "GET",
        "/workspaceagents/{agent}/containers",
        get_containers,
        access=Access.SESSION,
        permission="workspace:read",
        summary="List the containers on an agent's machine",
        responses={200: "AgentContainers", 501: None},
        tag="Agents",
    ),
    _network("/workspaceagents/{agent}/containers/watch", "Watch the containers on an agent's machine (not offered)"),
    _network("/workspaceagents/{agent}/connection", "How to connect to an agent (not offered)"),
    _network("/workspaceagents/{agent}/coordinate", "Join the private network of an agent (not offered)"),
    _network("/workspaceagents/{agent}/pty", "Open a terminal in a workspace (not offered)"),
)
