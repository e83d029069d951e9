"""The owner dropdown: whom one may make a workspace for (contract/authorization.md 1.3)."""

from __future__ import annotations

from aiohttp import web

from domain.kernel.errors import Forbidden
from domain.roles import objects
from domain.roles.objects import ANY_OWNER
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.available_users.pages import Selection
from projections.available_users.queries import available_users
from projections.users.search import parse_user_search
from service.http.call import Call
from service.http.organization_paths import path_member, path_organization
from service.http.queries import paging
from service.http.responses import json_response
from service.http.routing import AFTER_ID, LIMIT, OFFSET, Access, Parameter, Route


async def index(call: Call) -> web.Response:
    """Everybody in the deployment, reduced to what a dropdown shows, for who may create workspaces for anybody here.

    The person in the path only has to be a member whom the caller may read.
    """
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        await path_member(call, connection, organization.id)
        asked_for = objects.new_workspace(owner_id=ANY_OWNER, organization_id=organization.id)
        if not allows(call.caller.subject, Action.CREATE, asked_for):
            raise Forbidden
        search = parse_user_search(call.request.query.get("q", ""))
        page = paging(call.request.query)
        rows = await available_users(connection, Selection(search, page.limit, page.offset, page.after_id))
    return json_response(rows)


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/organizations/{organization}/members/{user}/workspaces/available-users",
        index,
        access=Access.SESSION,
        permission="organization:read, organization_member:read, workspace:create for any owner in the organization",
        summary="List whom workspaces can be made for",
        responses={200: ["MinimalUser"]},
        query=(Parameter("q", summary="The search language of people."), AFTER_ID, LIMIT, OFFSET),
        tag="Workspaces",
    ),
)
