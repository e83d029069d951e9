"""What a person's workspaces cost, and may cost: templates name costs, but nobody has a budget here (contract/clients.md 2.5)."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import NotFound
from projections.builds.costs import daily_costs
from projections.organizations.members import member_by_handle
from projections.organizations.queries import organization_by_handle
from service.http.call import Call
from service.http.organization_paths import path_member, path_organization
from service.http.people import path_user
from service.http.responses import json_response
from service.http.routing import Access, Route

#: There is none: quotas are not enforced.
_NO_BUDGET = -1
_TAG = "Quotas"


async def show(call: Call) -> web.Response:
    """A member's costs in an organization."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        member = await path_member(call, connection, organization.id)
        return json_response(await _quota(connection, member.user_id, organization.id))


async def show_in_default_organization(call: Call) -> web.Response:
    """A person's costs in the default organization."""
    async with call.pool.connection() as connection:
        user = await path_user(call, connection)
        organization = await organization_by_handle(connection, "default")
        if organization is None or await member_by_handle(connection, organization.id, user.id) is None:
            raise NotFound
        return json_response(await _quota(connection, user.id, organization.id))


async def _quota(connection: AsyncConnection[Any], user_id: str, organization_id: str) -> dict[str, int]:
    return {"credits_consumed": await daily_costs(connection, user_id, organization_id), "budget": _NO_BUDGET}


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/organizations/{organization}/members/{user}/workspace-quota",
        show,
        access=Access.SESSION,
        permission="organization:read, organization_member:read",
        summary="Get a member's workspace quota",
        responses={200: "WorkspaceQuota"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/workspace-quota/{user}",
        show_in_default_organization,
        access=Access.SESSION,
        permission="user:read",
        summary="Get a person's workspace quota in the default organization",
        responses={200: "WorkspaceQuota"},
        tag=_TAG,
        deprecated=True,
    ),
)
