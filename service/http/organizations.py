"""Organizations and their settings (contract/identity.md 6, contract/authorization.md 11)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from aiohttp import web

from domain.kernel.errors import NotFound
from domain.organizations.commands import CreateOrganization, DeleteOrganization, SetWorkspaceSharing, UpdateOrganization
from domain.roles import objects
from domain.roles.builtin import ShareableOwners
from domain.roles.filters import ORGANIZATIONS, visible
from domain.roles.permissions import Action, Resource
from domain.roles.policy import allows
from domain.workspaces.commands import WithdrawSharing
from projections.organizations.queries import (
    organization_by_handle,
    organization_by_name,
    organizations_of,
    readable_organizations,
)
from projections.organizations.render import OrganizationRow, organization_document, sharing_document
from service.commands.organizations import forbidden_sharing
from service.http.call import Call
from service.http.fields import FLAG, TEXT, list_of, optional, wire
from service.http.organization_paths import path_organization
from service.http.parsing import decode_body
from service.http.people import path_user
from service.http.responses import json_response, message
from service.http.routing import Access, Route
from service.http.rules import ORGANIZATION_DISPLAY_NAME, ORGANIZATION_NAME, REQUIRED, one_of, unless_unset

_TAG = "Organizations"


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """`CreateOrganizationRequest`."""

    name: str = wire(TEXT, REQUIRED, ORGANIZATION_NAME)
    display_name: str = wire(TEXT, ORGANIZATION_DISPLAY_NAME)
    description: str = wire(TEXT)
    icon: str = wire(TEXT)


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """`UpdateOrganizationRequest`: an empty name is no change, an empty description is one."""

    name: str = wire(TEXT, unless_unset(ORGANIZATION_NAME))
    display_name: str = wire(TEXT, ORGANIZATION_DISPLAY_NAME)
    description: str | None = optional(TEXT)
    icon: str | None = optional(TEXT)
    default_org_member_roles: tuple[str, ...] | None = optional(list_of(TEXT))


@dataclass(frozen=True, slots=True)
class SharingRequest:
    """`UpdateWorkspaceSharingSettingsRequest`: the named mode wins over the older switch."""

    sharing_disabled: bool = wire(FLAG)
    shareable_workspace_owners: str = wire(TEXT, one_of("", *(mode.value for mode in ShareableOwners)))

    @property
    def owners(self) -> str:
        """The mode that is asked for."""
        switched = ShareableOwners.NONE if self.sharing_disabled else ShareableOwners.EVERYONE
        return self.shareable_workspace_owners or switched.value


async def index(call: Call) -> web.Response:
    """All organizations that the caller may read."""
    async with call.pool.connection() as connection:
        rows = await readable_organizations(connection, visible(call.caller.subject, Action.READ, Resource.ORGANIZATION, ORGANIZATIONS))
    return json_response([organization_document(row) for row in rows])


async def show(call: Call) -> web.Response:
    """One organization."""
    async with call.pool.connection() as connection:
        return json_response(organization_document(await path_organization(call, connection)))


async def index_of_user(call: Call) -> web.Response:
    """Those of a person's organizations that the caller may read."""
    readable = visible(call.caller.subject, Action.READ, Resource.ORGANIZATION, ORGANIZATIONS)
    async with call.pool.connection() as connection:
        user = await path_user(call, connection)
        rows = await organizations_of(connection, user.id, readable)
    return json_response([organization_document(row) for row in rows])


async def show_of_user(call: Call) -> web.Response:
    """An organization by its name alone; whether the person belongs to it does not matter (contract/identity.md 5.2)."""
    async with call.pool.connection() as connection:
        await path_user(call, connection)
        organization = await organization_by_name(connection, call.path["organizationname"])
    if organization is None or not allows(call.caller.subject, Action.READ, objects.organization(organization.id)):
        raise NotFound
    return json_response(organization_document(organization))


