"""Reads agents that run as processes of the provisioner's machine (contract/template-archive.md, `run: process`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import class_row

_CONNECTED: LiteralString = "a.first_connected_at IS NOT NULL AND a.disconnected_at IS NULL"
# While a newer build waits in the queue its predecessor's agents go on; they shut down when it begins.
_LIVING: LiteralString = (
    """
    SELECT a.id, a.correlation_id, w.latest_build_id = a.build_id AS is_current,
      w.latest_build_id = a.build_id OR (j.started_at IS NULL AND j.completed_at IS NULL) AS may_run, """
    + _CONNECTED
    + """ AS is_connected
    FROM agents a
    JOIN workspaces w ON w.id = a.workspace_id AND NOT w.deleted
    JOIN builds l ON l.id = w.latest_build_id
    JOIN jobs j ON j.id = l.job_id
    WHERE a.spec->>'run' = 'process' AND NOT a.deleted
"""
)
_STILL_UP: LiteralString = (
    """
    SELECT EXISTS (
      SELECT 1
      FROM agents a
      WHERE a.workspace_id = %s::uuid AND NOT a.deleted AND a.spec->>'run' = 'process' AND """
    + _CONNECTED
    + ")"
)


@dataclass(frozen=True, slots=True)
class ProcessAgent:
    """`is_current`: of the latest build; `may_run`: no later build has begun."""

    id: str
    correlation_id: str
    is_current: bool
    may_run: bool
    is_connected: bool


async def living_processes(connection: AsyncConnection[Any]) -> list[ProcessAgent]:
    """All process agents that workspaces still have."""
    async with connection.cursor(row_factory=class_row(ProcessAgent)) as cursor:
        await cursor.execute(_LIVING, prepare=True)
        return await cursor.fetchall()


async def is_still_up(connection: AsyncConnection[Any], workspace_id: str) -> bool:
    """Whether a process agent of the workspace's earlier builds is connected."""
    cursor = await connection.execute(_STILL_UP, (workspace_id,), prepare=True)
    row = await cursor.fetchone()
    return bool(row and row[0])
