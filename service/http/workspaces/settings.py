"""Settings of one workspace: name, autostart, TTL, automatic updates, favourite, and that it is used.

Source: contract/workspaces.md 5.1 to 5.3, 5.6, 5.7, 6.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.roles.permissions import Action
from domain.workspaces.commands import (
    FavoriteWorkspace,
    RecordUsage,
    RenameWorkspace,
    SetAutomaticUpdates,
    SetAutostart,
    SetTTL,
    UnfavoriteWorkspace,
)
from projections.workspaces.queries import name_of
from service.http.call import Call
from service.http.fields import INT64, TEXT, optional, wire
from service.http.parsing import decode_body
from service.http.responses import no_content
from service.http.routing import Access, Conditional, Handler, Route
from service.http.rules import USERNAME
from service.http.workspaces.access import require, workspace_in_path
from service.http.workspaces.conditional import if_match
from service.watch.frames import Document


@dataclass(frozen=True, slots=True)
class RenameRequest:
    """Validated even when empty; the rule's tag is the reference's."""

    name: str = wire(TEXT, USERNAME)


@dataclass(frozen=True, slots=True)
class AutostartRequest:
    """Null, absent and "" switch autostart off."""

    schedule: str | None = optional(TEXT)


@dataclass(frozen=True, slots=True)
class TTLRequest:
    """Null, absent and 0 remove the TTL."""

    ttl_ms: int | None = optional(INT64)


@dataclass(frozen=True, slots=True)
class AutomaticUpdatesRequest:
    """Anything but the two words is refused by the decision."""

    automatic_updates: str = wire(TEXT)


async def rename(call: Call) -> web.Response:
    """Another name. The one it has already is accepted from every reader, whatever the settings."""
    document = await workspace_in_path(call)
    precondition = if_match(call, document)
    name = decode_body(await call.body(), RenameRequest).name
    async with call.pool.connection() as connection:
        current = await name_of(connection, document.id)
    if name == current:
        return no_content()
    if not call.services.settings.allow_workspace_renames:
        raise Invalid("Workspace renames are not allowed.", "This deployment was started without them.")
    require(call, Action.UPDATE, document)
    await call.execute(RenameWorkspace(document.id, document.owner_id, name), precondition=precondition)
    return no_content()


async def set_autostart(call: Call) -> web.Response:
    """Another schedule, or none."""
    document = await workspace_in_path(call)
    precondition = if_match(call, document)
    request = decode_body(await call.body(), AutostartRequest)
    require(call, Action.UPDATE, document)
    await call.execute(SetAutostart(document.id, request.schedule), precondition=precondition)
    return no_content()


async def set_ttl(call: Call) -> web.Response:
    """Another TTL, or none."""
    document = await workspace_in_path(call)
    precondition = if_match(call, document)
    request = decode_body(await call.body(), TTLRequest)
    require(call, Action.UPDATE, document)
    await call.execute(SetTTL(document.id, request.ttl_ms), precondition=precondition)
    return no_content()


async def set_automatic_updates(call: Call) -> web.Response:
    """Whether autostart updates; who may not change it, is told that it is not there."""
    document = await workspace_in_path(call)
    precondition = if_match(call, document)
    request = decode_body(await call.body(), AutomaticUpdatesRequest)
    require(call, Action.UPDATE, document, NotFound())
    await call.execute(SetAutomaticUpdates(document.id, request.automatic_updates), precondition=precondition)
    return no_content()


async def favorite(call: Call) -> web.Response:
    """The owner's mark; a body is not looked at."""
    document = await workspace_in_path(call)
    _require_owner(call, document)
    await call.execute(FavoriteWorkspace(document.id), precondition=if_match(call, document))
    return no_content()


async def unfavorite(call: Call) -> web.Response:
    """No mark any more."""
    document = await workspace_in_path(call)
    _require_owner(call, document)
    await call.execute(UnfavoriteWorkspace(document.id), precondition=if_match(call, document))
    return no_content()


def _require_owner(call: Call, document: Document) -> None:
    if document.owner_id != call.caller.user_id:
        raise Forbidden(detail="Only the owner of a workspace may mark it as a favourite.")
    require(call, Action.UPDATE, document)


async def record_usage(call: Call) -> web.Response:
    """Somebody works with it. What the body says about the app is counted nowhere, so it is not even parsed."""
    document = await workspace_in_path(call)
    require(call, Action.UPDATE, document)
    await call.execute(RecordUsage(document.id), precondition=if_match(call, document))
    return no_content()


def _change(
    method: str, path: str, handler: Handler, summary: str, request: str | None = None, permission: str = "workspace:update"
) -> Route:
    return Route(
        method,
        f"/workspaces/{{workspace}}{path}",
        handler,
        access=Access.SESSION,
        permission=permission,
        summary=summary,
        request=request,
        request_required=handler is not record_usage,
        responses={204: None},
        tag="Workspaces",
        conditional=Conditional.CHANGE,
    )


ROUTES = (
    _change("PATCH", "", rename, "Rename a workspace", "UpdateWorkspaceRequest"),
    _change("PUT", "/autostart", set_autostart, "Set the autostart schedule", "UpdateWorkspaceAutostartRequest"),
    _change("PUT", "/ttl", set_ttl, "Set the time until shutdown", "UpdateWorkspaceTTLRequest"),
    _change("PUT", "/autoupdates", set_automatic_updates, "Set automatic updates", "UpdateWorkspaceAutomaticUpdatesRequest"),
    _change("PUT", "/favorite", favorite, "Mark as favourite", permission="ownership, workspace:update"),
    _change("DELETE", "/favorite", unfavorite, "Take the favourite mark away", permission="ownership, workspace:update"),
    _change("POST", "/usage", record_usage, "Record that the workspace is used", "PostWorkspaceUsageRequest"),
)