async def create(call: Call) -> web.Response:
    """Found an organization, with the caller as its first member."""
    request = decode_body(await call.body(), CreateRequest)
    command = CreateOrganization(
        id=str(uuid.uuid4()),
        name=request.name,
        display_name=request.display_name,
        description=request.description,
        icon=request.icon,
        founder_id=call.caller.user_id,
        subject=call.caller.subject,
    )
    await call.execute(command)
    return json_response(organization_document(await _shown(call, command.id)), 201)


async def update(call: Call) -> web.Response:
    """Change an organization's settings."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
    request = decode_body(await call.body(), UpdateRequest)
    command = UpdateOrganization(
        organization_id=organization.id,
        name=request.name,
        display_name=request.display_name,
        description=request.description,
        icon=request.icon,
        default_org_member_roles=request.default_org_member_roles,
        subject=call.caller.subject,
    )
    await call.execute(command)
    return json_response(organization_document(await _shown(call, organization.id)))


async def delete(call: Call) -> web.Response:
    """Close an empty organization."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
    await call.execute(DeleteOrganization(organization.id, call.caller.subject))
    return message("Organization has been deleted.")


async def show_sharing(call: Call) -> web.Response:
    """Whose workspaces may be shared."""
    async with call.pool.connection() as connection:
        return json_response(sharing_document(await path_organization(call, connection)))


async def update_sharing(call: Call) -> web.Response:
    """Choose whose workspaces may be shared; access lists that this forbids are emptied before the answer."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
    owners = decode_body(await call.body(), SharingRequest).owners
    command = SetWorkspaceSharing(organization.id, owners, call.caller.subject)
    await call.execute(command)
    while True:
        async with call.pool.connection() as connection:
            rest = await forbidden_sharing(connection, organization.id, owners, limit=command.withdrawn_at_once)
        if not rest or not (await call.execute(WithdrawSharing(tuple(rest)))).events:
            break
    return json_response(sharing_document(await _shown(call, organization.id)))


async def _shown(call: Call, organization_id: str) -> OrganizationRow:
    async with call.pool.connection() as connection:
        organization = await organization_by_handle(connection, organization_id)
    if organization is None:
        raise NotFound
    return organization


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/organizations",
        index,
        access=Access.SESSION,
        permission="organization:read decides which rows",
        summary="List organizations",
        responses={200: ["Organization"]},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/organizations",
        create,
        access=Access.SESSION,
        permission="organization:create",
        summary="Create an organization",
        request="CreateOrganizationRequest",
        responses={201: "Organization"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/organizations/{organization}",
        show,
        access=Access.SESSION,
        permission="organization:read",
        summary="Get an organization",
        responses={200: "Organization"},
        tag=_TAG,
    ),
    Route(
        "PATCH",
        "/organizations/{organization}",
        update,
        access=Access.SESSION,
        permission="organization:update",
        summary="Update an organization",
        request="UpdateOrganizationRequest",
        responses={200: "Organization"},
        tag=_TAG,
    ),
    Route(
        "DELETE",
        "/organizations/{organization}",
        delete,
        access=Access.SESSION,
        permission="organization:delete",
        summary="Delete an empty organization",
        responses={200: "Response"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/users/{user}/organizations",
        index_of_user,
        access=Access.SESSION,
        permission="user:read on the person; organization:read decides which rows",
        summary="List a person's organizations",
        responses={200: ["Organization"]},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/users/{user}/organizations/{organizationname}",
        show_of_user,
        access=Access.SESSION,
        permission="user:read on the person, organization:read",
        summary="Get an organization by name",
        responses={200: "Organization"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/organizations/{organization}/settings/workspace-sharing",
        show_sharing,
        access=Access.SESSION,
        permission="organization:read",
        summary="Get whose workspaces may be shared",
        responses={200: "WorkspaceSharingSettings"},
        tag=_TAG,
    ),
    Route(
        "PATCH",
        "/organizations/{organization}/settings/workspace-sharing",
        update_sharing,
        access=Access.SESSION,
        permission="organization:update",
        summary="Choose whose workspaces may be shared",
        request="UpdateWorkspaceSharingSettingsRequest",
        responses={200: "WorkspaceSharingSettings"},
        tag=_TAG,
    ),
)
