"""Which agent a path means: one that is there, of a workspace that the caller may read (contract/lifecycle.md D11)."""

from __future__ import annotations

from typing import Any

from domain.kernel.errors import NotFound
from projections.agents.queries import agent_by_id
from service.http.call import Call
from service.http.paths import path_uuid
from service.http.workspaces.access import readable


async def agent_in_path(call: Call) -> dict[str, Any]:
    """The agent's row (`projections.agents.queries.agent_by_id`). Raises `Invalid` for no id, `NotFound` for one not to be seen."""
    id = path_uuid(call.path["agent"])
    async with call.pool.connection() as connection:
        row = await agent_by_id(connection, id)
    if row is None:
        raise NotFound
    await readable(call, row["workspace_id"])
    return row
