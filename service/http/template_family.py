"""The versions of a template: listed, found by name, promoted, archived together (contract/lifecycle.md A2 to A4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Invalid, NotFound, Violation
from domain.kernel.names import is_version_name
from domain.roles.permissions import Action
from domain.templates.commands import PromoteVersion
from domain.templates.version_commands import ArchiveUnusedVersions
from domain.templates.version_events import TemplateVersionArchived
from projections.queryvalues import FLAG as FLAG_TERM
from projections.template_versions.queries import VersionPage, previous_version, version_by_id, version_by_name, versions_of
from service.http.call import Call
from service.http.fields import FLAG, UUID_TEXT, wire
from service.http.parsing import decode_body
from service.http.queries import QueryReader, paging
from service.http.responses import json_response, message, no_content
from service.http.routing import AFTER_ID, LIMIT, OFFSET, Access, Parameter, Route
from service.http.rules import REQUIRED
from service.http.template_access import path_template
from service.http.templates import named_template
from service.http.version_documents import version_documents

Row = Mapping[str, Any]

_TAG = "Templates"


@dataclass(frozen=True, slots=True)
class PromoteRequest:
    """`UpdateActiveTemplateVersion`."""

    id: str = wire(UUID_TEXT, REQUIRED)


@dataclass(frozen=True, slots=True)
class ArchiveRequest:
    """`ArchiveTemplateVersionsRequest`."""

    all: bool = wire(FLAG)


async def index(call: Call) -> web.Response:
    """The versions of a template, oldest first."""
    async with call.pool.connection() as connection:
        template = await path_template(call, connection)
        page = paging(call.request.query)
        reader = QueryReader(call.request.query)
        include_archived = reader.read("include_archived", FLAG_TERM)
        reader.check()
        if page.after_id:
            after = await version_by_id(connection, page.after_id)
            if after is None or after["template_id"] != template["id"]:
                violation = Violation("after_id", f"the template has no version {page.after_id}")
                raise Invalid("There is no such version to start after.", validations=[violation])
        wanted = VersionPage(bool(include_archived), page.after_id or None, page.limit, page.offset)
        rows = await versions_of(connection, template["id"], wanted)
        documents = await version_documents(connection, rows)
    return json_response(documents)


async def _named_version(call: Call, connection: AsyncConnection[Any], template_id: str) -> Row:
    name = call.path["templateversionname"]
    row = await version_by_name(connection, template_id, name) if is_version_name(name) else None
    if row is None:
        raise NotFound
    return row


async def _answer(connection: AsyncConnection[Any], row: Row) -> web.Response:
    (document,) = await version_documents(connection, [row])
    return json_response(document)


async def show(call: Call) -> web.Response:
    """A version by its name."""
    async with call.pool.connection() as connection:
        template = await path_template(call, connection)
        return await _answer(connection, await _named_version(call, connection, template["id"]))


async def show_by_names(call: Call) -> web.Response:
    """A version by the names of organization, template and version."""
    async with call.pool.connection() as connection:
        template = await named_template(call, connection)
        return await _answer(connection, await _named_version(call, connection, template["id"]))


async def show_previous(call: Call) -> web.Response:
    """The version before it; 204 when it is the first."""
    async with call.pool.connection() as connection:
        template = await named_template(call, connection)
        version = await _named_version(call, connection, template["id"])
        previous = await previous_version(connection, template["id"], version)
        return no_content() if previous is None else await _answer(connection, previous)


async def promote(call: Call) -> web.Response:
    """Let new workspaces use a version."""
    async with call.pool.connection() as connection:
        template = await path_template(call, connection, Action.UPDATE)
    request = decode_body(await call.body(), PromoteRequest)
    await call.execute(PromoteVersion(template["id"], request.id))
    return message("Updated the active template version!")


async def archive(call: Call) -> web.Response:
    """Hide versions that nobody uses."""
    async with call.pool.connection() as connection:
        template = await path_template(call, connection, Action.UPDATE)
    request = decode_body(await call.body(), ArchiveRequest)
    outcome = await call.execute(ArchiveUnusedVersions(template["id"], request.all))
    archived = [recorded.stream.id for recorded in outcome.events if isinstance(recorded.event, TemplateVersionArchived)]
    return json_response({"template_id": template["id"], "archived_ids": archived or None})


_VERSIONS = "/templates/{template}/versions"
_BY_NAMES = "/organizations/{organization}/templates/{templatename}/versions/{templateversionname}"

ROUTES = (
    Route(
        "GET",
        _VERSIONS,
        index,
        Access.SESSION,
        "template:read",
        "List a template's versions",
        responses={200: ["TemplateVersion"]},
        query=(LIMIT, OFFSET, AFTER_ID, Parameter("include_archived", "bool", "Archived ones too.")),
        tag=_TAG,
    ),
    Route(
        "PATCH",
        _VERSIONS,
        promote,
        Access.SESSION,
        "template:update",
        "Promote a version of a template",
        request="UpdateActiveTemplateVersion",
        responses={200: "Response"},
        tag=_TAG,
    ),
    Route(
        "POST",
        f"{_VERSIONS}/archive",
        archive,
        Access.SESSION,
        "template:update",
        "Archive a template's unused versions",
        request="ArchiveTemplateVersionsRequest",
        responses={200: "ArchiveTemplateVersionsResponse"},
        tag=_TAG,
    ),
    Route(
        "GET",
        f"{_VERSIONS}/{{templateversionname}}",
        show,
        Access.SESSION,
        "template:read",
        "Read a version by its name",
        responses={200: "TemplateVersion"},
        tag=_TAG,
    ),
    Route(
        "GET",
        _BY_NAMES,
        show_by_names,
        Access.SESSION,
        "template:read",
        "Read a version by organization, template and name",
        responses={200: "TemplateVersion"},
        tag=_TAG,
    ),
    Route(
        "GET",
        f"{_BY_NAMES}/previous",
        show_previous,
        Access.SESSION,
        "template:read",
        "Read the version before a version",
        responses={200: "TemplateVersion", 204: None},
        tag=_TAG,
    ),
)
