"""Creating workspaces, by both routes. Order of checks: contract/workspaces.md 3.1."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from aiohttp import web

from domain.kernel.errors import Forbidden, Invalid, NotFound, Violation
from domain.kernel.ids import NIL
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from domain.workspaces.commands import CreateWorkspace
from domain.workspaces.decisions import refuse_deleted_template
from projections.users.render import UserRow
from projections.workspaces.creation import WantedTemplate, created, created_document, names, wanted_template, wanted_version
from projections.workspaces.render import queued, shown
from service.http.call import Call
from service.http.fields import INT64, TEXT, UUID_TEXT, list_of, optional, wire
from service.http.parsing import decode_body, nested
from service.http.responses import json_bytes
from service.http.routing import Access, Route
from service.http.rules import WORKSPACE_NAME, excluded_with, required_without
from service.http.workspaces.answers import place_of_new
from service.http.workspaces.people import known_person_in_path, may_read_person, member_in_path


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """One parameter of the build."""

    name: str = wire(TEXT)
    value: str = wire(TEXT)


@dataclass(frozen=True, slots=True)
class CreateWorkspaceRequest:
    """Exactly one of template and version; nil ids count as absent."""

    template_id: str = wire(UUID_TEXT, required_without("template_version_id"), excluded_with("template_version_id"))
    template_version_id: str = wire(UUID_TEXT, required_without("template_id"), excluded_with("template_id"))
    name: str = wire(TEXT, WORKSPACE_NAME)
    autostart_schedule: str | None = optional(TEXT)
    ttl_ms: int | None = optional(INT64)
    rich_parameter_values: tuple[ParameterValue, ...] = wire(list_of(nested(ParameterValue)))
    automatic_updates: str = wire(TEXT)
    template_version_preset_id: str = wire(UUID_TEXT)


async def create_for_user(call: Call) -> web.Response:
    """`POST /users/{user}/workspaces`: an owner whom the caller may read need not be a member of anything."""
    owner = await known_person_in_path(call)
    return await _create(call, owner, must_be_member=not may_read_person(call, owner))


async def create_for_member(call: Call) -> web.Response:
    """`POST /organizations/{organization}/members/{user}/workspaces`: the organization only says who the owner is."""
    async with call.pool.connection() as connection:
        owner = await member_in_path(call, connection)
    return await _create(call, owner, must_be_member=False)


async def _create(call: Call, owner: UserRow, *, must_be_member: bool) -> web.Response:
    request = decode_body(await call.body(), CreateWorkspaceRequest)
    template = await _template(call, request)
    refuse_deleted_template(template.name, template.deleted)
    if must_be_member and template.organization_id not in owner.organization_ids:
        raise NotFound
    _check_rights(call, owner.id, template)
    if template.deprecation_message:
        raise Invalid(f'Template "{template.name}" is deprecated: no workspaces can be created from it.', template.deprecation_message)
    command = CreateWorkspace(
        workspace_id=str(uuid.uuid4()),
        build_id=str(uuid.uuid4()),
        job_id=str(uuid.uuid4()),
        owner_id=owner.id,
        template_id=template.id,
        template_version_id="" if request.template_version_id == NIL else request.template_version_id,
        name=request.name,
        autostart_schedule=request.autostart_schedule,
        ttl_ms=request.ttl_ms,
        automatic_updates=request.automatic_updates,
        parameters=tuple((p.name, p.value) for p in request.rich_parameter_values),
        preset_id="" if request.template_version_preset_id == NIL else request.template_version_preset_id,
        may_use_any_version=allows(call.caller.subject, Action.UPDATE, _object(template)),
    )
    outcome = await call.execute(command)
    new = created(outcome.events)
    called = await call.services.recalls.names.get(new.around, lambda connection: names(connection, new.around))
    async with call.pool.connection() as connection:
        place = await place_of_new(connection, new.job)
    document = shown(created_document(new, called), favorite=False, allow_renames=call.services.settings.allow_workspace_renames)
    return json_bytes(queued(document, place), 201)


async def _template(call: Call, request: CreateWorkspaceRequest) -> WantedTemplate:
    """The template that the request means. Raises `Invalid` for one that is unknown to the caller."""
    if request.template_version_id != NIL:
        return await _template_of_version(call, request.template_version_id)
    template = await _known_template(call, request.template_id)
    if template is None or not allows(call.caller.subject, Action.READ, _object(template)):
        raise _unknown("template_id", "template not found")
    return template


async def _template_of_version(call: Call, id: str) -> WantedTemplate:
    """The template that a version belongs to. Who may not read it, learns nothing of the version, its being archived included."""
    async with call.pool.connection() as connection:
        version = await wanted_version(connection, id)
    if version is None:
        raise _unknown("template_version_id", "template version not found")
    template = None if version.template_id is None else await _known_template(call, version.template_id)
    around = objects.templates(version.organization_id) if template is None else _object(template)
    if not allows(call.caller.subject, Action.READ, around):
        raise _unknown("template_version_id", "template version not found")
    if version.archived:
        message = "Archived template versions cannot be used to make a workspace."
        raise Invalid(message, validations=[Violation("template_version_id", "template version archived")])
    if template is None:
        raise _unknown("template_id", "template not found")
    return template


async def _known_template(call: Call, id: str) -> WantedTemplate | None:
    return await call.services.recalls.templates.get(id, lambda connection: wanted_template(connection, id))


def _unknown(field: str, detail: str) -> Invalid:
    what = field.removesuffix("_id").replace("_", " ")
    return Invalid(f"The {what} doesn't exist.", validations=[Violation(field, detail)])


def _object(template: WantedTemplate) -> objects.Object:
    return objects.template(
        id=template.id, organization_id=template.organization_id, user_acl=template.user_acl, group_acl=template.group_acl
    )


def _check_rights(call: Call, owner_id: str, template: WantedTemplate) -> None:
    subject = call.caller.subject
    workspace = objects.new_workspace(owner_id=owner_id, organization_id=template.organization_id)
    if not allows(subject, Action.CREATE, workspace):
        raise Forbidden("Unauthorized to create workspace.", "You may not create workspaces for this owner in the template's organization.")
    if not allows(subject, Action.USE, _object(template)):
        detail = "Ask somebody who administers it to share it with you."
        raise Forbidden(f'Unauthorized access to use the template "{template.name}".', detail)
    if not allows(subject, Action.START, workspace):
        raise Forbidden("Unauthorized to start workspace.", "You may create this workspace, but not start it.")


_PERMISSION = "workspace:create and workspace:start for the owner in the template's organization, template:use"

ROUTES = (
    Route(
        "POST",
        "/users/{user}/workspaces",
        create_for_user,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Create a workspace for a user",
        request="CreateWorkspaceRequest",
        responses={201: "Workspace"},
        tag="Workspaces",
    ),
    Route(
        "POST",
        "/organizations/{organization}/members/{user}/workspaces",
        create_for_member,
        access=Access.SESSION,
        permission=_PERMISSION + "; organization_member:read of the owner",
        summary="Create a workspace for a member of an organization",
        request="CreateWorkspaceRequest",
        responses={201: "Workspace"},
        tag="Workspaces",
        deprecated=True,
    ),
)
