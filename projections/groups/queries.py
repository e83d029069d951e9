"""Reads of groups and of who is in them: an organization is its Everyone group.

Reads `organizations`, `members`, `users`, and for whole lists of people `available_users`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from domain.groups.values import EVERYONE
from domain.kernel.predicate import ALWAYS, Predicate
from projections import access
from projections.available_users.pages import Selection, those_in
from projections.groups.render import GroupRow
from projections.users.render import UserRow

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
      ({{number}})
    FROM ({_GROUPS}) g
    JOIN organizations o ON o.id = g.organization_id AND NOT o.deleted
    WHERE {{wanted}} AND {{visible}}
    ORDER BY lower(o.name), lower(g.name)
"""
#: How many are in a group: kept for the present; of the past, whose tables hold memberships alone, they are counted.
_NUMBER: LiteralString = "SELECT coalesce(sum(c.people), 0)::bigint FROM roster_counts c WHERE c.place = g.id"
_PAST_NUMBER: LiteralString = f"""
    SELECT count(*)
    FROM ({_MEMBERSHIPS}) m
    JOIN users u ON u.id = m.user_id AND NOT u.deleted AND NOT u.is_system
    WHERE m.group_id = g.id
"""
_PERSON: LiteralString = """u.id, u.username, u.email, u.name, u.avatar_url, u.status, u.login_type, u.is_service_account, u.is_system,
      u.deleted, u.roles, u.created_at, u.updated_at, u.last_seen_at, '{{}}'::text[]"""
_ROSTERS: LiteralString = f"""
    SELECT r.place, {_PERSON}
    FROM rosters r
    JOIN users u ON u.id = r.person_id
    WHERE r.place = ANY(%(group_ids)s::uuid[]) AND {{visible}}
    ORDER BY r.username_key, r.person_id
"""
_PAGE: LiteralString = f"""
    SELECT {_PERSON}, ({{number}})
    FROM ({{page}}) p
    JOIN users u ON u.id = p.id
    ORDER BY p.username_key, p.id
"""
_GROUP_ACCESS = {"id": access.Column("g.id", access.Kind.UUID), "organization_id": access.Column("g.organization_id", access.Kind.UUID)}
_MEMBER_ACCESS = {
    "user_id": access.Column("r.person_id", access.Kind.UUID),
    "organization_id": access.Column("r.organization_id", access.Kind.UUID),
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
    past: bool = False,
) -> list[GroupRow]:
    """All groups that `readable` (over `id` and `organization_id`) shows, by organization and name; each condition that is
    given narrows them. `member_id`: somebody who is in the group. `past`: the connection looks back."""
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
    statement = sql.SQL(_SELECT).format(
        wanted=sql.SQL(" AND ").join([sql.SQL(part) for part in wanted]),
        visible=visible.text,
        number=sql.SQL(_PAST_NUMBER if past else _NUMBER),
    )
    cursor = await connection.execute(statement, parameters)
    return [GroupRow(*row) for row in await cursor.fetchall()]


async def rosters(connection: AsyncConnection[Any], group_ids: Sequence[str], readable: Predicate) -> Mapping[str, Sequence[UserRow]]:
    """Who is in each of the groups, as far as `readable` (over `user_id` and `organization_id`) shows, by username."""
    visible = access.condition(readable, _MEMBER_ACCESS)
    statement = sql.SQL(_ROSTERS).format(visible=visible.text)
    cursor = await connection.execute(statement, {**visible.parameters, "group_ids": list(group_ids)})
    found: dict[str, list[UserRow]] = defaultdict(list)
    for group_id, *person in await cursor.fetchall():
        found[group_id].append(UserRow(*person))
    return found


async def page_of_group_members(
    connection: AsyncConnection[Any], group: GroupRow, wanted: Selection, readable: Predicate
) -> tuple[list[UserRow], int]:
    """A page of those in a group who match and whom `readable` (over `user_id` and `organization_id`) shows, and how many follow
    the cursor in all (0 for an empty page)."""
    people = those_in(group.id, group.organization_id, wanted, readable)
    rows, number = await people.found(connection, _PAGE)
    return [UserRow(*row) for row in rows], number


async def _one(connection: AsyncConnection[Any], wanted: LiteralString, values: Mapping[str, str]) -> GroupRow | None:
    visible = access.condition(ALWAYS, _GROUP_ACCESS)
    statement = sql.SQL(_SELECT).format(wanted=sql.SQL(wanted), visible=visible.text, number=sql.SQL(_NUMBER))
    cursor = await connection.execute(statement, {**values, "everyone": EVERYONE})
    row = await cursor.fetchone()
    return GroupRow(*row) if row else None
