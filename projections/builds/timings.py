"""How long the parts of a build took: provisioner, scripts, first connections. Reads `agents`. Source: contract/workspaces.md 4.3.

Steps without a beginning or an end are left out: a script that never ran, an agent that never connected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from projections.documents import rfc3339

_BUILD: LiteralString = "SELECT job_id, timings FROM builds WHERE id = %s::uuid"
_AGENTS: LiteralString = """
    SELECT id, name, spec -> 'scripts', script_results, created_at, first_connected_at
    FROM agents
    WHERE build_id = %s::uuid
    ORDER BY created_at, name, id
"""


async def build_timings(connection: AsyncConnection[Any], build_id: str) -> dict[str, Any] | None:
    """The schema `WorkspaceBuildTimings`, None when there is no such build."""
    cursor = await connection.execute(_BUILD, (build_id,))
    build = await cursor.fetchone()
    if build is None:
        return None
    job_id, steps = build
    cursor = await connection.execute(_AGENTS, (build_id,))
    agents = await cursor.fetchall()
    return {
        "agent_connection_timings": [
            _connection(id, name, created_at, connected_at)
            for id, name, _, _, created_at, connected_at in agents
            if connected_at is not None
        ],
        "agent_script_timings": [
            timing for id, name, scripts, results, _, _ in agents for timing in _scripts(id, name, scripts or (), results)
        ],
        "provisioner_timings": [_step(job_id, step) for step in steps if step.get("started_at") and step.get("ended_at")],
    }


def _connection(id: str, name: str, created_at: datetime, connected_at: datetime) -> dict[str, Any]:
    return {
        "ended_at": rfc3339(connected_at),
        "stage": "connect",
        "started_at": rfc3339(created_at),
        "workspace_agent_id": id,
        "workspace_agent_name": name,
    }


def _scripts(id: str, name: str, scripts: Iterable[Mapping[str, Any]], results: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for script in scripts:
        result = results.get(script["id"])
        if result is not None:
            yield {
                "display_name": script["display_name"],
                "ended_at": _time(result["ended_at"]),
                "exit_code": result["exit_code"],
                "stage": result["stage"],
                "started_at": _time(result["started_at"]),
                "status": result["status"],
                "workspace_agent_id": id,
                "workspace_agent_name": name,
            }


def _step(job_id: str, step: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "action": step["action"],
        "ended_at": _time(step["ended_at"]),
        "job_id": job_id,
        "resource": step["resource"],
        "source": step["source"],
        "stage": step["stage"],
        "started_at": _time(step["started_at"]),
    }


def _time(text: str) -> str:
    return rfc3339(datetime.fromisoformat(text))
