"""What happens to people, as far as finding one of them, or all of those in one place, needs to know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from domain.groups.events import GroupDeleted, GroupMembersChanged
from domain.kernel.events import Recorded
from domain.organizations.events import MemberAdded, MemberRemoved, OrganizationDeleted
from domain.users.events import (
    UserCreated,
    UserDeleted,
    UserErased,
    UserProfileChanged,
    UserSiteRolesSet,
    UserStatusSet,
)
from projections.available_users.tables import AVAILABLE_USERS, ROSTERS
from projections.engine.model import ReadModel, nothing
from projections.engine.tables import Key, Row, Rows, Table

MODEL = ReadModel("available_users", (AVAILABLE_USERS, ROSTERS))


@MODEL.on(UserCreated, reads=nothing)
def on_user_created(rows: Rows, event: UserCreated, recorded: Recorded) -> None:
    """Somebody new; system users are nobody's choice."""
    if event.is_system:
        return
    rows.put(
        AVAILABLE_USERS,
        {
            "id": recorded.stream.id,
            "username": event.username,
            "name": event.name,
            "avatar_url": "",
            "username_key": event.username.lower(),
            "email_key": event.email.lower(),
            "name_key": event.name.lower(),
            "status": event.status,
            "login_type": event.login_type,
            "is_service_account": event.is_service_account,
            "roles": [],
            "places": {},
            "created_at": recorded.time,
        },
    )


@MODEL.on(UserProfileChanged)
def on_user_profile_changed(rows: Rows, event: UserProfileChanged, recorded: Recorded) -> None:
    """Other names, and so another place in the order of every list."""
    row = rows.edit(AVAILABLE_USERS, recorded.stream.id)
    if row is not None:
        row["username"], row["username_key"] = event.username, event.username.lower()
        row["name"], row["name_key"] = event.name, event.name.lower()
        for place, organization_id in row["places"].items():
            rows.put(ROSTERS, _entry(row, place, organization_id))


@MODEL.on(UserSiteRolesSet)
def on_user_site_roles_set(rows: Rows, event: UserSiteRolesSet, recorded: Recorded) -> None:
    """Other stored roles."""
    row = rows.edit(AVAILABLE_USERS, recorded.stream.id)
    if row is not None:
        row["roles"] = list(event.roles)


@MODEL.on(UserStatusSet)
def on_user_status_set(rows: Rows, event: UserStatusSet, recorded: Recorded) -> None:
    """Another status."""
    row = rows.edit(AVAILABLE_USERS, recorded.stream.id)
    if row is not None:
        row["status"] = event.status


@MODEL.on(UserDeleted, UserErased)
def on_user_gone(rows: Rows, _event: UserDeleted | UserErased, recorded: Recorded) -> None:
    """Nobody picks them any more, and they are nowhere."""
    row = rows.get(AVAILABLE_USERS, recorded.stream.id)
    if row is not None:
        for place in row["places"]:
            rows.delete(ROSTERS, place, recorded.stream.id)
        rows.delete(AVAILABLE_USERS, recorded.stream.id)


def _the_member(event: MemberAdded | MemberRemoved, _recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    return ((AVAILABLE_USERS, (event.user_id,)),)


@MODEL.on(MemberAdded, reads=_the_member)
def on_member_added(rows: Rows, event: MemberAdded, recorded: Recorded) -> None:
    """In an organization."""
    _enter(rows, event.user_id, recorded.stream.id, recorded.stream.id)


@MODEL.on(MemberRemoved, reads=_the_member)
def on_member_removed(rows: Rows, event: MemberRemoved, recorded: Recorded) -> None:
    """Out of an organization and of all its groups."""
    row = rows.get(AVAILABLE_USERS, event.user_id)
    if row is not None:
        left = [place for place, organization_id in row["places"].items() if organization_id == recorded.stream.id]
        _leave(rows, event.user_id, left)


@MODEL.on(
    GroupMembersChanged,
    reads=lambda event, _recorded: [(AVAILABLE_USERS, (user_id,)) for user_id in (*event.removed, *event.added)],
)
def on_group_members_changed(rows: Rows, event: GroupMembersChanged, recorded: Recorded) -> None:
    """People come to a group and go."""
    for user_id in event.removed:
        _leave(rows, user_id, (recorded.stream.id,))
    for user_id in event.added:
        _enter(rows, user_id, recorded.stream.id, event.organization_id)


@MODEL.bulk(GroupDeleted, changes=(AVAILABLE_USERS, ROSTERS))
async def empty_group(connection: AsyncConnection[Any], _event: GroupDeleted, recorded: Recorded) -> None:
    """Nobody is in a group that is gone."""
    await connection.execute(
        """
        UPDATE available_users a
        SET places = a.places - %(place)s::text
        FROM rosters r
        WHERE r.place = %(place)s::uuid AND a.id = r.person_id
        """,
        {"place": recorded.stream.id},
    )
    await connection.execute("DELETE FROM rosters WHERE place = %s::uuid", (recorded.stream.id,))


@MODEL.bulk(OrganizationDeleted, changes=(AVAILABLE_USERS, ROSTERS))
async def empty_organization(connection: AsyncConnection[Any], _event: OrganizationDeleted, recorded: Recorded) -> None:
    """Nobody is in an organization that is gone, nor in its groups."""
    await connection.execute(
        """
        WITH left_behind AS (
          DELETE FROM rosters
          WHERE place = %(organization_id)s::uuid OR (place <> organization_id AND organization_id = %(organization_id)s::uuid)
          RETURNING place, person_id
        )
        UPDATE available_users a
        SET places = a.places - l.places
        FROM (SELECT person_id, array_agg(place::text) AS places FROM left_behind GROUP BY person_id) l
        WHERE a.id = l.person_id
        """,
        {"organization_id": recorded.stream.id},
    )


def _enter(rows: Rows, person_id: str, place: str, organization_id: str) -> None:
    row = rows.edit(AVAILABLE_USERS, person_id)
    if row is not None:
        row["places"] = {**row["places"], place: organization_id}
        rows.put(ROSTERS, _entry(row, place, organization_id))


def _leave(rows: Rows, person_id: str, places: Iterable[str]) -> None:
    row = rows.edit(AVAILABLE_USERS, person_id)
    if row is not None:
        gone = set(places)
        row["places"] = {place: organization_id for place, organization_id in row["places"].items() if place not in gone}
        for place in gone:
            rows.delete(ROSTERS, place, person_id)


def _entry(row: Row, place: str, organization_id: str) -> Row:
    return {"place": place, "person_id": row["id"], "organization_id": organization_id, "username_key": row["username_key"]}
