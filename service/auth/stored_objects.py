"""Records as the policy sees them, many at once: what permission checks by id are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.roles import objects
from domain.roles.objects import Object
from domain.roles.permissions import Resource

#: The types whose records can be asked about by id.
BY_ID = frozenset({Resource.WORKSPACE.value, Resource.TEMPLATE.value, Resource.USER.value, Resource.GROUP.value})

# Reads workspaces, templates, users, groups and organizations: an organization's id is that of its Everyone group.
_STORED: LiteralString = """
    SELECT 'workspace', id, owner_id, organization_id, dormant_at IS NOT NULL, user_acl, group_acl
    FROM workspaces
    WHERE id = ANY(%(workspace)s::uuid[])
    UNION ALL
    SELECT 'template', id, NULL, organization_id, FALSE, user_acl, group_acl
    FROM templates
    WHERE id = ANY(%(template)s::uuid[])
    UNION ALL
    SELECT 'user', id, id, NULL, FALSE, NULL, NULL
    FROM users
    WHERE id = ANY(%(user)s::uuid[])
    UNION ALL
    SELECT 'group', id, NULL, organization_id, FALSE, NULL, NULL
    FROM groups
    WHERE id = ANY(%(group)s::uuid[])
    UNION ALL
    SELECT 'group', id, NULL, id, FALSE, NULL, NULL
    FROM organizations
    WHERE id = ANY(%(group)s::uuid[]) AND NOT deleted
"""


async def stored_objects(connection: AsyncConnection[Any], wanted: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Object]:
    """The records that exist among `wanted`, pairs of a type of `BY_ID` and an id (UUID text); one statement for all."""
    ids = {kind: [id for asked, id in wanted if asked == kind] for kind in BY_ID}
    cursor = await connection.execute(_STORED, ids)
    return {(row[0], row[1]): _object(*row) for row in await cursor.fetchall()}


def _object(
    kind: str,
    id: str,
    owner_id: str,
    organization_id: str,
    is_dormant: bool,
    user_acl: Mapping[str, list[str]] | None,
    group_acl: Mapping[str, list[str]] | None,
) -> Object:
    match kind:
        case Resource.WORKSPACE:
            return objects.workspace(
                id=id,
                owner_id=owner_id,
                organization_id=organization_id,
                is_dormant=is_dormant,
                user_acl=user_acl,
                group_acl=group_acl,
            )
        case Resource.TEMPLATE:
            return objects.template(id=id, organization_id=organization_id, user_acl=user_acl, group_acl=group_acl)
        case Resource.USER:
            return objects.user(id)
    return objects.group(id=id, organization_id=organization_id)
