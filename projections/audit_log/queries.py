"""A page of the audit log with everything that its documents show, how many entries there are, and whom names mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from projections.access import Condition
from projections.audit_log.search import ME, Filters, Query

_COUNT: LiteralString = "SELECT count(*) FROM audit_log e WHERE {where}"
_SUM: LiteralString = "SELECT coalesce(sum(e.count), 0) FROM audit_counts e WHERE {where}"
_PAGE: LiteralString = "SELECT e.position FROM audit_log e WHERE {where} ORDER BY e.position DESC LIMIT %(limit)s::bigint OFFSET %(offset)s"
_ENTRIES: LiteralString = """
    SELECT a.*,
      CASE a.resource_type WHEN 'workspace_build' THEN coalesce(w.deleted, false) ELSE coalesce(s.deleted, false) END AS is_deleted,
      o.name AS organization_name, o.display_name AS organization_display_name, o.icon AS organization_icon,
      to_jsonb(u) - '{settings,ssh_public_key}'::text[] AS person,
      coalesce(a.target, r.username, '') AS shown_target,
      w.name AS workspace_name, w.owner_name AS workspace_owner, b.number AS build_number, t.name AS template_name
    FROM audit_log a
    LEFT JOIN audit_subjects s ON s.type = a.resource_type AND s.id = a.subject_id
    LEFT JOIN organizations o ON o.id = a.organization_id
    LEFT JOIN users u ON u.id = a.user_id
    LEFT JOIN users r ON a.target IS NULL AND r.id = a.resource_id
    LEFT JOIN builds b ON a.resource_type = 'workspace_build' AND b.id = a.resource_id
    LEFT JOIN workspaces w ON w.id = CASE a.resource_type WHEN 'workspace' THEN a.resource_id ELSE b.workspace_id END
    LEFT JOIN template_versions v ON a.resource_type = 'template_version' AND v.id = a.resource_id
    LEFT JOIN templates t ON t.id = v.template_id
    WHERE a.position = ANY(%s::bigint[])
    ORDER BY a.position DESC
"""
_BY_NAME: LiteralString = "SELECT id FROM users WHERE lower(username) = %s"
_BY_EMAIL: LiteralString = "SELECT id FROM users WHERE lower(email) = %s"


async def page(
    connection: AsyncConnection[Any], where: Condition, counted_as: Condition | None, *, limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    """Rows for `render.py`, newest first, and how many there are on all pages; `limit` 0 is no limit. Three statements.

    The first two, which count and cut the page, are planned for the values that they are given: what is rare is found by another
    index than what is common. What the page shows is looked up for its rows, always in the same way.
    """
    parameters = {**where.parameters, "limit": limit or None, "offset": offset}
    counting, of = (_COUNT, where) if counted_as is None else (_SUM, counted_as)
    async with connection.pipeline():
        counted = await connection.execute(sql.SQL(counting).format(where=of.text), of.parameters, prepare=False)
        cut = await connection.execute(sql.SQL(_PAGE).format(where=where.text), parameters, prepare=False)
    row, positions = await counted.fetchone(), [found[0] for found in await cut.fetchall()]
    cursor = connection.cursor(row_factory=dict_row)
    if positions:
        await cursor.execute(_ENTRIES, (positions,), prepare=True)
    return await cursor.fetchall() if positions else [], int(row[0]) if row else 0


async def named(connection: AsyncConnection[Any], query: Query, viewer_id: str, organization_id: str) -> Filters:
    """The query with the people in it looked up: by today's names, whatever their case; `me` is the viewer. Deleted people and
    those who were given a name that was free again all count."""
    actors: Sequence[str] | None = None
    if query.username:
        actors = [viewer_id] if query.username == ME else await _people(connection, _BY_NAME, query.username)
    if query.email:
        reached = await _people(connection, _BY_EMAIL, query.email)
        actors = reached if actors is None else [id for id in actors if id in reached]
    targets = await _people(connection, _BY_NAME, query.resource_target) if query.resource_target else ()
    return Filters(query, organization_id, actors, targets)


async def _people(connection: AsyncConnection[Any], statement: LiteralString, text: str) -> Sequence[str]:
    cursor = await connection.execute(statement, (text.lower(),))
    return [str(row[0]) for row in await cursor.fetchall()]
