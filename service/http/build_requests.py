"""`POST /workspaces/{workspace}/builds`. Order of checks: contract/lifecycle.md B1."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from aiohttp import web

from domain.builds.commands import QueueBuild
from domain.builds.decisions import refuse_contradictions
from domain.builds.values import CALLER_REASONS, TRANSITIONS
from domain.kernel.errors import Forbidden, Invalid
from domain.kernel.ids import NIL
from domain.roles.permissions import Action, Resource
from projections.builds.queries import queued_document
from service.http.build_documents import as_queued
from service.http.builds import BASE64, may_update_template
from service.http.call import Call
from service.http.fields import FLAG, TEXT, UUID_TEXT, list_of, optional, wire
from service.http.parsing import decode_body, nested
from service.http.responses import json_response
from service.http.routing import Access, Conditional, Route
from service.http.rules import REQUIRED, one_of, unless_unset
from service.http.workspaces.access import require, workspace_in_path
from service.http.workspaces.conditional import if_match
from service.watch.frames import Document

_ACTIONS = {"start": Action.START, "stop": Action.STOP, "delete": Action.DELETE}


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """One parameter of the build."""

    name: str = wire(TEXT)
    value: str = wire(TEXT)


@dataclass(frozen=True, slots=True)
class CreateBuildRequest:
    """`CreateWorkspaceBuildRequest`; nil ids count as absent. `dry_run` means nothing, as in the reference: trials are dry runs."""

    transition: str = wire(TEXT, REQUIRED, one_of(*TRANSITIONS))
    template_version_id: str = wire(UUID_TEXT)
    template_version_preset_id: str = wire(UUID_TEXT)
    rich_parameter_values: tuple[ParameterValue, ...] = wire(list_of(nested(ParameterValue)))
    state: bytes | None = optional(BASE64)
    orphan: bool = wire(FLAG)
    dry_run: bool = wire(FLAG)
    log_level: str = wire(TEXT, unless_unset(one_of("debug")))
    reason: str = wire(TEXT, unless_unset(one_of(*sorted(CALLER_REASONS))))


async def create_build(call: Call) -> web.Response:
    """Queue the next build of a workspace; answered as it was queued."""
    document = await workspace_in_path(call)
    request = decode_body(await call.body(), CreateBuildRequest)
    call.attempted = request.transition
    # An empty state counts as none: the field's type has no other way to be absent.
    state = request.state or None
    refuse_contradictions(request.transition, orphan=request.orphan, has_state=state is not None, deleted=document.is_deleted)
    require(call, _action(request.transition, document), document)
    updates_template = may_update_template(call, document)
    if (request.orphan or state is not None) and not updates_template:
        raise Forbidden(detail="Only those who may update the template may replace or forget the state of a build.")
    if request.log_level:
        raise Invalid("Debug logs of builds are switched off.", "log_level cannot be chosen in this deployment.")
    command = QueueBuild(
        build_id=str(uuid.uuid4()),
        job_id=str(uuid.uuid4()),
        workspace_id=document.id,
        transition=request.transition,
        initiator_id=call.caller.user_id,
        reason=(request.reason or "initiator") if request.transition != "delete" else "initiator",
        template_version_id=_given(request.template_version_id),
        parameters=tuple((p.name, p.value) for p in request.rich_parameter_values),
        preset_id=_given(request.template_version_preset_id),
        orphan=request.orphan,
        state=state,
        may_update_template=updates_template,
    )
    outcome = await call.execute(command, precondition=if_match(call, document))
    async with call.pool.connection() as connection:
        built, job = await queued_document(connection, outcome.events)
        return json_response(await as_queued(connection, built, job), 201)


def _action(transition: str, document: Document) -> Action:
    """Starting a dormant workspace wakes it, which is a change of the workspace."""
    if transition == "start" and document.workspace.type == Resource.WORKSPACE_DORMANT:
        return Action.UPDATE
    return _ACTIONS[transition]


def _given(id: str) -> str | None:
    return None if id == NIL else id


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/workspaces/{workspace}/builds",
        create_build,
        access=Access.SESSION,
        permission="workspace:start, stop or delete; workspace_dormant:update to start a dormant one",
        summary="Start, stop or delete a workspace",
        request="CreateWorkspaceBuildRequest",
        responses={201: "WorkspaceBuild"},
        tag="Builds",
        conditional=Conditional.CHANGE,
    ),
)
