"""A page of the audit log with everything that its documents show: one statement for the rows, one for how many there are."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from projections.access import Condition

_COUNT: LiteralString = "SELECT count(*) FROM audit_log a WHERE {where}"
# The page is cut first: what it shows of its neighbours is looked up for its rows alone.
_PAGE: LiteralString = """
    SELECT a.*, coalesce(s.deleted, false) AS is_deleted,
      o.name AS organization_name, o.display_name AS organization_display_name, o.icon AS organization_icon,
      to_jsonb(u) - '{{settings,ssh_public_key}}'::text[] AS person,
      coalesce(a.target, r.username, '') AS shown_target,
      w.name AS workspace_name, w.owner_name AS workspace_owner, b.number AS build_number, t.name AS template_name
    FROM (SELECT * FROM audit_log a WHERE {where} ORDER BY a.position DESC, a.subject_id LIMIT %(limit)s::bigint OFFSET %(offset)s) a
    LEFT JOIN audit_subjects s ON s.type = a.resource_type AND s.id = a.resource_id
    LEFT JOIN organizations o ON o.id = a.organization_id
    LEFT JOIN users u ON u.id = a.user_id
    LEFT JOIN users r ON a.target IS NULL AND r.id = a.resource_id
    LEFT JOIN builds b ON a.resource_type = 'workspace_build' AND b.id = a.resource_id
    LEFT JOIN workspaces w ON w.id = CASE a.resource_type WHEN 'workspace' THEN a.resource_id ELSE b.workspace_id END
    LEFT JOIN template_versions v ON a.resource_type = 'template_version' AND v.id = a.resource_id
    LEFT JOIN templates t ON t.id = v.template_id
    ORDER BY a.position DESC, a.subject_id
"""


async def page(connection: AsyncConnection[Any], where: Condition, *, limit: int, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Rows for `render.py`, newest first, and how many there are on all pages; `limit` 0 is no limit."""
    parameters = {**where.parameters, "limit": limit or None, "offset": offset}
    async with connection.pipeline():
        counted = await connection.execute(sql.SQL(_COUNT).format(where=where.text), where.parameters)
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(sql.SQL(_PAGE).format(where=where.text), parameters)
    row = await counted.fetchone()
    return await cursor.fetchall(), int(row[0]) if row else 0
