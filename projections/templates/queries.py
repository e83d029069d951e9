"""Templates, read: with their organization, their author, and how many people use them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from domain.kernel.predicate import Predicate
from projections.access import Column, Kind, condition
from projections.templates.search import ResolvedSearch, search_condition

Row = dict[str, Any]

#: The columns about which the policy asks, for `visible(..., TEMPLATES)`.
COLUMNS = {
    "id": Column("t.id", Kind.UUID),
    "organization_id": Column("t.organization_id", Kind.UUID),
    "user_acl": Column("t.user_acl", Kind.ACL),
    "group_acl": Column("t.group_acl", Kind.ACL),
}

# Owners of living workspaces, counted through workspaces_template_id_idx.
_TEMPLATE: LiteralString = """
    SELECT t.*, o.name AS organization_name, o.display_name AS organization_display_name, o.icon AS organization_icon,
      u.username AS author_username,
      (SELECT count(DISTINCT w.owner_id) FROM workspaces w WHERE w.template_id = t.id AND NOT w.deleted) AS active_user_count
"""
_FROM: LiteralString = """
    FROM templates t
    JOIN organizations o ON o.id = t.organization_id
    LEFT JOIN users u ON u.id = t.created_by
    LEFT JOIN template_versions v ON v.id = t.active_version_id
"""
_ORDER: LiteralString = " ORDER BY active_user_count DESC, lower(t.name), t.id"
_BY_ID: LiteralString = _TEMPLATE + _FROM + "WHERE t.id = %s::uuid"
_GUARDED: LiteralString = "SELECT t.* FROM templates t WHERE t.id = %s::uuid AND NOT t.deleted"
_GUARDED_BY_NAME: LiteralString = """
    SELECT t.*
    FROM templates t
    WHERE t.organization_id = %s::uuid AND lower(t.name) = lower(%s) AND NOT t.deleted
"""

_OPEN_ROLLOUTS: LiteralString = """
    SELECT t.id, t.rollout, t.rollout_at, e.envelope ->> 'id', e.envelope ->> 'correlation_id'
    FROM templates t
    LEFT JOIN LATERAL (
      SELECT convert_from(state, 'UTF8')::jsonb AS envelope
      FROM ledger_events
      WHERE notification_id = t.rollout_position
    ) e ON true
    WHERE t.rollout IS NOT NULL
    ORDER BY t.rollout_at
"""

# Succeeded builds of the active version: at most 200 of each template, so that a look at a template stays cheap.
_BUILD_TIMES: LiteralString = """
    SELECT t.id, b.transition,
      percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY b.milliseconds) AS percentiles
    FROM templates t
    CROSS JOIN LATERAL (
      SELECT s.transition, round(extract(epoch FROM j.completed_at - j.started_at) * 1000)::bigint AS milliseconds
      FROM (SELECT id, job_id, transition FROM builds WHERE template_version_id = t.active_version_id LIMIT 200) s
      JOIN jobs j ON j.id = s.job_id
      WHERE j.completed_at IS NOT NULL AND j.started_at IS NOT NULL AND j.canceled_at IS NULL AND j.error = ''
    ) b
    WHERE t.id = ANY(%s::uuid[])
    GROUP BY t.id, b.transition
"""

#: template id -> transition -> (median, 95th percentile) in milliseconds.
BuildTimes = dict[str, dict[str, tuple[int, int]]]


async def _one(connection: AsyncConnection[Any], query: LiteralString, parameters: Any) -> Row | None:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, parameters)
    return await cursor.fetchone()


async def template_by_id(connection: AsyncConnection[Any], template_id: str) -> Row | None:
    """A template, deleted or not."""
    return await _one(connection, _BY_ID, (template_id,))


async def guarded_template(connection: AsyncConnection[Any], template_id: str) -> Row | None:
    """A living template's own columns, for deciding who may do what with it; nothing is counted."""
    return await _one(connection, _GUARDED, (template_id,))


async def guarded_template_by_name(connection: AsyncConnection[Any], organization_id: str, name: str) -> Row | None:
    """The same by its name in any case."""
    return await _one(connection, _GUARDED_BY_NAME, (organization_id, name))


async def find_templates(
    connection: AsyncConnection[Any], search: ResolvedSearch, readable: Predicate, organization_id: str | None = None
) -> list[Row]:
    """The templates that match and are readable, most used first, then by name; of one organization if it is given."""
    matches, values = search_condition(search)
    access = condition(readable, COLUMNS)
    parts = [matches, access.text]
    values.update(access.parameters)
    if organization_id is not None:
        parts.append(sql.SQL("t.organization_id = %(within)s::uuid"))
        values["within"] = organization_id
    query = sql.SQL("{} WHERE {}{}").format(sql.SQL(_TEMPLATE + _FROM), sql.SQL(" AND ").join(parts), sql.SQL(_ORDER))
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, values)
    return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class OpenRollout:
    """A rollout that has not ended; `event_id` and `correlation_id` are those of the event that began it."""

    template_id: str
    begun_at_version: int
    begun_at: datetime
    event_id: str | None
    correlation_id: str | None


async def open_rollouts(connection: AsyncConnection[Any]) -> list[OpenRollout]:
    """Those of all templates, the oldest first. Reads the log for what began them."""
    cursor = await connection.execute(_OPEN_ROLLOUTS, prepare=True)
    return [OpenRollout(*row) for row in await cursor.fetchall()]


async def build_times(connection: AsyncConnection[Any], template_ids: Sequence[str]) -> BuildTimes:
    """How long builds of these templates take; a transition that was never built is left out."""
    if not template_ids:
        return {}
    cursor = await connection.execute(_BUILD_TIMES, (list(template_ids),))
    times: BuildTimes = {}
    for template_id, transition, (median, most) in await cursor.fetchall():
        times.setdefault(template_id, {})[transition] = (median, most)
    return times
