"""With whom a workspace is shared, and who there is to share it with. Reads `users`, `groups` and `organizations`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.predicate import ALWAYS
from domain.workspaces.values import role_of
from projections.groups.queries import readable_groups
from projections.groups.render import group_document

Acl = Mapping[str, Collection[str]]

_USERS: LiteralString = """
    SELECT id, username, name, avatar_url
    FROM users
    WHERE id = ANY(%s::uuid[]) AND NOT deleted
    ORDER BY lower(username)
"""
_KNOWN_USERS: LiteralString = "SELECT id FROM users WHERE id = ANY(%s::uuid[]) AND NOT deleted"
_KNOWN_GROUPS: LiteralString = """
    SELECT id FROM groups WHERE id = ANY(%(ids)s::uuid[])
    UNION ALL
    SELECT id FROM organizations WHERE id = ANY(%(ids)s::uuid[]) AND NOT deleted
"""


async def stored_acl(connection: AsyncConnection[Any], id: str) -> tuple[Acl, Acl]:
    """The access lists of a workspace: users, groups; dormant ones keep theirs."""
    cursor = await connection.execute("SELECT user_acl, group_acl FROM workspaces WHERE id = %s::uuid", (id,))
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else ({}, {})


async def acl_document(connection: AsyncConnection[Any], user_acl: Acl, group_acl: Acl, *, past: bool = False) -> dict[str, Any]:
    """The schema `WorkspaceACL`: entries whose user or group is gone are left out, rosters are empty for everybody.

    `past`: the connection looks back.
    """
    users: list[dict[str, Any]] = []
    if user_acl:
        cursor = await connection.execute(_USERS, (list(user_acl),))
        users = [_user(id, username, name, avatar_url, role_of(user_acl[id])) for id, username, name, avatar_url in await cursor.fetchall()]
    groups = await readable_groups(connection, ALWAYS, ids=list(group_acl), past=past) if group_acl else []
    return {"users": users, "group": [{**group_document(group, ()), "role": role_of(group_acl[group.id])} for group in groups]}


def _user(id: str, username: str, name: str, avatar_url: str, role: str) -> dict[str, Any]:
    document: dict[str, Any] = {"id": id, "username": username, "role": role}
    if name:
        document["name"] = name
    if avatar_url:
        document["avatar_url"] = avatar_url
    return document


async def known_grantees(
    connection: AsyncConnection[Any], user_ids: Sequence[str], group_ids: Sequence[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Those of the ids that are living users, and those that are groups, Everyone included."""
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    if user_ids:
        cursor = await connection.execute(_KNOWN_USERS, (list(user_ids),))
        users = frozenset(row[0] for row in await cursor.fetchall())
    if group_ids:
        cursor = await connection.execute(_KNOWN_GROUPS, {"ids": list(group_ids)})
        groups = frozenset(row[0] for row in await cursor.fetchall())
    return users, groups


async def shares_with_nobody(connection: AsyncConnection[Any], organization_id: str) -> bool:
    """Whether the organization has switched sharing off altogether."""
    cursor = await connection.execute(
        "SELECT shareable_workspace_owners = 'none' FROM organizations WHERE id = %s::uuid", (organization_id,)
    )
    row = await cursor.fetchone()
    return bool(row and row[0])
