"""Reads of memberships with the people behind them, and the search of the unpaged list. Reads `users`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from domain.kernel.names import is_name
from domain.kernel.predicate import Predicate
from domain.kernel.spellings import uuid_text
from projections import access
from projections.available_users.pages import Selection, those_in
from projections.organizations.render import MemberRow
from projections.querylang import Keys, bare_is_refused, key
from projections.queryvalues import FLAG, INT64, UUID

INVALID_SEARCH = "Invalid organization member search query."

_COLUMNS: LiteralString = """m.user_id, m.organization_id, m.created_at, m.updated_at, m.roles,
      (
        SELECT coalesce(jsonb_object_agg(c.name, c.display_name), '{{}}')
        FROM custom_roles c
        WHERE c.organization_id = m.organization_id AND m.roles ? c.name
      ),
      u.username, u.name, u.avatar_url, u.email, u.status, u.login_type, u.is_service_account, u.roles, u.last_seen_at,
      u.created_at, u.updated_at"""
_FROM: LiteralString = f"""
    SELECT {_COLUMNS}
    FROM members m
    JOIN users u ON u.id = m.user_id AND NOT u.deleted
    WHERE m.organization_id = %(organization_id)s"""
_BY_ID = sql.SQL(_FROM + " AND m.user_id = %(user_id)s AND NOT u.is_system").format()
# First who it is, then whether they are here: else the planner, which does not know that there is one at most, reads all members.
_NAMED: LiteralString = "SELECT n.id FROM users n WHERE lower(n.username) = lower(%(username)s) AND NOT n.deleted AND n.username <> ''"
_BY_NAME = sql.SQL(_FROM + f" AND m.user_id = ({_NAMED} LIMIT 1) AND NOT u.is_system").format()
_READABLE: LiteralString = _FROM + ' AND {matches} AND {visible} ORDER BY lower(u.username) COLLATE "C"'
_PAGE: LiteralString = f"""
    SELECT {_COLUMNS}, ({{number}})
    FROM ({{page}}) p
    JOIN members m ON m.organization_id = %(place)s::uuid AND m.user_id = p.id
    JOIN users u ON u.id = p.id
    ORDER BY p.username_key, p.id
"""
_ACCESS = {
    "user_id": access.Column("m.user_id", access.Kind.UUID),
    "organization_id": access.Column("m.organization_id", access.Kind.UUID),
}


@dataclass(frozen=True, slots=True)
class MemberSearch:
    """What the unpaged list can be asked for."""

    user_id: str = key(UUID)
    github_user_id: int = key(INT64)
    include_system: bool | None = key(FLAG)


_KEYS = Keys(MemberSearch, bare_is_refused)


def parse_member_search(text: str) -> MemberSearch:
    """The search that `text` spells. Raises `Invalid` with every error at once (contract/identity.md 7)."""
    parsed = _KEYS.parse(text, INVALID_SEARCH)
    parsed.problems.check()
    return parsed.values


async def member_by_handle(connection: AsyncConnection[Any], organization_id: str, handle: str) -> MemberRow | None:
    """The member that a path names by id or, in any case, username; system users are nobody."""
    try:
        statement, values = _BY_ID, {"user_id": uuid_text(handle)}
    except ValueError:
        if not is_name(handle):
            return None
        statement, values = _BY_NAME, {"username": handle}
    cursor = await connection.execute(statement, {**values, "organization_id": organization_id}, prepare=True)
    row = await cursor.fetchone()
    return MemberRow(*row) if row else None


async def readable_members(
    connection: AsyncConnection[Any], organization_id: str, search: MemberSearch, readable: Predicate
) -> list[MemberRow]:
    """All living members who match and whom `readable` (over `user_id` and `organization_id`) shows, by username."""
    visible = access.condition(readable, _ACCESS)
    matches: list[LiteralString] = []
    if search.user_id:
        matches.append("m.user_id = %(user_id)s")
    if search.github_user_id:
        matches.append("FALSE")  # nobody here has an account there
    if not search.include_system:
        matches.append("NOT u.is_system")
    statement = sql.SQL(_READABLE).format(
        matches=sql.SQL(" AND ").join([sql.SQL(part) for part in matches]) if matches else sql.SQL("TRUE"),
        visible=visible.text,
    )
    cursor = await connection.execute(statement, {**visible.parameters, "organization_id": organization_id, "user_id": search.user_id})
    return [MemberRow(*row) for row in await cursor.fetchall()]


async def page_of_members(connection: AsyncConnection[Any], organization_id: str, wanted: Selection) -> tuple[list[MemberRow], int]:
    """A page of the members who match, by username, and how many follow the cursor in all (0 for an empty page).

    Filters are on the person: `created_…` and `role` are those of the user (contract/identity.md 7). Reads `available_users`.
    """
    people = those_in(organization_id, organization_id, wanted)
    rows, number = await people.found(connection, _PAGE)
    return [MemberRow(*row) for row in rows], number
