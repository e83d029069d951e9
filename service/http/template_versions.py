"""Template versions: made, read, renamed, their imports cancelled (contract/lifecycle.md A2)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Forbidden, Invalid, NotFound, Violation
from domain.kernel.ids import NIL
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from domain.templates.values import ATTACHED, BUILT_IN
from domain.templates.version_commands import (
    ArchiveTemplateVersion,
    CreateTemplateVersion,
    RequestImportCancel,
    UnarchiveTemplateVersion,
    UpdateTemplateVersion,
)
from projections.template_versions.queries import version_by_id
from projections.templates.queries import guarded_template
from service.http.call import Call
from service.http.fields import TEXT, UUID_TEXT, list_of, map_of, optional, wire
from service.http.files import readable_file
from service.http.organization_paths import path_organization
from service.http.parsing import decode_body, nested
from service.http.responses import json_response, message
from service.http.routing import Access, Route
from service.http.rules import TEMPLATE_VERSION_NAME, one_of, required_without, shorter_than, unless_unset
from service.http.template_access import path_version, require, template_object, version_in_path
from service.http.version_documents import queued_document, version_documents
from service.http.version_names import generated_name
from service.provisioner.uploads import declared_tags
from service.store.files import file_content
from service.store.template_variables import variable_values

_TAG = "Templates"
_LONGEST_MESSAGE = shorter_than((1 << 20) + 1)


@dataclass(frozen=True, slots=True)
class VariableValue:
    """A value for one of the archive's variables."""

    name: str = wire(TEXT)
    value: str = wire(TEXT)


@dataclass(frozen=True, slots=True)
class CreateVersionRequest:
    """`CreateTemplateVersionRequest`."""

    name: str = wire(TEXT, unless_unset(TEMPLATE_VERSION_NAME))
    message: str = wire(TEXT, _LONGEST_MESSAGE)
    template_id: str = wire(UUID_TEXT)
    storage_method: str = wire(TEXT, one_of("file"))
    file_id: str = wire(UUID_TEXT, required_without("example_id"))
    example_id: str = wire(TEXT, required_without("file_id"))
    provisioner: str = wire(TEXT, one_of(ATTACHED, BUILT_IN))
    tags: Mapping[str, str] = wire(map_of(TEXT))
    user_variable_values: tuple[VariableValue, ...] = wire(list_of(nested(VariableValue)))


@dataclass(frozen=True, slots=True)
class PatchVersionRequest:
    """`PatchTemplateVersionRequest`: an empty name is no change, an empty message is one."""

    name: str = wire(TEXT, unless_unset(TEMPLATE_VERSION_NAME))
    message: str | None = optional(TEXT, _LONGEST_MESSAGE)


async def create(call: Call) -> web.Response:
    """Make a version of an uploaded archive and queue its import."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        request = decode_body(await call.body(), CreateVersionRequest)
        template = await _checked_references(call, connection, organization.id, request)
        content = await file_content(connection, request.file_id) or b""
        inherited = {} if template is None else await variable_values(connection, template["active_version_id"])
    given = tuple((v.name, v.value) for v in request.user_variable_values)
    # Large archives take a while, and nobody shall wait for a connection meanwhile.
    declared = await asyncio.to_thread(declared_tags, content, given, inherited)
    version_id = str(uuid.uuid4())
    command = CreateTemplateVersion(
        version_id=version_id,
        job_id=str(uuid.uuid4()),
        organization_id=organization.id,
        template_id=None if request.template_id == NIL else request.template_id,
        name=request.name or generated_name(),
        message=request.message,
        file_id=request.file_id,
        # The command-line tool and the web pages name terraform for every archive (contract/clients.md 1), which never reads that file.
        provisioner=request.provisioner if declared is None else BUILT_IN,
        initiator_id=call.caller.user_id,
        tags=_merged(declared or {}, request.tags),
        variables=given,
    )
    await call.execute(command)
    async with call.pool.connection() as connection:
        return json_response(await queued_document(connection, version_id), 201)


async def _checked_references(
    call: Call, connection: AsyncConnection[Any], organization_id: str, request: CreateVersionRequest
) -> Mapping[str, Any] | None:
    """The template, if one is named, then the archive, each as far as the caller may know of it. Returns the template's row."""
    subject, template = call.caller.subject, None
    if request.template_id != NIL:
        template = await guarded_template(connection, request.template_id)
        if template is None or template["organization_id"] != organization_id:
            raise NotFound
        require(subject, Action.CREATE, template_object(template))
    if request.file_id != NIL and request.example_id:
        raise Invalid("Give either an archive or an example, not both.", "file_id and example_id exclude each other.")
    if request.example_id:
        raise Invalid("The example does not exist.", validations=[Violation("example_id", "there is no such example")])
    if await readable_file(connection, subject, request.file_id) is None:
        raise NotFound
    if template is None and not allows(subject, Action.CREATE, objects.templates(organization_id)):
        raise Forbidden
    return template


