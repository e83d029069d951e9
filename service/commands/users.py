"""Commands about people: which streams they change, what their decisions are told."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from domain.kernel.context import Context
from domain.kernel.decider import Append, Decision, append
from domain.kernel.events import Event, Stream
from domain.kernel.ids import PREBUILDS_USER
from domain.organizations.events import MemberAdded, MemberRemoved, OrganizationCreated
from domain.organizations.state import ORGANIZATION
from domain.organizations.values import NAME_KIND, organization_name_stream
from domain.reservations.values import RESERVATION, reserve
from domain.users import founding
from domain.users.commands import (
    ChangePassword,
    ChangeProfile,
    ChangeSettings,
    CreateFirstUser,
    CreateUser,
    DeleteUser,
    FallDormant,
    ReplaceSSHKey,
    SetSiteRoles,
    SetUserStatus,
)
from domain.users.decisions import (
    EMAIL,
    USERNAME,
    Joining,
    Name,
    decide_change_password,
    decide_change_profile,
    decide_change_settings,
    decide_create_user,
    decide_delete_user,
    decide_fall_dormant,
    decide_replace_ssh_key,
    decide_set_site_roles,
    decide_set_status,
    folds_the_same,
)
from domain.users.state import USER
from domain.workspaces.events import WorkspaceCreated
from service.auth.name_keys import load_name_keys, reserved_as
from service.commands.unit import CommandRoute, Unit
from service.store.append import SideWrite


async def _name(unit: Unit, stands_for_it: Stream) -> Name:
    stream = await unit.query(lambda connection: reserved_as(connection, stands_for_it))
    return Name(stream, await unit.load(RESERVATION, stream.id))


async def _create_first_user(command: CreateFirstUser, unit: Unit, context: Context) -> Decision:
    keys = await unit.query(load_name_keys)
    first = await unit.load(RESERVATION, founding.first_user_stream().id)
    names = (
        await _name(unit, keys.username(command.person.username)),
        await _name(unit, keys.email(command.person.email)),
        await _name(unit, keys.username(founding.PREBUILDS.username)),
    )
    return founding.decide_create_first_user(command, first, names, await _founded(command, unit), context)


async def _founded(command: CreateFirstUser, unit: Unit) -> tuple[Append, ...]:
    """Both as members of the default organization, which is made if nobody made it."""
    default_stream = founding.default_organization_stream()
    default = await unit.load(RESERVATION, default_stream.id)
    organization_id = default.holder or command.organization_id
    await unit.load(ORGANIZATION, organization_id)
    events: list[Event] = [MemberAdded(PREBUILDS_USER, []), MemberAdded(command.person.user_id, [])]
    if default.holder is not None:
        return (append(ORGANIZATION.stream(organization_id), *events),)
    name = organization_name_stream(founding.DEFAULT_ORGANIZATION)
    reserved = await unit.load(RESERVATION, name.id)
    created = OrganizationCreated(founding.DEFAULT_ORGANIZATION, "Coder", "Builtin default organization.", "", is_default=True)
    return (
        append(ORGANIZATION.stream(organization_id), created, *events),
        reserve(default_stream, founding.DEFAULT, organization_id),
        *(() if reserved.holder is not None else (reserve(name, NAME_KIND, organization_id),)),
    )


async def _create_user(command: CreateUser, unit: Unit, context: Context) -> Decision:
    keys = await unit.query(load_name_keys)
    person = command.person
    username = await _name(unit, keys.username(person.username))
    email = await _name(unit, keys.email(person.email)) if person.email else None
    joinings = []
    for organization_id in command.organization_ids:
        organization = await unit.load(ORGANIZATION, organization_id)
        joined = append(ORGANIZATION.stream(organization_id), MemberAdded(person.user_id, []))
        joinings.append(Joining(organization_id, organization.is_live, joined))
    return decide_create_user(command, username, email, joinings, context)


async def _change_profile(command: ChangeProfile, unit: Unit, context: Context) -> Decision:
    state = await unit.load(USER, command.user_id)
    if folds_the_same(state.username, command.username):
        return decide_change_profile(command, state, None, None, context)
    keys = await unit.query(load_name_keys)
    taken = await _name(unit, keys.username(command.username))
    held = await _name(unit, keys.username(state.username))
    return decide_change_profile(command, state, taken, held, context)


async def _set_status(command: SetUserStatus, unit: Unit, context: Context) -> Decision:
    return decide_set_status(command, await unit.load(USER, command.user_id), context)


async def _set_site_roles(command: SetSiteRoles, unit: Unit, context: Context) -> Decision:
    return decide_set_site_roles(command, await unit.load(USER, command.user_id), context)


async def _change_password(command: ChangePassword, unit: Unit, context: Context) -> Decision:
    unit.write(SideWrite("DELETE FROM api_key_digests WHERE user_id = %s", (command.user_id,)))
    return decide_change_password(command, await unit.load(USER, command.user_id), context)


async def _change_settings(command: ChangeSettings, unit: Unit, context: Context) -> Decision:
    return decide_change_settings(command, await unit.load(USER, command.user_id), context)


async def _replace_ssh_key(command: ReplaceSSHKey, unit: Unit, context: Context) -> Decision:
    return decide_replace_ssh_key(command, await unit.load(USER, command.user_id), context)


async def _fall_dormant(command: FallDormant, unit: Unit, context: Context) -> Decision:
    return decide_fall_dormant(command, await unit.load(USER, command.user_id), context)


async def _organization_ids(connection: AsyncConnection[Any]) -> list[str]:
    cursor = await connection.execute("SELECT id FROM organizations WHERE NOT deleted")
    return [row[0] for row in await cursor.fetchall()]


async def _delete_user(command: DeleteUser, unit: Unit, context: Context) -> Decision:
    user_id = command.user_id
    state = await unit.load(USER, user_id)
    names: list[tuple[str, Name]] = []
    departures: list[Append] = []
    has_workspaces = False
    if state.is_live:
        keys = await unit.query(load_name_keys)
        names.append((USERNAME, await _name(unit, keys.username(state.username))))
        if state.email:
            names.append((EMAIL, await _name(unit, keys.email(state.email))))
        # The read model says which organizations there are; who is a member, their own states say.
        for organization_id in await unit.query(_organization_ids):
            organization = await unit.load(ORGANIZATION, organization_id)
            if user_id in organization.members:
                departures.append(append(ORGANIZATION.stream(organization_id), MemberRemoved(user_id)))

        async def owned(connection: AsyncConnection[Any]) -> tuple[bool, int]:
            cursor = await connection.execute(_OWNS_WORKSPACES, (user_id,))
            (row,) = await cursor.fetchall()
            return bool(row[0]), int(row[1] or 0)

        # What they get after this command is refused, for a creation holds its owner's version; what they have got before, but
        # is not shown yet, lets the append fail.
        has_workspaces, position = await unit.query(owned)
        unit.expect_none(WorkspaceCreated, "owner_id", user_id, since=position)
    for statement in _END_OF_SECRETS:
        unit.write(SideWrite(statement, (user_id,)))
    if command.erase:
        unit.write(SideWrite("DELETE FROM personal_keys WHERE user_id = %s", (user_id,)))
        # Answers kept for repeated requests may show the person.
        unit.write(SideWrite(_FORGET_ANSWERS, (user_id, user_id)))
    return decide_delete_user(command, state, names, departures, has_workspaces, context)


_OWNS_WORKSPACES = """
    SELECT EXISTS (SELECT 1 FROM workspaces WHERE owner_id = %s AND NOT deleted), (SELECT min(position) FROM positions)
