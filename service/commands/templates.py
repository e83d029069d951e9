"""Commands about templates: which streams they change, what their decisions are told."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.kernel.ids import PREBUILDS_USER
from domain.organizations.state import ORGANIZATION
from domain.reservations.values import RESERVATION, Reservation
from domain.templates.commands import CreateTemplate, DeleteTemplate, PromoteVersion, UpdateTemplate, UpdateTemplateACL
from domain.templates.decisions import (
    Grantees,
    decide_create_template,
    decide_delete_template,
    decide_promote_version,
    decide_update_template,
    decide_update_template_acl,
    template_name,
)
from domain.templates.state import TEMPLATE
from domain.templates.versions import TEMPLATE_VERSION, version_name
from domain.workspaces.events import WorkspaceCreated
from service.commands.unit import CommandRoute, Unit

_WORKSPACES = """
    SELECT count(*), (SELECT min(position) FROM positions)
    FROM workspaces
    WHERE template_id = %s::uuid AND NOT deleted AND owner_id <> %s::uuid
"""
_USERS = "SELECT id FROM users WHERE id = ANY(%s::uuid[]) AND NOT deleted AND NOT is_system"
_GROUPS = "SELECT id FROM groups WHERE id = ANY(%s::uuid[]) AND organization_id = %s::uuid"


async def _create(command: CreateTemplate, unit: Unit, _context: Context) -> Decision:
    await unit.load(TEMPLATE, command.template_id)
    organization = await unit.load(ORGANIZATION, command.organization_id)
    name = await unit.load(RESERVATION, template_name(command.organization_id, command.name).id)
    version = await unit.load(TEMPLATE_VERSION, command.version_id)
    await unit.load(RESERVATION, version_name(command.template_id, version.name).stream.id)
    return decide_create_template(command, name, version, organization_is_live=organization.is_live)


async def _update(command: UpdateTemplate, unit: Unit, _context: Context) -> Decision:
    state = await unit.load(TEMPLATE, command.template_id)
    name = Reservation()
    if command.name:
        name = await unit.load(RESERVATION, template_name(command.organization_id, command.name).id)
        await unit.load(RESERVATION, template_name(command.organization_id, state.name).id)
    return decide_update_template(command, state, name)


async def _promote(command: PromoteVersion, unit: Unit, _context: Context) -> Decision:
    state = await unit.load(TEMPLATE, command.template_id)
    return decide_promote_version(command, state, await unit.load(TEMPLATE_VERSION, command.version_id))


async def _update_acl(command: UpdateTemplateACL, unit: Unit, _context: Context) -> Decision:
    state = await unit.load(TEMPLATE, command.template_id)

    async def grantees(connection: AsyncConnection[Any]) -> Grantees:
        """Advisory: somebody who is deleted at this moment may stay on the list, where nothing comes of it."""
        users = await connection.execute(_USERS, (list(command.user_roles),))
        groups = await connection.execute(_GROUPS, (list(command.group_roles), state.organization_id or None))
        return Grantees(
            frozenset([row[0] for row in await users.fetchall()]),
            frozenset([row[0] for row in await groups.fetchall()]) | {state.organization_id},
        )

    return decide_update_template_acl(command, state, await unit.query(grantees))


async def _delete(command: DeleteTemplate, unit: Unit, _context: Context) -> Decision:
    state = await unit.load(TEMPLATE, command.template_id)
    await unit.load(RESERVATION, template_name(command.organization_id, state.name).id)

    async def workspaces(connection: AsyncConnection[Any]) -> tuple[int, int]:
        cursor = await connection.execute(_WORKSPACES, (command.template_id, PREBUILDS_USER))
        (row,) = await cursor.fetchall()
        return int(row[0]), int(row[1] or 0)

    # A workspace that is made after this command is refused, for its creation holds the template's version; one that was made
    # before, but is not counted yet, lets the append fail.
    count, position = await unit.query(workspaces)
    unit.expect_none(WorkspaceCreated, "template_id", command.template_id, since=position)
    return decide_delete_template(command, state, count)


COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(CreateTemplate, lambda c: (c.template_id, c.version_id, template_name(c.organization_id, c.name).id), _create),
    CommandRoute(UpdateTemplate, lambda c: (c.template_id,), _update),
    CommandRoute(PromoteVersion, lambda c: (c.template_id,), _promote),
    CommandRoute(UpdateTemplateACL, lambda c: (c.template_id,), _update_acl),
    CommandRoute(DeleteTemplate, lambda c: (c.template_id,), _delete),
)
