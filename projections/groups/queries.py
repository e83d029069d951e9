"""Reads of groups and of who is in them. Reads `organizations`, `members` and `users`: an organization is its Everyone group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from domain.groups.values import EVERYONE
from domain.kernel.predicate import ALWAYS, Predicate
from projections import access
from projections.groups.render import GroupRow
from projections.users.render import UserRow
from projections.users.search import ORDER, UserSearch, after_condition, search_condition

# Both kinds of groups, and both kinds of being in one. The two halves never share an id.
_GROUPS: LiteralString = """
    SELECT id, organization_id, name, display_name, avatar_url, quota_allowance, source
    FROM groups
    UNION ALL
    SELECT id, id, %(everyone)s, '', everyone_avatar_url, everyone_quota_allowance, 'user'
    FROM organizations
"""
_MEMBERSHIPS: LiteralString = """
    SELECT group_id, user_id, organization_id
    FROM group_members
    UNION ALL
    SELECT organization_id, user_id, organization_id
    FROM members
"""
_SELECT: LiteralString = f"""
    SELECT g.id, g.organization_id, g.name, g.display_name, g.avatar_url, g.quota_allowance, g.source, o.name, o.display_name,
      (
        SELECT count(*)
        FROM ({_MEMBERSHIPS}) m
        JOIN users u ON u.id = m.user_id AND NOT u.deleted AND NOT u.is_system
        WHERE m.group_id = g.id
      )
    FROM ({_GROUPS}) g
    JOIN organizations o ON o.id = g.organization_id AND NOT o.deleted
    WHERE {{wanted}} AND {{visible}}
    ORDER BY lower(o.name), lower(g.name)
"""
_PERSON: LiteralString = """u.id, u.username, u.email, u.name, u.avatar_url, u.status, u.login_type, u.is_service_account, u.is_system,
      u.deleted, u.roles, u.created_at, u.updated_at, u.last_seen_at, '{{}}'::text[]"""
_ROSTERS: LiteralString = f"""
    SELECT m.group_id, {_PERSON}
    FROM ({_MEMBERSHIPS}) m
    JOIN users u ON u.id = m.user_id AND NOT u.deleted AND NOT u.is_system
    WHERE m.group_id = ANY(%(group_ids)s::uuid[]) AND {{visible}}
    ORDER BY {{order}}
"""
_PAGE: LiteralString = f"""
    SELECT {_PERSON}, count(*) OVER ()
    FROM ({_MEMBERSHIPS}) m
    JOIN users u ON u.id = m.user_id
    WHERE m.group_id = %(group_id)s AND {{visible}} AND {{matches}} AND {{after}}
    ORDER BY {{order}}
    LIMIT %(limit)s
    OFFSET %(offset)s
"""
_GROUP_ACCESS = {"id": access.Column("g.id", access.Kind.UUID), "organization_id": access.Column("g.organization_id", access.Kind.UUID)}
_MEMBER_ACCESS = {
    "user_id": access.Column("m.user_id", access.Kind.UUID),
    "organization_id": access.Column("m.organization_id", access.Kind.UUID),
}


async def group_by_id(connection: AsyncConnection[Any], group_id: str) -> GroupRow | None:
    """The group with that id; an organization's id is that of its Everyone group."""
    return await _one(connection, "g.id = %(id)s", {"id": group_id})


async def group_by_name(connection: AsyncConnection[Any], organization_id: str, name: str) -> GroupRow | None:
    """The group of exactly that name in an organization."""
    if "\0" in name:
        return None
    wanted: LiteralString = "g.organization_id = %(organization_id)s AND lower(g.name) = lower(%(name)s) AND g.name = %(name)s"
    return await _one(connection, wanted, {"organization_id": organization_id, "name": name})


async def readable_groups(
    connection: AsyncConnection[Any],
    readable: Predicate,
    *,
    organization_id: str | None = None,
    member_id: str | None = None,
    ids: Sequence[str] = (),
) -> list[GroupRow]:
    """All groups that `readable` (over `id` and `organization_id`) shows, by organization and name; each condition that is
    given narrows them. `member_id`: somebody who is in the group."""
    wanted: list[LiteralString] = ["TRUE"]
    if organization_id is not None:
        wanted.append("g.organization_id = %(organization_id)s")
    if member_id is not None:
        wanted.append(f"EXISTS (SELECT FROM ({_MEMBERSHIPS}) m WHERE m.group_id = g.id AND m.user_id = %(member_id)s)")
    if ids:
        wanted.append("g.id = ANY(%(ids)s::uuid[])")
    visible = access.condition(readable, _GROUP_ACCESS)
    parameters = {
        **visible.parameters,
        "everyone": EVERYONE,
        "organization_id": organization_id,
        "member_id": member_id,
        "ids": list(ids),
    }
    statement = sql.SQL(_SELECT).format(wanted=sql.SQL(" AND ").join([sql.SQL(part) for part in wanted]), visible=visible.text)
    cursor = await connection.execute(statement, parameters)
    return [GroupRow(*row) for row in await cursor.fetchall()]


async def rosters(connection: AsyncConnection[Any], group_ids: Sequence[str], readable: Predicate) -> Mapping[str, Sequence[UserRow]]:
    """Who is in each of the groups, as far as `readable` (over `user_id` and `organization_id`) shows, by username."""
    visible = access.condition(readable, _MEMBER_ACCESS)
    statement = sql.SQL(_ROSTERS).format(visible=visible.text, order=ORDER)
    cursor = await connection.execute(statement, {**visible.parameters, "group_ids": list(group_ids)})
    found: dict[str, list[UserRow]] = defaultdict(list)
    for group_id, *person in await cursor.fetchall():
        found[group_id].append(UserRow(*person))
    return found


async def page_of_group_members(
    connection: AsyncConnection[Any], group_id: str, search: UserSearch, readable: Predicate, *, limit: int, offset: int, after_id: str
) -> tuple[list[UserRow], int]:
    """A page of those in a group who match and whom `readable` shows, and how many follow the cursor in all (0 for an empty
    page). `limit` 0 is no limit."""
    matches, values = search_condition(search)
    after, more = after_condition(after_id)
    visible = access.condition(readable, _MEMBER_ACCESS)
    statement = sql.SQL(_PAGE).format(matches=matches, after=after, visible=visible.text, order=ORDER)
    parameters = {**values, **more, **visible.parameters, "group_id": group_id, "limit": limit or None, "offset": offset}
    rows = await (await connection.execute(statement, parameters)).fetchall()
    return [UserRow(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


async def _one(connection: AsyncConnection[Any], wanted: LiteralString, values: Mapping[str, str]) -> GroupRow | None:
    visible = access.condition(ALWAYS, _GROUP_ACCESS)
    statement = sql.SQL(_SELECT).format(wanted=sql.SQL(wanted), visible=visible.text)
    cursor = await connection.execute(statement, {**values, "everyone": EVERYONE})
    row = await cursor.fetchone()
    return GroupRow(*row) if row else None
