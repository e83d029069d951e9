"""What the log says about what somebody could see: needed where a stream goes on after a pause that nobody watched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection

_SHARED: LiteralString = """
    SELECT DISTINCT e.originator_id::text
    FROM ledger_events e
    CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::jsonb -> 'data' AS data) p
    WHERE e.originator_id = ANY(%(ids)s::uuid[])
      AND split_part(e.topic, '/', 1) = 'WorkspaceACLUpdated'
      AND (
        p.data -> 'user_roles' ->> %(user)s <> ''
        OR EXISTS (SELECT FROM jsonb_each_text(p.data -> 'group_roles') g WHERE g.key = ANY(%(groups)s) AND g.value <> '')
      )
"""
#: Events that change which rows somebody sees without changing a row; those of the second kind name people in their payload.
_OF_STREAMS = ["UserSiteRolesSet", "CustomRoleUpdated", "CustomRoleDeleted", "OrganizationUpdated", "WorkspaceSharingSet"]
_NAMING = ["MemberAdded", "MemberRemoved", "MemberRolesSet", "GroupMembersChanged"]
_OF_ALL = ["TemplateACLUpdated", "GroupDeleted", "OrganizationDeleted"]
_CHANGED: LiteralString = """
    SELECT EXISTS (
      SELECT FROM ledger_events e
      WHERE e.notification_id > %(after)s
        AND (
          split_part(e.topic, '/', 1) = ANY(%(of_all)s)
          OR (split_part(e.topic, '/', 1) = ANY(%(of_streams)s) AND e.originator_id = ANY(%(streams)s::uuid[]))
          OR (split_part(e.topic, '/', 1) = ANY(%(naming)s) AND position(convert_to(%(user)s, 'UTF8') IN e.state) > 0)
        )
    )
"""


async def ever_shared(connection: AsyncConnection[Any], ids: Sequence[str], user_id: str, group_ids: Collection[str]) -> set[str]:
    """Those of the workspaces that anybody has ever shared with this person or one of these groups."""
    if not ids:
        return set()
    cursor = await connection.execute(_SHARED, {"ids": list(ids), "user": user_id, "groups": list(group_ids)})
    return {row[0] for row in await cursor.fetchall()}


async def sight_changed(connection: AsyncConnection[Any], after: int, user_id: str, organization_ids: Collection[str]) -> bool:
    """Whether anything after position `after` may have changed which rows this person sees without changing the rows."""
    parameters = {
        "after": after,
        "user": user_id,
        "streams": [user_id, *organization_ids],
        "of_all": _OF_ALL,
        "of_streams": _OF_STREAMS,
        "naming": _NAMING,
    }
    row = await (await connection.execute(_CHANGED, parameters)).fetchone()
    return bool(row and row[0])
