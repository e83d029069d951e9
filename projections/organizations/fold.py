"""Organizations, who is in them with which stored roles, and the roles that they define."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import Event, Recorded
from domain.organizations.events import (
    CustomRoleCreated,
    CustomRoleDeleted,
    CustomRoleUpdated,
    EveryoneGroupUpdated,
    MemberAdded,
    MemberRemoved,
    MemberRolesSet,
    OrganizationCreated,
    OrganizationDeleted,
    OrganizationUpdated,
    WorkspaceSharingSet,
)
from domain.organizations.values import DEFAULT_MEMBER_ROLES, DEFAULT_SHAREABLE_OWNERS
from domain.users.events import UserDeleted
from projections.engine.model import ReadModel
from projections.engine.tables import Key, Rows, Table
from projections.engine.versions import remove
from projections.organizations.tables import CUSTOM_ROLES, MEMBERS, ORGANIZATIONS

MODEL = ReadModel("organizations", (ORGANIZATIONS, MEMBERS, CUSTOM_ROLES))


def _nothing(_event: Event, _recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    return ()


@MODEL.on(OrganizationCreated, reads=_nothing)
def on_organization_created(rows: Rows, event: OrganizationCreated, recorded: Recorded) -> None:
    """A new organization, with the settings that every one begins with."""
    rows.put(
        ORGANIZATIONS,
        {
            "id": recorded.stream.id,
            "name": event.name,
            "display_name": event.display_name,
            "description": event.description,
            "icon": event.icon,
            "is_default": event.is_default,
            "deleted": False,
            "shareable_workspace_owners": DEFAULT_SHAREABLE_OWNERS,
            "default_org_member_roles": list(DEFAULT_MEMBER_ROLES),
            "everyone_avatar_url": "",
            "everyone_quota_allowance": 0,
            "created_at": recorded.time,
            "updated_at": recorded.time,
        },
    )


@MODEL.on(OrganizationUpdated)
def on_organization_updated(rows: Rows, event: OrganizationUpdated, recorded: Recorded) -> None:
    """Other settings, which the documents of its workspaces show."""
    row = rows.edit(ORGANIZATIONS, recorded.stream.id)
    if row is not None:
        row["name"], row["display_name"] = event.name, event.display_name
        row["description"], row["icon"] = event.description, event.icon
        row["default_org_member_roles"] = list(event.default_org_member_roles)
        row["updated_at"] = recorded.time
        rows.touch("organization", recorded.stream.id, recorded.position)


@MODEL.on(WorkspaceSharingSet)
def on_workspace_sharing_set(rows: Rows, event: WorkspaceSharingSet, recorded: Recorded) -> None:
    """Another sharing mode."""
    row = rows.edit(ORGANIZATIONS, recorded.stream.id)
    if row is not None:
        row["shareable_workspace_owners"] = event.shareable_workspace_owners
        row["updated_at"] = recorded.time


@MODEL.on(EveryoneGroupUpdated)
def on_everyone_group_updated(rows: Rows, event: EveryoneGroupUpdated, recorded: Recorded) -> None:
    """Another picture or quota of the implicit group, which shares workspaces under the organization's id."""
    row = rows.edit(ORGANIZATIONS, recorded.stream.id)
    if row is not None:
        row["everyone_avatar_url"], row["everyone_quota_allowance"] = event.avatar_url, event.quota_allowance
        rows.touch("group", recorded.stream.id, recorded.position)


@MODEL.on(OrganizationDeleted)
def on_organization_deleted(rows: Rows, _event: OrganizationDeleted, recorded: Recorded) -> None:
    """Kept for what still names it."""
    row = rows.edit(ORGANIZATIONS, recorded.stream.id)
    if row is not None:
        row["deleted"], row["updated_at"] = True, recorded.time


@MODEL.bulk(OrganizationDeleted, changes=(MEMBERS, CUSTOM_ROLES))
async def empty_organization(connection: AsyncConnection[Any], _event: OrganizationDeleted, recorded: Recorded) -> None:
    """Whoever was left is a member no more."""
    await remove(connection, MEMBERS, "organization_id", recorded.stream.id, recorded.position)
    await connection.execute("DELETE FROM custom_roles WHERE organization_id = %s", (recorded.stream.id,))


@MODEL.on(MemberAdded, reads=_nothing)
def on_member_added(rows: Rows, event: MemberAdded, recorded: Recorded) -> None:
    """A new membership."""
    rows.put(
        MEMBERS,
        {
            "organization_id": recorded.stream.id,
            "user_id": event.user_id,
            "roles": list(event.roles),
            "created_at": recorded.time,
            "updated_at": recorded.time,
        },
    )


@MODEL.on(MemberRolesSet, reads=lambda event, recorded: ((MEMBERS, (recorded.stream.id, event.user_id)),))
def on_member_roles_set(rows: Rows, event: MemberRolesSet, recorded: Recorded) -> None:
    """Other stored roles."""
    row = rows.edit(MEMBERS, recorded.stream.id, event.user_id)
    if row is not None:
        row["roles"], row["updated_at"] = list(event.roles), recorded.time


@MODEL.on(MemberRemoved, reads=_nothing)
def on_member_removed(rows: Rows, event: MemberRemoved, recorded: Recorded) -> None:
    """One member less."""
    rows.delete(MEMBERS, recorded.stream.id, event.user_id)


@MODEL.bulk(UserDeleted, changes=(MEMBERS,))
async def end_memberships(connection: AsyncConnection[Any], _event: UserDeleted, recorded: Recorded) -> None:
    """Who is gone is a member of nothing."""
    await remove(connection, MEMBERS, "user_id", recorded.stream.id, recorded.position)


@MODEL.on(CustomRoleCreated, CustomRoleUpdated, reads=lambda event, recorded: ((CUSTOM_ROLES, (recorded.stream.id, event.name)),))
def on_custom_role(rows: Rows, event: CustomRoleCreated | CustomRoleUpdated, recorded: Recorded) -> None:
    """A role as it is from now on."""
    known = rows.get(CUSTOM_ROLES, recorded.stream.id, event.name)
    rows.put(
        CUSTOM_ROLES,
        {
            "organization_id": recorded.stream.id,
            "name": event.name,
            "display_name": event.display_name,
            "permissions": list(event.permissions),
            "created_at": known["created_at"] if known is not None else recorded.time,
            "updated_at": recorded.time,
        },
    )


@MODEL.on(CustomRoleDeleted, reads=_nothing)
def on_custom_role_deleted(rows: Rows, event: CustomRoleDeleted, recorded: Recorded) -> None:
    """The role is gone."""
    rows.delete(CUSTOM_ROLES, recorded.stream.id, event.name)


@MODEL.bulk(CustomRoleDeleted, changes=(MEMBERS,))
async def take_custom_role(connection: AsyncConnection[Any], event: CustomRoleDeleted, recorded: Recorded) -> None:
    """Every member who held the role loses it; their other roles keep their order."""
    await connection.execute(
        """
        UPDATE members
        SET roles = roles - %(role)s::text, updated_at = %(time)s
        WHERE organization_id = %(organization_id)s AND roles <> '[]' AND roles ? %(role)s::text
        """,
        {"role": event.name, "time": recorded.time, "organization_id": recorded.stream.id},
    )
