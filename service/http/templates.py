"""Templates: made, found, changed, deleted (contract/lifecycle.md A3, A8)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Forbidden, NotFound
from domain.kernel.names import is_name
from domain.roles import objects
from domain.roles.filters import TEMPLATES, visible
from domain.roles.permissions import Action, Resource
from domain.roles.policy import allows
from domain.templates.commands import CreateTemplate, DeleteTemplate, UpdateTemplate
from domain.templates.events import TemplateRolloutBegun
from projections.templates.queries import build_times, find_templates, guarded_template_by_name, template_by_id
from projections.templates.render import render_template
from projections.templates.search import parse_template_search
from service.commands.template_effects import roll_out
from service.http.call import Call
from service.http.organization_paths import path_organization
from service.http.parsing import decode_body
from service.http.responses import json_response, message
from service.http.routing import Access, Parameter, Route
from service.http.template_access import path_template, require, template_object
from service.http.template_requests import CreateTemplateRequest, UpdateTemplateRequest

Row = Mapping[str, Any]

_TAG = "Templates"


async def create(call: Call) -> web.Response:
    """Make a template from a version that has none."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
    request = decode_body(await call.body(), CreateTemplateRequest)
    if not allows(call.caller.subject, Action.CREATE, objects.templates(organization.id)):
        raise Forbidden
    command = CreateTemplate(
        str(uuid.uuid4()),
        organization.id,
        request.name,
        request.template_version_id,
        request.settings(),
        is_for_everyone=not request.disable_everyone_group_access,
    )
    await call.execute(command)
    return await _answer(call, command.template_id, 201)


async def _answer(call: Call, template_id: str, status: int = 200) -> web.Response:
    async with call.pool.connection() as connection:
        row = await template_by_id(connection, template_id)
        if row is None:
            raise NotFound
        (document,) = await _documents(connection, [row])
    return json_response(document, status)


async def _documents(connection: AsyncConnection[Any], rows: Sequence[Row]) -> list[dict[str, Any]]:
    times = await build_times(connection, [row["id"] for row in rows])
    return [render_template(row, times.get(row["id"], {})) for row in rows]


async def index(call: Call) -> web.Response:
    """The templates that the caller may read and that match `q`."""
    async with call.pool.connection() as connection:
        return await _found(call, connection, None)


async def index_of_organization(call: Call) -> web.Response:
    """The same in one organization."""
    async with call.pool.connection() as connection:
        organization = await path_organization(call, connection)
        return await _found(call, connection, organization.id)


async def _found(call: Call, connection: AsyncConnection[Any], organization_id: str | None) -> web.Response:
    caller = call.caller
    search = await parse_template_search(connection, call.request.query.get("q", ""), caller.user_id)
    readable = visible(caller.subject, Action.READ, Resource.TEMPLATE, TEMPLATES)
    rows = await find_templates(connection, search, readable, organization_id)
    return json_response(await _documents(connection, rows))


async def examples(call: Call) -> web.Response:
    """Starter templates: there are none."""
    return json_response([])


async def examples_of_organization(call: Call) -> web.Response:
    """The same, below an organization."""
    async with call.pool.connection() as connection:
        await path_organization(call, connection)
    return json_response([])


async def show(call: Call) -> web.Response:
    """A template by its id."""
    async with call.pool.connection() as connection:
        row = await path_template(call, connection)
    return await _answer(call, row["id"])


async def named_template(call: Call, connection: AsyncConnection[Any]) -> Row:
    """The template whose organization and name the path holds, readable by the caller. Raises `NotFound`."""
    organization = await path_organization(call, connection)
    name = call.path["templatename"]
    row = await guarded_template_by_name(connection, organization.id, name) if is_name(name) else None
    if row is None:
        raise NotFound
    require(call.caller.subject, Action.READ, template_object(row))
    return row


async def show_by_name(call: Call) -> web.Response:
    """A template by its name in an organization, in any case."""
    async with call.pool.connection() as connection:
        row = await named_template(call, connection)
    return await _answer(call, row["id"])


async def update(call: Call) -> web.Response:
    """Another name, other settings."""
    async with call.pool.connection() as connection:
        row = await path_template(call, connection, Action.UPDATE)
    request = decode_body(await call.body(), UpdateTemplateRequest)
    closed = request.disable_everyone_group_access
    command = UpdateTemplate(
        row["id"],
        row["organization_id"],
        request.name or "",
        request.settings(),
        is_for_everyone=None if closed is None else not closed,
        restarts_idleness=bool(request.update_workspace_last_used_at),
        restarts_dormancy=bool(request.update_workspace_dormant_at),
    )
    outcome = await call.execute(command)
    for begun in outcome.events:
        if isinstance(begun.event, TemplateRolloutBegun):
            context = replace(call.context, causation_id=begun.id)
            services = call.services
            await call.shown(await roll_out(services.bus, services.pool, row["id"], begun.version, context))
    return await _answer(call, row["id"])


async def delete(call: Call) -> web.Response:
    """Delete a template that no workspace uses."""
    async with call.pool.connection() as connection:
        row = await path_template(call, connection, Action.DELETE)
        cursor = await connection.execute("SELECT coalesce(max(notification_id), 0) FROM ledger_events")
        head = await cursor.fetchone()
    if head is not None:
        # A workspace that was made a moment ago, perhaps through another process, must be seen.
        await call.shown(head[0])
    await call.execute(DeleteTemplate(row["id"], row["organization_id"]))
    return message("Template has been deleted!")


_QUERY = (Parameter("q", summary="What to search for."),)
_OF_ORGANIZATION = "/organizations/{organization}/templates"
_LIST = "template:read decides about each row"

ROUTES = (
    Route("GET", "/templates", index, Access.SESSION, _LIST, "List templates", responses={200: ["Template"]}, query=_QUERY, tag=_TAG),
    Route(
        "GET",
        "/templates/examples",
        examples,
        Access.SESSION,
        "none",
        "List starter templates",
        responses={200: ["TemplateExample"]},
        tag=_TAG,
    ),
    Route(
        "GET",
        _OF_ORGANIZATION,
        index_of_organization,
        Access.SESSION,
        _LIST,
        "List an organization's templates",
        responses={200: ["Template"]},
        query=_QUERY,
        tag=_TAG,
    ),
    Route(
        "GET",
        f"{_OF_ORGANIZATION}/examples",
        examples_of_organization,
        Access.SESSION,
        "organization:read",
        "List starter templates of an organization",
        responses={200: ["TemplateExample"]},
        tag=_TAG,
        deprecated=True,
    ),
    Route(
        "POST",
        _OF_ORGANIZATION,
        create,
        Access.SESSION,
        "template:create",
        "Create a template",
        request="CreateTemplateRequest",
        responses={201: "Template"},
        tag=_TAG,
    ),
    Route(
        "GET",
        f"{_OF_ORGANIZATION}/{{templatename}}",
        show_by_name,
        Access.SESSION,
        "template:read",
        "Read a template by its name",
        responses={200: "Template"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/templates/{template}",
        show,
        Access.SESSION,
        "template:read",
        "Read a template",
        responses={200: "Template"},
        tag=_TAG,
    ),
    Route(
        "PATCH",
        "/templates/{template}",
        update,
        Access.SESSION,
        "template:update",
        "Change a template",
        request="UpdateTemplateMeta",
        responses={200: "Template"},
        tag=_TAG,
    ),
    Route(
        "DELETE",
        "/templates/{template}",
        delete,
        Access.SESSION,
        "template:delete",
        "Delete a template",
        responses={200: "Response"},
        tag=_TAG,
    ),
)
