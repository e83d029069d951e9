"""The timers of workspaces, computed from their rows at the end of each batch, all in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.automation.values import WorkspaceFacts, candidate
from domain.schedules.automation import LatestBuild, first_due, missing_next_start
from projections.documents import dumps
from projections.engine.portions import portions
from projections.engine.tables import Rows
from projections.jobs.render import job_status
from projections.timers.fold import MODEL, OWNER, TEMPLATE, WORKSPACE
from projections.timers.tables import LIFECYCLE, NEXT_START

#: As an array's text form.
_KINDS = f"{{{LIFECYCLE},{NEXT_START}}}"

__all__ = ["MODEL", "arm_touched"]

_RELATED: Mapping[str, LiteralString] = {
    TEMPLATE: "JOIN workspaces w ON w.template_id = k.id AND NOT w.deleted",
    OWNER: "JOIN workspaces w ON w.owner_id = k.id AND NOT w.deleted",
}
_FACTS: LiteralString = """
    SELECT w.id, w.owner_id, w.deleted, w.autostart_schedule, w.last_used_at, w.dormant_at, w.deleting_at, w.next_start_at,
      coalesce(u.status, 'active'), coalesce(t.settings, '{}'), b.transition, b.created_at, b.deadline, coalesce(b.has_ai_task, false),
      j.started_at, j.canceled_at, j.completed_at, j.error
    FROM workspaces w
    JOIN builds b ON b.id = w.latest_build_id
    JOIN jobs j ON j.id = b.job_id
    LEFT JOIN templates t ON t.id = w.template_id
    LEFT JOIN users u ON u.id = w.owner_id
    WHERE w.id = ANY(%s::uuid[])
"""
_STORE: LiteralString = """
    WITH armed AS (
      SELECT *
      FROM json_to_recordset(%(armed)s::json) AS n (kind text, subject_id uuid, due_at timestamptz, position bigint)
    ), disarmed AS (
      DELETE FROM timers t
      WHERE t.kind = ANY(%(known)s::text[]) AND t.subject_id = ANY(%(touched)s::uuid[])
        AND (t.kind, t.subject_id) NOT IN (SELECT kind, subject_id FROM armed)
    )
    INSERT INTO timers (kind, subject_id, due_at, position)
    SELECT * FROM armed
    ON CONFLICT (kind, subject_id) DO UPDATE SET due_at = EXCLUDED.due_at, position = EXCLUDED.position
"""


@MODEL.finish
async def arm_touched(connection: AsyncConnection[Any], rows: Rows) -> None:
    """Arm the timers of all workspaces that something in the batch touched; disarm those that nothing is due for."""
    positions = dict(rows.touched.get(WORKSPACE, {}))
    for kind, related in _RELATED.items():
        touched = rows.touched.get(kind)
        if touched:
            cursor = await connection.execute(
                "SELECT w.id, max(k.position) FROM unnest(%s::uuid[], %s::bigint[]) AS k (id, position) " + related + " GROUP BY w.id",
                (list(touched), list(touched.values())),
            )
            for id, position in await cursor.fetchall():
                positions[id] = max(positions.get(id, 0), position)
    for portion in portions(positions):
        await _arm(connection, portion)


async def _arm(connection: AsyncConnection[Any], positions: Mapping[str, int]) -> None:
    cursor = await connection.execute(_FACTS, (f"{{{','.join(positions)}}}",), prepare=True)
    armed = [timer for values in await cursor.fetchall() for timer in _timers(values)]
    parameters = {
        "known": _KINDS,
        "touched": f"{{{','.join(positions)}}}",
        "armed": dumps(
            [{"kind": kind, "subject_id": id, "due_at": due_at, "position": positions[id]} for kind, id, due_at in armed]
        ).decode(),
    }
    await connection.execute(_STORE, parameters, prepare=True)


def _timers(values: Sequence[Any]) -> list[tuple[str, str, datetime]]:
    id, owner_id, deleted, schedule, last_used_at, dormant_at, deleting_at, next_start_at, owner_status, settings = values[:10]
    transition, created_at, deadline, has_ai_task, started_at, canceled_at, completed_at, error = values[10:]
    status = job_status({"started_at": started_at, "canceled_at": canceled_at, "completed_at": completed_at, "error": error})
    facts = WorkspaceFacts(owner_id, deleted, schedule, last_used_at, dormant_at, deleting_at)
    found = candidate(facts, LatestBuild(transition, created_at, status, completed_at, deadline), settings, owner_status, has_ai_task)
    timers = []
    due_at = first_due(found)
    if due_at is not None:
        timers.append((LIFECYCLE, id, due_at))
    # Whenever the next start is missing it is missing now: due since the build that left it so.
    if missing_next_start(found, next_start_at, created_at) is not None:
        timers.append((NEXT_START, id, created_at))
    return timers
