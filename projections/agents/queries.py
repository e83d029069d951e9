"""Reads agents: one with its place, those that a player or the automation must look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

_ONE: LiteralString = """
    SELECT a.*, w.owner_id, w.organization_id, w.name AS workspace_name, w.user_acl, w.group_acl, w.dormant_at,
      w.latest_build_id, coalesce(u.username, '') AS owner_name, h.heard_at, coalesce(l.bytes, 0) AS logs_length
    FROM agents a
    JOIN workspaces w ON w.id = a.workspace_id
    LEFT JOIN users u ON u.id = w.owner_id
    LEFT JOIN agent_heartbeats h ON h.agent_id = a.id
    LEFT JOIN agent_log_sizes l ON l.agent_id = a.id
    WHERE a.id = %s::uuid AND NOT w.deleted
"""
_STATUSES: LiteralString = "SELECT * FROM app_statuses WHERE agent_id = %s::uuid ORDER BY created_at DESC, id DESC"
# A token is good for agents of the latest build; while the stop right after their start is under way, theirs still is, so that
# they can say how they shut down (contract/lifecycle.md D1).
_BY_TOKEN: LiteralString = """
    SELECT a.id, a.workspace_id, a.correlation_id, a.name
    FROM agent_token_digests d
    JOIN agents a ON a.id = d.agent_id AND NOT a.deleted
    JOIN workspaces w ON w.id = a.workspace_id AND NOT w.deleted
    JOIN builds b ON b.id = a.build_id
    JOIN builds l ON l.id = w.latest_build_id
    JOIN jobs j ON j.id = l.job_id
    WHERE d.digest = %s
      AND (
        l.id = b.id
        OR (b.transition = 'start' AND l.transition = 'stop' AND l.number = b.number + 1 AND j.completed_at IS NULL)
      )
"""
_IS_CURRENT: LiteralString = """
    SELECT 1
    FROM agents a
    JOIN workspaces w ON w.id = a.workspace_id AND w.latest_build_id = a.build_id
    WHERE a.id = %s::uuid AND NOT a.deleted
"""
# One row at least: with what follows, and nobody who is due.
_DUE: LiteralString = """
    WITH due AS (
      SELECT a.id, a.correlation_id, a.spec, a.first_connected_at IS NOT NULL AND a.disconnected_at IS NULL AS is_connected
      FROM agents a
      JOIN workspaces w ON w.id = a.workspace_id AND w.latest_build_id = a.build_id AND NOT w.deleted
      WHERE a.plays_at <= %(now)s
      ORDER BY a.plays_at
      LIMIT %(limit)s
    )
    SELECT d.id, d.correlation_id, d.spec, d.is_connected, n.plays_at AS following
    FROM (SELECT min(plays_at) AS plays_at FROM agents WHERE plays_at > %(now)s) n
    LEFT JOIN due d ON true
"""
_STOPPING: LiteralString = """
    SELECT a.id, a.correlation_id, a.spec
    FROM builds l
    JOIN jobs j ON j.id = l.job_id AND j.started_at IS NOT NULL
    JOIN workspaces w ON w.latest_build_id = l.id AND w.id = l.workspace_id
    JOIN agents a ON a.workspace_id = w.id AND NOT a.deleted AND a.build_id <> l.id
    WHERE a.is_simulated AND a.first_connected_at IS NOT NULL AND a.disconnected_at IS NULL
"""
_SILENT: LiteralString = """
    SELECT a.id, a.correlation_id, greatest(a.last_connected_at, h.heard_at) AS heard_at
    FROM agents a
    LEFT JOIN agent_heartbeats h ON h.agent_id = a.id
    WHERE a.first_connected_at IS NOT NULL AND a.disconnected_at IS NULL AND NOT a.deleted
      AND greatest(a.last_connected_at, h.heard_at) < %s
    LIMIT %s
"""
_BEAT: LiteralString = """
    INSERT INTO agent_heartbeats AS h (agent_id, heard_at)
    SELECT a.id, %(now)s
    FROM agents a
    WHERE a.is_simulated AND a.first_connected_at IS NOT NULL AND a.disconnected_at IS NULL AND NOT a.deleted
    ON CONFLICT (agent_id) DO UPDATE SET heard_at = greatest(h.heard_at, EXCLUDED.heard_at)
"""

Row = dict[str, Any]


async def _all(connection: AsyncConnection[Any], statement: LiteralString, parameters: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(statement, parameters, prepare=True)
    return await cursor.fetchall()


async def agent_by_id(connection: AsyncConnection[Any], agent_id: str) -> Row | None:
    """An agent's row with its workspace's `owner_id, organization_id, workspace_name, owner_name, user_acl, group_acl,
    dormant_at, latest_build_id`, `heard_at` and `logs_length`; None when there is none, or its workspace was deleted."""
    rows = await _all(connection, _ONE, (agent_id,))
    return rows[0] if rows else None


async def app_statuses(connection: AsyncConnection[Any], agent_id: str) -> list[Row]:
    """What the agent's apps said of themselves, newest first."""
    return await _all(connection, _STATUSES, (agent_id,))


async def agent_by_token(connection: AsyncConnection[Any], digest: bytes) -> Row | None:
    """`{id, workspace_id, correlation_id, name}` of the agent whose token has this digest, while the token is good."""
    rows = await _all(connection, _BY_TOKEN, (digest,))
    return rows[0] if rows else None


async def is_current(connection: AsyncConnection[Any], agent_id: str) -> bool:
    """Whether the agent belongs to the latest build of its workspace."""
    cursor = await connection.execute(_IS_CURRENT, (agent_id,), prepare=True)
    return await cursor.fetchone() is not None


async def to_play(connection: AsyncConnection[Any], now: datetime, limit: int) -> tuple[list[Row], datetime | None]:
    """Simulated agents of latest builds that are due: `{id, correlation_id, spec, is_connected}`, and when the next will be."""
    rows = await _all(connection, _DUE, {"now": now, "limit": limit})
    return [row for row in rows if row["id"] is not None], rows[0]["following"]


async def to_stop(connection: AsyncConnection[Any], build_ids: Sequence[str] | None) -> list[Row]:
    """Connected simulated agents whose workspace has begun a newer build, one of `build_ids` unless that is None."""
    if build_ids is None:
        return await _all(connection, _STOPPING, ())
    return await _all(connection, _STOPPING + " AND l.id = ANY(%s::uuid[])", (list(build_ids),))


async def silent(connection: AsyncConnection[Any], since: datetime, limit: int) -> list[Row]:
    """Connected agents that were last heard before `since`: `{id, correlation_id, heard_at}`."""
    return await _all(connection, _SILENT, (since, limit))


async def beat(connection: AsyncConnection[Any], now: datetime) -> int:
    """Note a heartbeat of every connected simulated agent, in one statement; returns how many there are."""
    cursor = await connection.execute(_BEAT, {"now": now}, prepare=True)
    return cursor.rowcount
