"""Sharing one workspace. Order of checks: contract/workspaces.md 7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Forbidden
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from domain.workspaces.acl import SHARING_IS_OFF, canonical, checked_roles, refuse_own_role
from domain.workspaces.commands import ClearACL, UpdateACL
from projections.workspaces.acl import acl_document, known_grantees, shares_with_nobody, stored_acl
from service.http.call import Call
from service.http.fields import TEXT, map_of, wire
from service.http.parsing import decode_body
from service.http.ready import Ready
from service.http.responses import no_content
from service.http.routing import AT, Access, Conditional, Route
from service.http.workspaces.access import require, workspace_in_path
from service.http.workspaces.conditional import if_match
from service.http.workspaces.moment import asked_position
from service.http.workspaces.past import acl_then
from service.watch.frames import Document


@dataclass(frozen=True, slots=True)
class ACLRequest:
    """Changes by id, in any spelling; a null role is an empty one."""

    user_roles: Mapping[str, str] = wire(map_of(TEXT))
    group_roles: Mapping[str, str] = wire(map_of(TEXT))


async def get_acl(call: Call) -> web.StreamResponse:
    """The whole list, for whoever may read the workspace."""
    document = await workspace_in_path(call)
    position = await asked_position(call)
    if position is not None:
        return await acl_then(call, document, position)

    async def ask(connection: AsyncConnection[Any]) -> bytes:
        user_acl, group_acl = await stored_acl(connection, document.id)
        return orjson.dumps(await acl_document(connection, user_acl, group_acl)) + b"\n"

    return Ready(await call.services.recalls.acls.get(document.id, ask))


async def update_acl(call: Call) -> web.Response:
    """Merge entries into the list."""
    document = await workspace_in_path(call)
    await _refuse_where_nobody_shares(call, document)
    precondition = if_match(call, document)
    request = decode_body(await call.body(), ACLRequest)
    users, groups = canonical(request.user_roles), canonical(request.group_roles)
    shares_any = _shares_any(call, document)
    if not shares_any:
        refuse_own_role(call.caller.user_id, users)
    async with call.pool.connection() as connection:
        known = await known_grantees(connection, list(users), list(groups))
    users, groups = checked_roles(request.user_roles, request.group_roles, *known)
    require(call, Action.SHARE, document)
    await call.execute(UpdateACL(document.id, users, groups, shares_any), precondition=precondition)
    return no_content()


async def clear_acl(call: Call) -> web.Response:
    """Share it with nobody."""
    document = await workspace_in_path(call)
    await _refuse_where_nobody_shares(call, document)
    require(call, Action.SHARE, document)
    await call.execute(ClearACL(document.id), precondition=if_match(call, document))
    return no_content()


async def _refuse_where_nobody_shares(call: Call, document: Document) -> None:
    async with call.pool.connection() as connection:
        off = await shares_with_nobody(connection, document.workspace.organization_id)
    if off:
        raise Forbidden(SHARING_IS_OFF, "Its administrators can switch it on again.")


def _shares_any(call: Call, document: Document) -> bool:
    """Whether the caller may share every workspace of the organization, whoever owns it."""
    any_workspace = objects.new_workspace(owner_id=objects.ANY_OWNER, organization_id=document.workspace.organization_id)
    return allows(call.caller.subject, Action.SHARE, any_workspace)


ROUTES = (
    Route(
        "GET",
        "/workspaces/{workspace}/acl",
        get_acl,
        access=Access.SESSION,
        permission="workspace:read",
        summary="Read with whom a workspace is shared",
        responses={200: "WorkspaceACL"},
        query=(AT,),
        tag="Workspaces",
    ),
    Route(
        "PATCH",
        "/workspaces/{workspace}/acl",
        update_acl,
        access=Access.SESSION,
        permission="workspace:share",
        summary="Share a workspace",
        request="UpdateWorkspaceACL",
        responses={204: None},
        tag="Workspaces",
        conditional=Conditional.CHANGE,
    ),
    Route(
        "DELETE",
        "/workspaces/{workspace}/acl",
        clear_acl,
        access=Access.SESSION,
        permission="workspace:share",
        summary="Share a workspace with nobody",
        responses={204: None},
        tag="Workspaces",
        conditional=Conditional.CHANGE,
    ),
)
