"""Reads of people. Every function takes a connection that sees the read models; ids are UUID text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.predicate import Predicate
from projections.available_users.pages import Selection, everybody
from projections.users.render import UserRow

#: Columns of `UserRow`, in its order, from `users u`; the organizations are read from `members`.
USER_COLUMNS: LiteralString = """u.id, u.username, u.email, u.name, u.avatar_url, u.status, u.login_type, u.is_service_account, u.is_system,
      u.deleted, u.roles, u.created_at, u.updated_at, u.last_seen_at,
      ARRAY(SELECT m.organization_id::text FROM members m WHERE m.user_id = u.id ORDER BY m.created_at, m.organization_id)"""

_BY_ID: LiteralString = f"SELECT {USER_COLUMNS} FROM users u WHERE u.id = %s"
_BY_NAME: LiteralString = f"SELECT {USER_COLUMNS} FROM users u WHERE lower(u.username) = lower(%s) AND NOT u.deleted AND u.username <> ''"
_BY_EMAIL: LiteralString = (
    f"SELECT {USER_COLUMNS} FROM users u WHERE lower(u.email) = lower(%s) AND NOT u.deleted AND u.email <> '' AND NOT u.is_system"
)
#: Rows end with the number of all who match, which is another query: it needs no columns, and the page no more than its own rows.
_PAGE: LiteralString = f"""
    SELECT {USER_COLUMNS}, ({{number}})
    FROM ({{page}}) p
    JOIN users u ON u.id = p.id
    ORDER BY p.username_key, p.id
"""


async def user_by_id(connection: AsyncConnection[Any], user_id: str) -> UserRow | None:
    """The person, deleted ones too."""
    cursor = await connection.execute(_BY_ID, (user_id,), prepare=True)
    row = await cursor.fetchone()
    return UserRow(*row) if row else None


async def user_by_name(connection: AsyncConnection[Any], username: str) -> UserRow | None:
    """The living person of that username, in any case."""
    cursor = await connection.execute(_BY_NAME, (username,), prepare=True)
    row = await cursor.fetchone()
    return UserRow(*row) if row else None


async def user_by_email(connection: AsyncConnection[Any], email: str) -> UserRow | None:
    """The living person with that address, in any case."""
    cursor = await connection.execute(_BY_EMAIL, (email,), prepare=True)
    row = await cursor.fetchone()
    return UserRow(*row) if row else None


async def anybody(connection: AsyncConnection[Any]) -> bool:
    """Whether there is a first user."""
    cursor = await connection.execute("SELECT EXISTS (SELECT 1 FROM users WHERE NOT is_system)")
    row = await cursor.fetchone()
    return bool(row and row[0])


async def list_users(connection: AsyncConnection[Any], wanted: Selection, readable: Predicate) -> tuple[list[UserRow], int]:
    """A page of the people who match and whom `readable` (over `id`) shows, by username, and how many follow the cursor in all.

    The number is 0 for an empty page, as in the reference (contract/listing.md 12). Reads `available_users`.
    """
    people = everybody(wanted, readable)
    rows, number = await people.found(connection, _PAGE)
    return [UserRow(*row) for row in rows], number


async def organization_roles(connection: AsyncConnection[Any], user_id: str) -> dict[str, list[str]]:
    """Stored roles by organization, of every membership."""
    cursor = await connection.execute(
        "SELECT organization_id, roles FROM members WHERE user_id = %s ORDER BY created_at, organization_id", (user_id,)
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def settings_of(connection: AsyncConnection[Any], user_id: str, group: str) -> Mapping[str, Any]:
    """One group of settings as it was set, {} if it never was."""
    cursor = await connection.execute("SELECT settings -> %s FROM users WHERE id = %s", (group, user_id))
    row = await cursor.fetchone()
    return row[0] if row and row[0] else {}


async def ssh_key_of(connection: AsyncConnection[Any], user_id: str) -> tuple[datetime, datetime | None, str] | None:
    """When the person and their key were made, and the public half; None without a key."""
    cursor = await connection.execute(
        "SELECT created_at, ssh_key_updated_at, ssh_public_key FROM users WHERE id = %s AND ssh_public_key <> ''", (user_id,)
    )
    row = await cursor.fetchone()
    return (row[0], row[1], row[2]) if row else None


async def autofill_parameters(connection: AsyncConnection[Any], user_id: str, template_id: str) -> Sequence[tuple[str, str]]:
    """Name and newest value of every parameter that the person's builds of a template used. Reads `builds` and `workspaces`."""
    cursor = await connection.execute(
        """
        SELECT DISTINCT ON (p.value ->> 'name') p.value ->> 'name', p.value ->> 'value'
        FROM workspaces w
        JOIN builds b ON b.workspace_id = w.id
        CROSS JOIN LATERAL jsonb_array_elements(b.parameters) p
        WHERE w.owner_id = %s AND w.template_id = %s AND b.initiator_id = %s
        ORDER BY p.value ->> 'name', b.created_at DESC
        """,
        (user_id, template_id, user_id),
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]
