"""How groups are named in paths and queries, for whoever may read them (contract/identity.md 1 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.errors import Invalid, NotFound, Violation
from domain.roles import objects
from domain.roles.filters import Columns
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.groups.queries import group_by_id, group_by_name
from projections.groups.render import GroupRow
from projections.organizations.queries import organization_by_handle
from projections.queryvalues import ORGANIZATION, PERSON, UUIDS, ById, ByName, Me, OrganizationRef, Person
from service.http.call import Call
from service.http.organization_paths import path_organization
from service.http.paths import path_uuid
from service.http.people import find_user
from service.http.queries import QueryReader

#: Rows that put a person into a group.
GROUP_MEMBERS = Columns(id="user_id", owner="user_id", organization="organization_id")

_PARAMETERS = ("organization", "has_member", "group_ids")


@dataclass(frozen=True, slots=True)
class AskedGroups:
    """What narrows a list of groups; None and () do not."""

    organization_id: str | None
    member_id: str | None
    ids: Sequence[str]


async def path_group(call: Call, connection: AsyncConnection[Any]) -> GroupRow:
    """The group of the path. Raises `Invalid` for what is no UUID, `NotFound`, whether absent or unreadable."""
    return _readable(call, await group_by_id(connection, path_uuid(call.path["group"])))


async def path_group_by_name(call: Call, connection: AsyncConnection[Any]) -> GroupRow:
    """The group that the path names within an organization. Raises `NotFound`, whether absent or unreadable."""
    organization = await path_organization(call, connection)
    return _readable(call, await group_by_name(connection, organization.id, call.path["groupName"]))


async def asked_groups(call: Call, connection: AsyncConnection[Any]) -> AskedGroups:
    """The query of a list of groups. Raises `Invalid` for unknown parameters and for names of nobody and nothing."""
    reader = QueryReader(call.request.query)
    organization = reader.read("organization", ORGANIZATION)
    person = reader.read("has_member", PERSON)
    ids = reader.read("group_ids", UUIDS)
    reader.refuse_unknown(_PARAMETERS)
    reader.check()
    return AskedGroups(await _organization_id(call, connection, organization), await _person_id(call, connection, person), ids)


async def _organization_id(call: Call, connection: AsyncConnection[Any], wanted: OrganizationRef | None) -> str | None:
    if not isinstance(wanted, ByName):
        return None if wanted is None else wanted.id
    found = await organization_by_handle(connection, wanted.name)
    if found is None or not allows(call.caller.subject, Action.READ, objects.organization(found.id)):
        raise _unknown("organization", wanted.name)
    return found.id


async def _person_id(call: Call, connection: AsyncConnection[Any], wanted: Person | None) -> str | None:
    match wanted:
        case None:
            return None
        case Me():
            return call.caller.user_id
        case ById(id=id):
            return id
        case ByName(name=name):
            found = await find_user(connection, name, call.caller.user_id)
            if found is None or not allows(call.caller.subject, Action.READ, objects.user(found.id)):
                raise _unknown("has_member", name)
            return found.id


def _unknown(parameter: str, name: str) -> Invalid:
    detail = f'Query param "{parameter}" has invalid value: "{name}" does not exist, or you are unauthorized to view it'
    return Invalid("Query parameters have invalid values.", validations=(Violation(parameter, detail),))


def _readable(call: Call, group: GroupRow | None) -> GroupRow:
    if group is None or not allows(call.caller.subject, Action.READ, objects.group(id=group.id, organization_id=group.organization_id)):
        raise NotFound
    return group
