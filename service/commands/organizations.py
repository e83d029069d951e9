"""Commands about organizations: which streams they change, what their decisions are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.groups.events import GroupCreated
from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.organizations.commands import (
    AddMember,
    CreateCustomRole,
    CreateOrganization,
    DeleteCustomRole,
    DeleteOrganization,
    RemoveMember,
    SetMemberRoles,
    SetWorkspaceSharing,
    UpdateCustomRole,
    UpdateEveryoneGroup,
    UpdateOrganization,
)
from domain.organizations.custom_roles import decide_create_custom_role, decide_delete_custom_role, decide_update_custom_role
from domain.organizations.decisions import (
    Contents,
    decide_create_organization,
    decide_delete_organization,
    decide_update_everyone_group,
    decide_update_organization,
)
from domain.organizations.members import decide_add_member, decide_remove_member, decide_set_member_roles
from domain.organizations.sharing import decide_set_workspace_sharing
from domain.organizations.state import ORGANIZATION, Organization
from domain.organizations.values import organization_name_stream
from domain.reservations.values import RESERVATION
from domain.roles.builtin import ShareableOwners
from domain.templates.events import TemplateCreated
from domain.workspaces.acl import decide_withdraw_sharing
from domain.workspaces.commands import WithdrawSharing
from domain.workspaces.state import WORKSPACE
from projections.organizations.queries import shared_workspaces
from service.commands.unit import CommandRoute, Unit

_CONTENTS: LiteralString = """
SELECT
  (SELECT count(*) FROM workspaces w WHERE w.organization_id = %(id)s AND NOT w.deleted),
  (SELECT count(*) FROM templates t WHERE t.organization_id = %(id)s AND NOT t.deleted),
  (SELECT count(*) FROM groups g WHERE g.organization_id = %(id)s),
  (SELECT count(*) FROM members m WHERE m.organization_id = %(id)s),
  (SELECT min(position) FROM positions)
"""


async def _organization(command: Any, unit: Unit) -> Organization:
    return await unit.load(ORGANIZATION, command.organization_id)


async def _create(command: CreateOrganization, unit: Unit, context: Context) -> Decision:
    state = await unit.load(ORGANIZATION, command.id)
    holder = await unit.load(RESERVATION, organization_name_stream(command.name).id)
    return decide_create_organization(command, state, holder, context)


async def _update(command: UpdateOrganization, unit: Unit, context: Context) -> Decision:
    state = await _organization(command, unit)
    old = organization_name_stream(state.settings.name)
    new = organization_name_stream(command.name or state.settings.name)
    await unit.load(RESERVATION, old.id)
    holder = await unit.load(RESERVATION, new.id)
    return decide_update_organization(command, state, holder, context)


async def _delete(command: DeleteOrganization, unit: Unit, context: Context) -> Decision:
    """What is in it, read models say. Whatever is made in it from now on holds its version, or that of a template in it; what was
    made before, but is not counted yet, lets the append fail."""
    state = await _organization(command, unit)
    await unit.load(RESERVATION, organization_name_stream(state.settings.name).id)

    async def count(connection: AsyncConnection[Any]) -> tuple[Contents, int]:
        cursor = await connection.execute(_CONTENTS, {"id": command.organization_id})
        (row,) = await cursor.fetchall()
        return Contents(*row[:-1]), int(row[-1] or 0)

    contents, position = await unit.query(count)
    for made in (TemplateCreated, GroupCreated):
        unit.expect_none(made, "organization_id", command.organization_id, since=position)
    return decide_delete_organization(command, state, contents, context)


async def _set_workspace_sharing(command: SetWorkspaceSharing, unit: Unit, context: Context) -> Decision:
    """The mode, and the access lists that it forbids: those of the first workspaces go in the same append. Whoever gave the
    command withdraws the rest (`forbidden_sharing`), and may repeat all of it."""
    decision = decide_set_workspace_sharing(command, await _organization(command, unit), context)

    async def forbidden(connection: AsyncConnection[Any]) -> list[str]:
        return await forbidden_sharing(
            connection, command.organization_id, command.shareable_workspace_owners, limit=command.withdrawn_at_once
        )

    ids = tuple(await unit.query(forbidden))
    withdrawn = decide_withdraw_sharing(WithdrawSharing(ids), [await unit.load(WORKSPACE, id) for id in ids])
    return (*decision, *withdrawn)


async def forbidden_sharing(connection: AsyncConnection[Any], organization_id: str, owners: str, *, limit: int) -> list[str]:
    """At most `limit` ids of workspaces that are shared although the mode `owners` forbids it; none when nothing is left."""
    if owners == ShareableOwners.EVERYONE:
        return []
    spared = owners == ShareableOwners.SERVICE_ACCOUNTS
    return await shared_workspaces(connection, organization_id, but_of_service_accounts=spared, limit=limit)


def _own_stream(command: Any) -> tuple[str]:
    return (command.organization_id,)


def _route(kind: type[Any], decide: Callable[[Any, Organization, Context], Decision]) -> CommandRoute[Any]:
    """For a command that is decided by its organization alone."""

    async def run(command: Any, unit: Unit, context: Context) -> Decision:
        return decide(command, await _organization(command, unit), context)

    return CommandRoute(kind, _own_stream, run)


COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(CreateOrganization, lambda c: (c.id, organization_name_stream(c.name).id), _create),
    CommandRoute(UpdateOrganization, _own_stream, _update),
    CommandRoute(DeleteOrganization, _own_stream, _delete),
    _route(UpdateEveryoneGroup, decide_update_everyone_group),
    _route(AddMember, decide_add_member),
    _route(RemoveMember, decide_remove_member),
    _route(SetMemberRoles, decide_set_member_roles),
    _route(CreateCustomRole, decide_create_custom_role),
    _route(UpdateCustomRole, decide_update_custom_role),
    _route(DeleteCustomRole, decide_delete_custom_role),
    CommandRoute(SetWorkspaceSharing, _own_stream, _set_workspace_sharing),
)