def _merged(declared: Mapping[str, str], asked: Mapping[str, str]) -> dict[str, str]:
    """What the request asks for wins over what the archive declares, unless it is empty (contract/lifecycle.md C4)."""
    return {**declared, **{name: value for name, value in asked.items() if value or name not in declared}}


async def show(call: Call) -> web.Response:
    """A version with its job as of now."""
    async with call.pool.connection() as connection:
        row = await version_by_id(connection, (await path_version(call, connection))["id"])
        if row is None:
            raise NotFound
        (document,) = await version_documents(connection, [row])
    return json_response(document)


async def update(call: Call) -> web.Response:
    """Another name or message."""
    version = await version_in_path(call, Action.UPDATE)
    request = decode_body(await call.body(), PatchVersionRequest)
    await call.execute(UpdateTemplateVersion(version["id"], version["template_id"], request.name, request.message))
    return await show(call)


async def cancel(call: Call) -> web.Response:
    """Stop the import."""
    version = await version_in_path(call, Action.UPDATE)
    await call.execute(RequestImportCancel(version["id"]))
    return message("Job has been marked as canceled...")


async def archive(call: Call) -> web.Response:
    """Hide a version."""
    version = await version_in_path(call, Action.UPDATE)
    await call.execute(ArchiveTemplateVersion(version["id"]))
    return json_response("The template version is archived.")


async def unarchive(call: Call) -> web.Response:
    """Bring a version back."""
    version = await version_in_path(call, Action.UPDATE)
    await call.execute(UnarchiveTemplateVersion(version["id"]))
    return json_response("The template version is no longer archived.")


_READ = "template:read on its template (without template: on all of the organization's)"
_UPDATE = "template:update on its template (without template: on all of the organization's)"
_VERSION = "/templateversions/{templateversion}"

ROUTES = (
    Route(
        "POST",
        "/organizations/{organization}/templateversions",
        create,
        access=Access.SESSION,
        permission="template:create; file:read",
        summary="Create a template version",
        description="An archive with a `template.yaml` is carried out by `echo`, also when `terraform` is asked for.",
        request="CreateTemplateVersionRequest",
        responses={201: "TemplateVersion"},
        tag=_TAG,
    ),
    Route(
        "GET",
        _VERSION,
        show,
        access=Access.SESSION,
        permission=_READ,
        summary="Read a template version",
        responses={200: "TemplateVersion"},
        tag=_TAG,
    ),
    Route(
        "PATCH",
        _VERSION,
        update,
        access=Access.SESSION,
        permission=_UPDATE,
        summary="Rename a template version",
        request="PatchTemplateVersionRequest",
        responses={200: "TemplateVersion"},
        tag=_TAG,
    ),
    Route(
        "PATCH",
        f"{_VERSION}/cancel",
        cancel,
        access=Access.SESSION,
        permission=_UPDATE,
        summary="Cancel the import of a template version",
        responses={200: "Response"},
        tag=_TAG,
    ),
    Route(
        "POST",
        f"{_VERSION}/archive",
        archive,
        access=Access.SESSION,
        permission=_UPDATE,
        summary="Archive a template version",
        responses={200: "string"},
        tag=_TAG,
    ),
    Route(
        "POST",
        f"{_VERSION}/unarchive",
        unarchive,
        access=Access.SESSION,
        permission=_UPDATE,
        summary="Bring an archived template version back",
        responses={200: "string"},
        tag=_TAG,
    ),
)
