"""Roles in the whole deployment: which there are, who holds them, given and taken (contract/authorization.md 8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from domain.kernel.errors import Forbidden, Invalid
from domain.roles import objects
from domain.roles.assignment import may_assign_site_role
from domain.roles.builtin import LISTED_SITE_ROLES, site_role
from domain.roles.permissions import Action, Permission
from domain.roles.policy import allows
from domain.users.commands import SetSiteRoles
from domain.users.decisions import OWN_ROLES
from projections.users.queries import organization_roles
from projections.users.render import user_document
from service.http.call import Call
from service.http.fields import TEXT, list_of, wire
from service.http.parsing import decode_body
from service.http.people import personal_user, user_after_change, user_in_path
from service.http.responses import json_response
from service.http.routing import Access, Route


@dataclass(frozen=True, slots=True)
class RolesRequest:
    """All roles as they are to be."""

    roles: tuple[str, ...] = wire(list_of(TEXT))


async def index(call: Call) -> web.Response:
    """The built-in site roles, and which of them the caller may give."""
    subject = call.caller.subject
    if not allows(subject, Action.READ, objects.site_roles()):
        raise Forbidden
    roles = [role for name in LISTED_SITE_ROLES if (role := site_role(name.value)) is not None]
    return json_response(
        [
            {
                "name": role.name,
                "display_name": role.display_name,
                "site_permissions": _permissions(role.site),
                "user_permissions": _permissions(role.user),
                "organization_permissions": [],
                "organization_member_permissions": [],
                "assignable": may_assign_site_role(subject, role.name),
                "built_in": True,
            }
            for role in roles
        ]
    )


def _permissions(permissions: Iterable[Permission]) -> list[dict[str, Any]]:
    return [{"negate": p.negate, "resource_type": p.resource_type, "action": p.action} for p in permissions]


async def show(call: Call) -> web.Response:
    """What is stored of a person's roles, at the site and in each of their organizations."""
    async with call.pool.connection() as connection:
        user = await personal_user(call, connection, Action.READ_PERSONAL)
        held = await organization_roles(connection, user.id)
    return json_response({"roles": list(user.roles), "organization_roles": held})


async def change(call: Call) -> web.Response:
    """Other stored site roles."""
    user = await user_in_path(call)
    if user.id == call.caller.user_id:
        raise Invalid(OWN_ROLES)
    request = decode_body(await call.body(), RolesRequest)
    await call.execute(SetSiteRoles(user.id, request.roles, call.caller.subject))
    return json_response(user_document(await user_after_change(call, user.id)))


_TAG = "Roles"

ROUTES = (
    Route(
        "GET",
        "/users/roles",
        index,
        access=Access.SESSION,
        permission="assign_role:read",
        summary="List site roles",
        responses={200: ["AssignableRoles"]},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/users/{user}/roles",
        show,
        access=Access.SESSION,
        permission="user:read_personal",
        summary="Get a user's roles",
        responses={200: "UserRoles"},
        tag=_TAG,
    ),
    Route(
        "PUT",
        "/users/{user}/roles",
        change,
        access=Access.SESSION,
        permission="assign_role:assign and :unassign, and the table of who may assign what",
        summary="Set a user's site roles",
        request="UpdateRoles",
        responses={200: "User"},
        tag=_TAG,
    ),
)