"""
_FORGET_ANSWERS = "DELETE FROM idempotency_keys WHERE caller = %s OR mentions @> ARRAY[%s::uuid]"
_END_OF_SECRETS = (
    "DELETE FROM password_hashes WHERE user_id = %s",
    "DELETE FROM api_key_digests WHERE user_id = %s",
    "DELETE FROM ssh_private_keys WHERE user_id = %s",
)

COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(CreateFirstUser, lambda c: (founding.first_user_stream().id,), _create_first_user),
    CommandRoute(CreateUser, lambda c: c.organization_ids, _create_user),
    CommandRoute(ChangeProfile, lambda c: (c.user_id,), _change_profile),
    CommandRoute(SetUserStatus, lambda c: (c.user_id,), _set_status),
    CommandRoute(SetSiteRoles, lambda c: (c.user_id,), _set_site_roles),
    CommandRoute(ChangePassword, lambda c: (c.user_id,), _change_password),
    CommandRoute(ChangeSettings, lambda c: (c.user_id,), _change_settings),
    CommandRoute(ReplaceSSHKey, lambda c: (c.user_id,), _replace_ssh_key),
    CommandRoute(DeleteUser, lambda c: (c.user_id,), _delete_user),
    CommandRoute(FallDormant, lambda c: (c.user_id,), _fall_dormant),
)
