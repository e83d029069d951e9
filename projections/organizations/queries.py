"""Reads of organizations and their custom roles. Every function takes a connection that sees the read models."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from domain.kernel.ids import NIL
from domain.kernel.names import is_name
from domain.kernel.predicate import Predicate
from domain.kernel.spellings import uuid_text
from domain.organizations.values import RESERVED_NAME
from projections import access
from projections.organizations.render import CustomRoleRow, OrganizationRow

_COLUMNS: LiteralString = """o.id, o.name, o.display_name, o.description, o.icon, o.is_default, o.shareable_workspace_owners,
      o.default_org_member_roles, o.everyone_avatar_url, o.everyone_quota_allowance, o.created_at, o.updated_at"""
_DEFAULT: LiteralString = f"SELECT {_COLUMNS} FROM organizations o WHERE o.is_default AND NOT o.deleted"
_BY_ID: LiteralString = f"SELECT {_COLUMNS} FROM organizations o WHERE o.id = %s AND NOT o.deleted"
_BY_NAME: LiteralString = f"SELECT {_COLUMNS} FROM organizations o WHERE lower(o.name) = lower(%s) AND NOT o.deleted"
_VISIBLE: LiteralString = f"SELECT {_COLUMNS} FROM organizations o WHERE NOT o.deleted AND {{visible}} ORDER BY lower(o.name)"
_VISIBLE_OF: LiteralString = f"""
    SELECT {_COLUMNS}
    FROM members m
    JOIN organizations o ON o.id = m.organization_id AND NOT o.deleted
    WHERE m.user_id = %(user_id)s AND {{visible}}
    ORDER BY lower(o.name)
"""
_ACCESS = {"id": access.Column("o.id", access.Kind.UUID)}
_CUSTOM_ROLES: LiteralString = "SELECT name, display_name, permissions FROM custom_roles WHERE organization_id = %s ORDER BY lower(name)"
_RESTRICTED: LiteralString = """
    SELECT id, shareable_workspace_owners
    FROM organizations
    WHERE NOT deleted AND shareable_workspace_owners <> 'everyone'
    ORDER BY id
"""
_SHARED: LiteralString = """
    SELECT w.id
    FROM workspaces w
    JOIN users u ON u.id = w.owner_id
    WHERE w.organization_id = %s
      AND NOT w.deleted
      AND (w.user_acl <> '{}' OR w.group_acl <> '{}')
      AND NOT (%s AND u.is_service_account)
    LIMIT %s
"""


async def organization_by_handle(connection: AsyncConnection[Any], handle: str) -> OrganizationRow | None:
    """The living organization that a path names: `default` or the nil UUID, an id, or a name in any case."""
    if handle == RESERVED_NAME:
        return await _one(connection, _DEFAULT)
    try:
        id = uuid_text(handle)
    except ValueError:
        return await organization_by_name(connection, handle)
    return await _one(connection, _DEFAULT) if id == NIL else await _one(connection, _BY_ID, id)


async def organization_by_name(connection: AsyncConnection[Any], name: str) -> OrganizationRow | None:
    """The living organization of that name, in any case."""
    return await _one(connection, _BY_NAME, name) if is_name(name) else None


async def readable_organizations(connection: AsyncConnection[Any], readable: Predicate) -> list[OrganizationRow]:
    """All that `readable` (over the column `id`) shows, by name."""
    visible = access.condition(readable, _ACCESS)
    cursor = await connection.execute(sql.SQL(_VISIBLE).format(visible=visible.text), dict(visible.parameters))
    return [OrganizationRow(*row) for row in await cursor.fetchall()]


async def organizations_of(connection: AsyncConnection[Any], user_id: str, readable: Predicate) -> list[OrganizationRow]:
    """Those of a person's organizations that `readable` (over the column `id`) shows, by name."""
    visible = access.condition(readable, _ACCESS)
    statement = sql.SQL(_VISIBLE_OF).format(visible=visible.text)
    cursor = await connection.execute(statement, {**visible.parameters, "user_id": user_id})
    return [OrganizationRow(*row) for row in await cursor.fetchall()]


async def custom_roles(connection: AsyncConnection[Any], organization_id: str) -> list[CustomRoleRow]:
    """The roles that an organization defined, by name."""
    cursor = await connection.execute(_CUSTOM_ROLES, (organization_id,))
    return [CustomRoleRow(*row) for row in await cursor.fetchall()]


async def shared_workspaces(
    connection: AsyncConnection[Any], organization_id: str, *, but_of_service_accounts: bool, limit: int
) -> list[str]:
    """Ids of at most `limit` workspaces of an organization that are shared with somebody, for clearing their access lists.

    Reads `workspaces` and `users`.
    """
    cursor = await connection.execute(_SHARED, (organization_id, but_of_service_accounts, limit))
    return [row[0] for row in await cursor.fetchall()]


async def restricted_organizations(connection: AsyncConnection[Any]) -> list[tuple[str, str]]:
    """`(id, whose workspaces may be shared)` of the living organizations where not everybody's may."""
    cursor = await connection.execute(_RESTRICTED, prepare=True)
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def _one(connection: AsyncConnection[Any], statement: LiteralString, *values: str) -> OrganizationRow | None:
    cursor = await connection.execute(statement, values, prepare=True)
    row = await cursor.fetchone()
    return OrganizationRow(*row) if row else None
