"""One workspace, by id or by owner and name. Source: contract/workspaces.md 4.1, 4.2."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Gone, NotFound
from projections.queryvalues import FLAG
from projections.workspaces.queries import id_of_name
from service.http.call import Call
from service.http.queries import QueryReader
from service.http.routing import AT, INCLUDE_DELETED, Access, Conditional, Route
from service.http.workspaces.access import readable, require_template, workspace_in_path
from service.http.workspaces.answers import workspace_answer
from service.http.workspaces.moment import asked_position
from service.http.workspaces.past import workspace_by_name_then, workspace_then
from service.http.workspaces.people import known_person_in_path
from service.web.access import may_read_template

_GONE = "This workspace has been deleted. Ask with include_deleted=true to see it all the same."


async def get_workspace(call: Call) -> web.StreamResponse:
    """By id; deleted ones only if asked for."""
    document = await workspace_in_path(call)
    # The field under which a bad flag shows is the reference's own slip; clients match on it.
    include_deleted = _flag(call, field="deleted")
    position = await asked_position(call)
    if position is not None:
        return await workspace_then(call, document, position, include_deleted=include_deleted)
    if document.is_deleted and not include_deleted:
        raise Gone(_GONE)
    require_template(call, document)
    return await workspace_answer(call, document, conditional=True)


async def get_workspace_by_name(call: Call) -> web.StreamResponse:
    """By owner and name; living ones first. Whatever is in the way, the answer is the same 404."""
    position = await asked_position(call)
    if position is not None:
        return await workspace_by_name_then(call, position, include_deleted=_flag(call))
    owner = await known_person_in_path(call)
    id = await _id_of_name(call, owner.id, call.path["workspacename"], include_deleted=_flag(call))
    if id is None:
        raise NotFound
    document = await readable(call, id)
    if not may_read_template(call.caller.subject, document):
        raise NotFound
    return await workspace_answer(call, document, conditional=True)


async def _id_of_name(call: Call, owner_id: str, name: str, *, include_deleted: bool) -> str | None:
    if "\0" in name:
        return None

    async def ask(connection: AsyncConnection[Any]) -> str | None:
        return await id_of_name(connection, owner_id, name, include_deleted=include_deleted)

    return await call.services.recalls.workspace_names.get((owner_id, name.lower(), include_deleted), ask)


def _flag(call: Call, *, field: str = "") -> bool:
    if not call.request.query_string:
        return False
    reader = QueryReader(call.request.query)
    value = reader.read("include_deleted", FLAG, field=field)
    reader.check()
    return bool(value)


_PERMISSION = "workspace:read, template:read of its template"

ROUTES = (
    Route(
        "GET",
        "/workspaces/{workspace}",
        get_workspace,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Read a workspace",
        responses={200: "Workspace", 304: None},
        query=(INCLUDE_DELETED, AT),
        tag="Workspaces",
        conditional=Conditional.READ,
    ),
    Route(
        "GET",
        "/users/{user}/workspace/{workspacename}",
        get_workspace_by_name,
        access=Access.SESSION,
        permission=_PERMISSION,
        summary="Read a workspace by its owner and name",
        responses={200: "Workspace", 304: None},
        query=(INCLUDE_DELETED, AT),
        tag="Workspaces",
        conditional=Conditional.READ,
    ),
)
