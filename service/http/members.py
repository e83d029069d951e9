"""Who belongs to an organization, and with which roles (contract/identity.md 7, contract/authorization.md 8)."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from domain.kernel.errors import NotFound
from domain.organizations.commands import AddMember, RemoveMember, SetMemberRoles
from domain.organizations.members import refuse_own_roles
from domain.roles import objects
from domain.roles.builtin import display_name
from domain.roles.filters import MEMBERS, visible
from domain.roles.permissions import Action, Resource
from domain.roles.policy import allows
from projections.available_users.pages import Selection
from projections.organizations.members import member_by_handle, page_of_members, parse_member_search, readable_members
from projections.organizations.render import MemberRow, member_document, member_with_user_document
from projections.users.search import parse_user_search
from service.http.call import Call
from service.http.fields import TEXT, list_of, wire
from service.http.organization_paths import path_member, path_organization
from service.http.parsing import decode_body
from service.http.people import path_user
from service.http.queries import paging
from service.http.responses import json_response, no_content
from service.http.routing import AFTER_ID, LIMIT, OFFSET, Access, Parameter, Route

INVALID_SEARCH = "Invalid member search query."
_TAG = "Members"


@dataclass(frozen=True, slots=True)
class RolesRequest:
    """`UpdateRoles`."""

    roles: tuple[str, ...] = wire(list_of(TEXT))


async def index(call: Call) -> web.Response:
    """All members whom the caller may read, in one list."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        search = parse_member_search(call.request.query.get("q", ""))
        readable = visible(call.caller.subject, Action.READ, Resource.ORGANIZATION_MEMBER, MEMBERS)
        rows = await readable_members(connection, organization.id, search, readable)
    return json_response([member_with_user_document(row, display_name) for row in rows])


async def page(call: Call) -> web.Response:
    """A page of all members, for who may read every one of them."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        search = parse_user_search(call.request.query.get("q", ""), INVALID_SEARCH)
        asked = paging(call.request.query)
        if not allows(call.caller.subject, Action.READ, objects.members(organization.id)):
            raise NotFound
        wanted = Selection(search, asked.limit, asked.offset, asked.after_id)
        rows, count = await page_of_members(connection, organization.id, wanted)
    return json_response({"members": [member_with_user_document(row, display_name) for row in rows], "count": count})


async def show(call: Call) -> web.Response:
    """One member."""
    _, member = await _member_in_path(call)
    return json_response(member_with_user_document(member, display_name))


async def add(call: Call) -> web.Response:
    """Somebody joins."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        user = await path_user(call, connection)
    if user.deleted or user.is_system:
        raise NotFound
    await call.execute(AddMember(organization.id, user.id, call.caller.subject))
    return json_response(member_document(await _shown(call, organization.id, user.id), display_name))


async def remove(call: Call) -> web.Response:
    """Somebody leaves."""
    organization_id, member = await _member_in_path(call)
    await call.execute(RemoveMember(organization_id, member.user_id, call.caller.subject))
    return no_content()


async def set_roles(call: Call) -> web.Response:
    """Replace a member's stored roles."""
    organization_id, member = await _member_in_path(call)
    refuse_own_roles(call.caller.subject, member.user_id)
    roles = decode_body(await call.body(), RolesRequest).roles
    await call.execute(SetMemberRoles(organization_id, member.user_id, roles, call.caller.subject))
    return json_response(member_document(await _shown(call, organization_id, member.user_id), display_name))


async def _member_in_path(call: Call) -> tuple[str, MemberRow]:
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        return organization.id, await path_member(call, connection, organization.id)


async def _shown(call: Call, organization_id: str, user_id: str) -> MemberRow:
    async with call.pool.connection() as connection:
        member = await member_by_handle(connection, organization_id, user_id)
    if member is None:
        raise NotFound
    return member


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/organizations/{organization}/members",
        index,
        access=Access.SESSION,
        permission="organization:read; organization_member:read decides which rows",
        summary="List members",
        responses={200: ["OrganizationMemberWithUserData"]},
        query=(Parameter("q", summary="`user_id`, `github_user_id`, `include_system`."),),
        tag=_TAG,
        deprecated=True,
    ),
    Route(
        "GET",
        "/organizations/{organization}/paginated-members",
        page,
        access=Access.SESSION,
        permission="organization:read, organization_member:read on all",
        summary="List members page by page",
        responses={200: "PaginatedMembersResponse"},
        query=(Parameter("q", summary="The search language of people."), AFTER_ID, LIMIT, OFFSET),
        tag=_TAG,
    ),
    Route(
        "GET",
        "/organizations/{organization}/members/{user}",
        show,
        access=Access.SESSION,
        permission="organization:read, organization_member:read",
        summary="Get a member",
        responses={200: "OrganizationMemberWithUserData"},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/organizations/{organization}/members/{user}",
        add,
        access=Access.SESSION,
        permission="user:read, organization_member:create, assign_org_role:assign",
        summary="Add a member",
        responses={200: "OrganizationMember"},
        tag=_TAG,
    ),
    Route(
        "DELETE",
        "/organizations/{organization}/members/{user}",
        remove,
        access=Access.SESSION,
        permission="organization_member:delete",
        summary="Remove a member",
        responses={204: None},
        tag=_TAG,
    ),
    Route(
        "PUT",
        "/organizations/{organization}/members/{user}/roles",
        set_roles,
        access=Access.SESSION,
        permission="assign_org_role:assign and :unassign, within what the caller's own roles may give",
        summary="Set a member's roles",
        request="UpdateRoles",
        responses={200: "OrganizationMember"},
        tag=_TAG,
    ),
)
