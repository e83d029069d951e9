"""Whose workspaces a path speaks of, as far as the caller may know of that person. Source: contract/workspaces.md 1.3."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from domain.kernel.errors import NotFound
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.users.queries import user_by_id
from projections.users.render import UserRow
from service.http.call import Call
from service.http.organization_paths import path_member, path_organization
from service.http.people import find_user, known_user


async def person_in_path(call: Call, connection: AsyncConnection[Any]) -> UserRow:
    """The person of `{user}`, whom the caller may read, or meets in some organization. Raises `NotFound`."""
    return _met(call, await find_user(connection, call.path["user"], call.caller.user_id))


async def known_person_in_path(call: Call) -> UserRow:
    """`person_in_path` without a connection."""
    return _met(call, await known_user(call))


async def may_meet(call: Call, connection: AsyncConnection[Any], user_id: str) -> bool:
    """Whether the caller may know of the person with that id, as `person_in_path` asks."""
    person = await user_by_id(connection, user_id)
    return person is not None and _may_meet(call, person)


async def member_in_path(call: Call, connection: AsyncConnection[Any]) -> UserRow:
    """The person of `{user}` as a member of `{organization}`, whose membership the caller may read. Raises `NotFound`."""
    organization = await path_organization(call, connection)
    member = await path_member(call, connection, organization.id)
    person = await user_by_id(connection, member.user_id)
    if person is None:
        raise NotFound
    return person


def may_read_person(call: Call, person: UserRow) -> bool:
    """Whether the caller may read the person whatever organizations they share."""
    return allows(call.caller.subject, Action.READ, objects.user(person.id))


def _met(call: Call, person: UserRow | None) -> UserRow:
    if person is None or not _may_meet(call, person):
        raise NotFound
    return person


def _may_meet(call: Call, person: UserRow) -> bool:
    return may_read_person(call, person) or any(_may_read_member(call, person, o) for o in person.organization_ids)


def _may_read_member(call: Call, person: UserRow, organization_id: str) -> bool:
    return allows(call.caller.subject, Action.READ, objects.member(user_id=person.id, organization_id=organization_id))
