"""Commands about groups: which streams they change, what their decisions are told."""

from __future__ import annotations

from typing import Any

from domain.groups.commands import CreateGroup, DeleteGroup, UpdateGroup
from domain.groups.decisions import Membership, decide_create_group, decide_delete_group, decide_update_group, user_ids
from domain.groups.state import GROUP
from domain.groups.values import group_name_stream
from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.organizations.state import ORGANIZATION, Organization
from domain.reservations.values import RESERVATION
from service.commands.unit import CommandRoute, Unit


async def _create(command: CreateGroup, unit: Unit, context: Context) -> Decision:
    state = await unit.load(GROUP, command.id)
    organization = await unit.load(ORGANIZATION, command.organization_id)
    holder = await unit.load(RESERVATION, group_name_stream(command.organization_id, command.name).id)
    return decide_create_group(command, state, holder, organization.is_live, context)


async def _update(command: UpdateGroup, unit: Unit, context: Context) -> Decision:
    """The organization's version is checked as well: nobody is put into a group while they leave the organization."""
    state = await unit.load(GROUP, command.group_id)
    organization = await unit.load(ORGANIZATION, command.organization_id)
    await unit.load(RESERVATION, group_name_stream(command.organization_id, state.settings.name).id)
    holder = await unit.load(RESERVATION, group_name_stream(command.organization_id, command.name or state.settings.name).id)
    return decide_update_group(command, state, holder, _membership(organization, (*command.add, *command.remove)), context)


async def _delete(command: DeleteGroup, unit: Unit, context: Context) -> Decision:
    state = await unit.load(GROUP, command.group_id)
    await unit.load(RESERVATION, group_name_stream(command.organization_id, state.settings.name).id)
    return decide_delete_group(command, state, context)


def _membership(organization: Organization, people: tuple[str, ...]) -> Membership:
    members = {user_id: member.since for user_id in user_ids(people) if (member := organization.members.get(user_id)) is not None}
    return Membership(organization.settings.name, members)


COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(CreateGroup, lambda c: (c.id, group_name_stream(c.organization_id, c.name).id), _create),
    CommandRoute(UpdateGroup, lambda c: (c.group_id,), _update),
    CommandRoute(DeleteGroup, lambda c: (c.group_id,), _delete),
)
