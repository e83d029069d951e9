"""Groups and who was put into them. The implicit group of all members has no rows here: it is the organization itself."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from domain.groups.events import GroupCreated, GroupDeleted, GroupMembersChanged, GroupUpdated
from domain.kernel.events import Recorded
from domain.organizations.events import MemberRemoved, OrganizationDeleted
from domain.users.events import UserDeleted
from projections.engine.model import ReadModel
from projections.engine.tables import Rows
from projections.engine.versions import remove
from projections.groups.tables import GROUP_MEMBERS, GROUPS

MODEL = ReadModel("groups", (GROUPS, GROUP_MEMBERS))


@MODEL.on(GroupCreated, reads=lambda _event, _recorded: ())
def on_group_created(rows: Rows, event: GroupCreated, recorded: Recorded) -> None:
    """A new group, still empty."""
    rows.put(
        GROUPS,
        {
            "id": recorded.stream.id,
            "organization_id": event.organization_id,
            "name": event.name,
            "display_name": event.display_name,
            "avatar_url": event.avatar_url,
            "quota_allowance": event.quota_allowance,
            "source": event.source,
            "created_at": recorded.time,
            "updated_at": recorded.time,
        },
    )


@MODEL.on(GroupUpdated)
def on_group_updated(rows: Rows, event: GroupUpdated, recorded: Recorded) -> None:
    """Other settings, which workspaces shared with it show."""
    row = rows.edit(GROUPS, recorded.stream.id)
    if row is not None:
        row["name"], row["display_name"], row["avatar_url"] = event.name, event.display_name, event.avatar_url
        row["quota_allowance"], row["updated_at"] = event.quota_allowance, recorded.time
        rows.touch("group", recorded.stream.id, recorded.position)


@MODEL.on(GroupMembersChanged, reads=lambda _event, _recorded: ())
def on_group_members_changed(rows: Rows, event: GroupMembersChanged, recorded: Recorded) -> None:
    """People come and go."""
    for user_id in event.removed:
        rows.delete(GROUP_MEMBERS, recorded.stream.id, user_id)
    for user_id in event.added:
        rows.put(GROUP_MEMBERS, {"group_id": recorded.stream.id, "user_id": user_id, "organization_id": event.organization_id})


@MODEL.on(GroupDeleted, reads=lambda _event, _recorded: ())
def on_group_deleted(rows: Rows, _event: GroupDeleted, recorded: Recorded) -> None:
    """Workspaces shared with it are shared with it no more."""
    rows.delete(GROUPS, recorded.stream.id)
    rows.touch("group", recorded.stream.id, recorded.position)


@MODEL.bulk(GroupDeleted, changes=(GROUP_MEMBERS,))
async def empty_group(connection: AsyncConnection[Any], _event: GroupDeleted, recorded: Recorded) -> None:
    """Nobody is in a group that is gone."""
    await remove(connection, GROUP_MEMBERS, "group_id", recorded.stream.id, recorded.position)


@MODEL.bulk(MemberRemoved, changes=(GROUP_MEMBERS,))
async def leave_groups(connection: AsyncConnection[Any], event: MemberRemoved, recorded: Recorded) -> None:
    """Who leaves an organization leaves its groups."""
    await remove(connection, GROUP_MEMBERS, "user_id", event.user_id, recorded.position, of=("organization_id", recorded.stream.id))


@MODEL.bulk(UserDeleted, changes=(GROUP_MEMBERS,))
async def leave_all_groups(connection: AsyncConnection[Any], _event: UserDeleted, recorded: Recorded) -> None:
    """Who is gone is in no group."""
    await remove(connection, GROUP_MEMBERS, "user_id", recorded.stream.id, recorded.position)


@MODEL.bulk(OrganizationDeleted, changes=(GROUPS, GROUP_MEMBERS))
async def close_groups(connection: AsyncConnection[Any], _event: OrganizationDeleted, recorded: Recorded) -> None:
    """No group outlives its organization."""
    await remove(connection, GROUP_MEMBERS, "organization_id", recorded.stream.id, recorded.position)
    await remove(connection, GROUPS, "organization_id", recorded.stream.id, recorded.position)
