"""The roles that an organization's members can hold, and those that it defines itself (contract/authorization.md 8, 9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from domain.kernel.errors import NotFound
from domain.organizations.commands import CreateCustomRole, DeleteCustomRole, UpdateCustomRole
from domain.roles import objects
from domain.roles.assignment import may_assign_organization_role
from domain.roles.builtin import LISTED_ORGANIZATION_ROLES, organization_role
from domain.roles.custom import CustomRoleDefinition
from domain.roles.permissions import Action, Permission
from domain.roles.policy import allows
from domain.roles.role import Role
from projections.organizations.queries import custom_roles
from projections.organizations.render import CustomRoleRow
from service.http.call import Call
from service.http.fields import FLAG, TEXT, list_of, wire
from service.http.organization_paths import path_organization
from service.http.parsing import decode_body, nested
from service.http.responses import json_response, no_content
from service.http.routing import Access, Route

_TAG = "Roles"


@dataclass(frozen=True, slots=True)
class PermissionRequest:
    """`Permission`."""

    negate: bool = wire(FLAG)
    resource_type: str = wire(TEXT)
    action: str = wire(TEXT)


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """`CustomRoleRequest`; the rules for its name are the domain's, because they come in an order of their own."""

    name: str = wire(TEXT)
    display_name: str = wire(TEXT)
    site_permissions: tuple[PermissionRequest, ...] = wire(list_of(nested(PermissionRequest)))
    user_permissions: tuple[PermissionRequest, ...] = wire(list_of(nested(PermissionRequest)))
    organization_permissions: tuple[PermissionRequest, ...] = wire(list_of(nested(PermissionRequest)))
    organization_member_permissions: tuple[PermissionRequest, ...] = wire(list_of(nested(PermissionRequest)))

    def definition(self) -> CustomRoleDefinition:
        """What the client describes, as the domain checks it."""
        return CustomRoleDefinition(
            self.name,
            self.display_name,
            _permissions(self.site_permissions),
            _permissions(self.user_permissions),
            _permissions(self.organization_permissions),
            _permissions(self.organization_member_permissions),
        )


def _permissions(requests: Iterable[PermissionRequest]) -> tuple[Permission, ...]:
    return tuple(Permission(r.resource_type, r.action, r.negate) for r in requests)


async def index(call: Call) -> web.Response:
    """The roles that a member can hold by name: built-in ones, then the organization's own."""
    subject = call.caller.subject
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        if not allows(subject, Action.READ, objects.organization_roles(organization.id)):
            raise NotFound
        own = await custom_roles(connection, organization.id)
    built_in = [role for name in LISTED_ORGANIZATION_ROLES if (role := organization_role(name.value)) is not None]
    documents = [(_document(role, organization.id), True) for role in built_in]
    documents += [(_custom_document(row, organization.id), False) for row in own]
    return json_response(
        [
            _assignable(document, may_assign_organization_role(subject, organization.id, document["name"]), is_built_in=is_built_in)
            for document, is_built_in in documents
        ]
    )


async def create(call: Call) -> web.Response:
    """Define a role."""
    organization_id = await _organization_id(call)
    definition = decode_body(await call.body(), RoleRequest).definition()
    await call.execute(CreateCustomRole(organization_id, definition, call.caller.subject))
    return json_response(await _shown(call, organization_id, definition.name))


async def update(call: Call) -> web.Response:
    """Replace the role of the name in the body."""
    organization_id = await _organization_id(call)
    definition = decode_body(await call.body(), RoleRequest).definition()
    await call.execute(UpdateCustomRole(organization_id, definition, call.caller.subject))
    return json_response(await _shown(call, organization_id, definition.name))


async def delete(call: Call) -> web.Response:
    """Take a role away, from everybody who holds it too."""
    organization_id = await _organization_id(call)
    await call.execute(DeleteCustomRole(organization_id, call.path["roleName"], call.caller.subject))
    return no_content()


async def _organization_id(call: Call) -> str:
    async with call.pool.connection() as connection:
        return (await path_organization(call, connection)).id


async def _shown(call: Call, organization_id: str, name: str) -> dict[str, Any]:
    async with call.pool.connection() as connection:
        rows = await custom_roles(connection, organization_id)
    row = next((row for row in rows if row.name == name), None)
    if row is None:
        raise NotFound
    return _custom_document(row, organization_id)


def _document(role: Role, organization_id: str) -> dict[str, Any]:
    return {
        "name": role.name,
        "organization_id": organization_id,
        "display_name": role.display_name,
        "site_permissions": [_permission(p) for p in role.site],
        "user_permissions": [_permission(p) for p in role.user],
        "organization_permissions": [_permission(p) for p in role.organization],
        "organization_member_permissions": [_permission(p) for p in role.member],
    }


def _custom_document(row: CustomRoleRow, organization_id: str) -> dict[str, Any]:
    permissions = tuple(Permission(p["resource_type"], p["action"], p["negate"]) for p in row.permissions)
    return _document(Role(row.name, row.display_name, organization=permissions), organization_id)


def _permission(permission: Permission) -> Mapping[str, Any]:
    return {"negate": permission.negate, "resource_type": permission.resource_type, "action": permission.action}


def _assignable(document: dict[str, Any], assignable: bool, *, is_built_in: bool) -> dict[str, Any]:
    return document | {"assignable": assignable, "built_in": is_built_in}


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/organizations/{organization}/members/roles",
        index,
        access=Access.SESSION,
        permission="organization:read, assign_org_role:read",
        summary="List an organization's roles",
        responses={200: ["AssignableRoles"]},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/organizations/{organization}/members/roles",
        create,
        access=Access.SESSION,
        permission="assign_org_role:create, and every permission that the role gives",
        summary="Define a role",
        request="CustomRoleRequest",
        responses={200: "Role"},
        tag=_TAG,
    ),
    Route(
        "PUT",
        "/organizations/{organization}/members/roles",
        update,
        access=Access.SESSION,
        permission="assign_org_role:update, and every permission that the role gives",
        summary="Replace a role",
        request="CustomRoleRequest",
        responses={200: "Role"},
        tag=_TAG,
    ),
    Route(
        "DELETE",
        "/organizations/{organization}/members/roles/{roleName}",
        delete,
        access=Access.SESSION,
        permission="assign_org_role:delete",
        summary="Delete a role",
        responses={204: None},
        tag=_TAG,
    ),
)
