"""How long a workspace lives: dormancy and the running build's deadline. Source: contract/workspaces.md 5.4, 5.5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from domain.kernel.errors import NotFound
from domain.roles.permissions import Action
from domain.workspaces.commands import ExtendDeadline, SetDormancy
from service.http.call import Call
from service.http.fields import FLAG, TIME, wire
from service.http.parsing import decode_body
from service.http.responses import message
from service.http.routing import Access, Conditional, Route
from service.http.rules import REQUIRED
from service.http.workspaces.access import require, require_template, workspace_in_path
from service.http.workspaces.answers import workspace_answer
from service.http.workspaces.conditional import if_match


@dataclass(frozen=True, slots=True)
class DormancyRequest:
    """Absent is awake."""

    dormant: bool = wire(FLAG)


@dataclass(frozen=True, slots=True)
class ExtendRequest:
    """The zero time counts as absent."""

    deadline: datetime = wire(TIME, REQUIRED)


async def set_dormancy(call: Call) -> web.StreamResponse:
    """Dormant or awake; 304 when it is so already.

    Whoever shares a workspace as an administrator loses sight of it by this very call, and is still shown what came of it. Who may
    not read its template is shown nothing (403), though the change is made: it did not need that right.
    """
    document = await workspace_in_path(call)
    precondition = if_match(call, document)
    request = decode_body(await call.body(), DormancyRequest)
    require(call, Action.UPDATE, document)
    outcome = await call.execute(SetDormancy(document.id, request.dormant), precondition=precondition)
    if not outcome.position:
        return web.Response(status=304)
    changed = await call.services.documents.get(document.id)
    if changed is None:
        raise NotFound
    require_template(call, changed)
    return await workspace_answer(call, changed)


async def extend(call: Call) -> web.Response:
    """Another deadline; the answer names it."""
    document = await workspace_in_path(call)
    precondition = if_match(call, document)
    deadline = decode_body(await call.body(), ExtendRequest).deadline
    require(call, Action.UPDATE, document)
    await call.execute(ExtendDeadline(document.id, deadline), precondition=precondition)
    return message(f"The deadline is now {deadline.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}.")


ROUTES = (
    Route(
        "PUT",
        "/workspaces/{workspace}/dormant",
        set_dormancy,
        access=Access.SESSION,
        permission="workspace:update (workspace_dormant:update to wake it)",
        summary="Make a workspace dormant, or wake it",
        request="UpdateWorkspaceDormancy",
        responses={200: "Workspace", 304: None},
        tag="Workspaces",
        conditional=Conditional.CHANGE,
    ),
    Route(
        "PUT",
        "/workspaces/{workspace}/extend",
        extend,
        access=Access.SESSION,
        permission="workspace:update",
        summary="Move the deadline of the running build",
        request="PutExtendWorkspaceRequest",
        responses={200: "Response"},
        tag="Workspaces",
        conditional=Conditional.CHANGE,
    ),
)
