"""Groups of an organization's members, Everyone included (contract/identity.md 8)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from domain.groups.commands import CreateGroup, DeleteGroup, UpdateGroup
from domain.groups.decisions import check_everyone_update
from domain.kernel.errors import NotFound
from domain.organizations.commands import UpdateEveryoneGroup
from domain.roles.filters import GROUPS, visible
from domain.roles.permissions import Action, Resource
from projections.available_users.pages import Selection
from projections.groups.queries import group_by_id, page_of_group_members, readable_groups, rosters
from projections.groups.render import GroupRow, group_document
from projections.queryvalues import FLAG as FLAG_PARAMETER
from projections.users.render import reduced_user
from projections.users.search import parse_user_search
from service.http.call import Call
from service.http.fields import INT32, TEXT, list_of, optional, wire
from service.http.group_paths import GROUP_MEMBERS, asked_groups, path_group, path_group_by_name
from service.http.members import INVALID_SEARCH
from service.http.organization_paths import path_organization
from service.http.parsing import decode_body
from service.http.queries import QueryReader, paging
from service.http.responses import json_response, message
from service.http.rules import GROUP_DISPLAY_NAME, GROUP_NAME, REQUIRED, unless_unset


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """`CreateGroupRequest`."""

    name: str = wire(TEXT, REQUIRED, GROUP_NAME)
    display_name: str = wire(TEXT, GROUP_DISPLAY_NAME)
    avatar_url: str = wire(TEXT)
    quota_allowance: int = wire(INT32)


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """`PatchGroupRequest`: an empty name, and null, leave a setting as it is."""

    add_users: tuple[str, ...] = wire(list_of(TEXT))
    remove_users: tuple[str, ...] = wire(list_of(TEXT))
    name: str = wire(TEXT, unless_unset(GROUP_NAME))
    display_name: str | None = optional(TEXT, GROUP_DISPLAY_NAME)
    avatar_url: str | None = optional(TEXT)
    quota_allowance: int | None = optional(INT32)


async def index(call: Call) -> web.Response:
    """All groups that the caller may read, narrowed by organization, member and ids."""
    async with call.pool.connection() as connection:
        wanted = await asked_groups(call, connection)
        readable = visible(call.caller.subject, Action.READ, Resource.GROUP, GROUPS)
        rows = await readable_groups(
            connection, readable, organization_id=wanted.organization_id, member_id=wanted.member_id, ids=wanted.ids
        )
    return await _listed(call, rows)


async def index_of_organization(call: Call) -> web.Response:
    """An organization's groups."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        readable = visible(call.caller.subject, Action.READ, Resource.GROUP, GROUPS)
        rows = await readable_groups(connection, readable, organization_id=organization.id)
    return await _listed(call, rows)


async def show(call: Call) -> web.Response:
    """One group by id."""
    async with call.pool.connection() as connection:
        group = await path_group(call, connection)
    return await _shown(call, group)


async def show_by_name(call: Call) -> web.Response:
    """One group by its name in an organization."""
    async with call.pool.connection() as connection:
        group = await path_group_by_name(call, connection)
    return await _shown(call, group)


async def members(call: Call) -> web.Response:
    """A page of those in a group whom the caller may see."""
    async with call.pool.connection() as connection:
        group = await path_group(call, connection)
    return await _page(call, group)


async def members_by_name(call: Call) -> web.Response:
    """The same for a group by its name in an organization."""
    async with call.pool.connection() as connection:
        group = await path_group_by_name(call, connection)
    return await _page(call, group)


async def create(call: Call) -> web.Response:
    """A new, empty group."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
    request = decode_body(await call.body(), CreateRequest)
    command = CreateGroup(
        id=str(uuid.uuid4()),
        organization_id=organization.id,
        name=request.name,
        display_name=request.display_name,
        avatar_url=request.avatar_url,
        quota_allowance=request.quota_allowance,
        subject=call.caller.subject,
    )
    await call.execute(command)
    return json_response(group_document(await _stored(call, command.id), ()), 201)


async def update(call: Call) -> web.Response:
    """Change settings and people of a group; of Everyone, its picture and quota."""
    async with call.pool.connection() as connection:
        group = await path_group(call, connection)
    request = decode_body(await call.body(), UpdateRequest)
    command = UpdateGroup(
        group_id=group.id,
        organization_id=group.organization_id,
        name=request.name,
        display_name=request.display_name,
        avatar_url=request.avatar_url,
        quota_allowance=request.quota_allowance,
        add=request.add_users,
        remove=request.remove_users,
        subject=call.caller.subject,
    )
    if group.is_everyone:
        check_everyone_update(command)
        await call.execute(UpdateEveryoneGroup(group.id, command.avatar_url, command.quota_allowance, command.subject))
    else:
        await call.execute(command)
    return await _shown(call, await _stored(call, group.id))


async def delete(call: Call) -> web.Response:
    """A group is gone, with the access that it gave."""
    async with call.pool.connection() as connection:
        group = await path_group(call, connection)
    await call.execute(DeleteGroup(group.id, group.organization_id, call.caller.subject))
    return message("Successfully deleted group!")


async def _stored(call: Call, group_id: str) -> GroupRow:
    async with call.pool.connection() as connection:
        group = await group_by_id(connection, group_id)
    if group is None:
        raise NotFound
    return group


async def _shown(call: Call, group: GroupRow) -> web.Response:
    reader = QueryReader(call.request.query)
    without_members = reader.read("exclude_members", FLAG_PARAMETER)
    reader.check()
    if without_members:
        return json_response(group_document(group, ()))
    (document,) = await _documents(call, [group])
    return json_response(document)


async def _listed(call: Call, groups: Sequence[GroupRow]) -> web.Response:
    return json_response(await _documents(call, groups))


async def _documents(call: Call, groups: Sequence[GroupRow]) -> list[dict[str, object]]:
    """All groups with whom the caller may see in them: one statement, however many there are."""
    readable = visible(call.caller.subject, Action.READ, Resource.GROUP_MEMBER, GROUP_MEMBERS)
    async with call.pool.connection() as connection:
        people = await rosters(connection, [group.id for group in groups], readable)
    return [group_document(group, people.get(group.id, ())) for group in groups]


async def _page(call: Call, group: GroupRow) -> web.Response:
    """`users` is null for an empty page, as clients know it (contract/identity.md 8)."""
    search = parse_user_search(call.request.query.get("q", ""), INVALID_SEARCH)
    page = paging(call.request.query)
    readable = visible(call.caller.subject, Action.READ, Resource.GROUP_MEMBER, GROUP_MEMBERS)
    async with call.pool.connection() as connection:
        wanted = Selection(search, page.limit, page.offset, page.after_id)
        rows, count = await page_of_group_members(connection, group, wanted, readable)
    return json_response({"users": [reduced_user(row) for row in rows] or None, "count": count})
