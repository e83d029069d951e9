"""One build and what belongs to it: parameters, resources, state, timings, log, cancelling (contract/lifecycle.md B6 to B8)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from aiohttp import web

from domain.builds.commands import CancelBuild, ReplaceBuildState
from domain.kernel.errors import Forbidden, Invalid, NotFound, Violation
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.builds.queries import build_of_number, build_parameters, build_place, build_resources, builds_of_workspace
from projections.builds.timings import build_timings
from projections.queryvalues import TEXT as TEXT_TERM
from projections.queryvalues import TIME
from projections.workspaces.queries import id_of_name
from service.http.build_documents import build_in_path, shown_build, shown_builds
from service.http.call import Call
from service.http.fields import TEXT, Kind, Mismatch, wire
from service.http.job_logs import PRODUCES, QUERY, STREAM, job_log
from service.http.parsing import decode_body
from service.http.queries import QueryReader, paging
from service.http.responses import json_response, message, no_content
from service.http.routing import AFTER_ID, LIMIT, OFFSET, Access, Parameter, Route
from service.http.workspaces.access import may, readable, workspace_in_path
from service.http.workspaces.people import person_in_path
from service.store.build_states import build_state
from service.watch.frames import Document

_CANCELABLE = ("pending", "running")
_OWNER_ROLE = "owner"
_INT32 = 2**31


def _read_base64(value: object) -> bytes:
    text = TEXT.read(value)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:  # also for letters beyond ASCII, of which binascii has no error
        raise Mismatch("bytes in base64", reason=str(error)) from None


BASE64: Kind[bytes] = Kind(_read_base64, bytes)


@dataclass(frozen=True, slots=True)
class StateRequest:
    """`UpdateWorkspaceBuildStateRequest`."""

    state: bytes = wire(BASE64)


async def get_build(call: Call) -> web.Response:
    """A build by its id; those of deleted workspaces too."""
    place, _ = await build_in_path(call)
    async with call.pool.connection() as connection:
        return json_response(await shown_build(connection, place.id))


async def get_build_by_number(call: Call) -> web.Response:
    """A build by owner, name of the workspace and number; a deleted workspace is not found by its name."""
    number = _number(call.path["buildnumber"])
    async with call.pool.connection() as connection:
        owner = await person_in_path(call, connection)
        name = call.path["workspacename"]
        workspace_id = None if "\0" in name else await id_of_name(connection, owner.id, name, include_deleted=False)
    if workspace_id is None:
        raise NotFound
    await readable(call, workspace_id)
    async with call.pool.connection() as connection:
        build_id = await build_of_number(connection, workspace_id, number)
        if build_id is None:
            raise NotFound
        return json_response(await shown_build(connection, build_id))


def _number(text: str) -> int:
    digits = text[1:] if text[:1] in ("-", "+") else text
    number = int(text) if digits.isascii() and digits.isdigit() and len(digits) < 12 else _INT32
    if not -_INT32 <= number < _INT32:
        raise Invalid("The build number is not valid.", f"{text[:40]!r} is not a 32-bit integer.")
    return number


async def list_builds(call: Call) -> web.Response:
    """The builds of a workspace, newest first. Raises `Invalid` for an `after_id` that is none of them."""
    document = await workspace_in_path(call)
    page = paging(call.request.query)
    reader = QueryReader(call.request.query)
    since = reader.read("since", TIME)
    reader.check()
    async with call.pool.connection() as connection:
        if page.after_id:
            place = await build_place(connection, page.after_id)
            if place is None or place.workspace_id != document.id:
                violation = Violation("after_id", f"the workspace has no build {page.after_id}")
                raise Invalid("There is no such build to start after.", validations=[violation])
        ids = await builds_of_workspace(connection, document.id, since=since, after_id=page.after_id, limit=page.limit, offset=page.offset)
        return json_response(await shown_builds(connection, ids))


async def get_parameters(call: Call) -> web.Response:
    """The values that the build used."""
    place, _ = await build_in_path(call)
    async with call.pool.connection() as connection:
        return json_response(await build_parameters(connection, place.id))


async def get_resources(call: Call) -> web.Response:
    """What the build made; not before it has ended."""
    place, _ = await build_in_path(call)
    if not place.has_ended:
        raise Invalid("The build has not ended.", "Its resources are known when its job has completed.")
    async with call.pool.connection() as connection:
        return json_response(await build_resources(connection, place.id))


async def get_timings(call: Call) -> web.Response:
    """How long its parts took."""
    place, _ = await build_in_path(call)
    async with call.pool.connection() as connection:
        return json_response(await build_timings(connection, place.id))


async def get_logs(call: Call) -> web.StreamResponse:
    """What its job printed."""
    place, _ = await build_in_path(call)
    return await job_log(call, place.job_id, place.id)


async def get_state(call: Call) -> web.Response:
    """The provisioner's state, as it is; it may hold secrets, so only for those who may update the template."""
    place, document = await build_in_path(call)
    _require_template_update(call, document)
    async with call.pool.connection() as connection:
        state = await build_state(connection, place.id)
    return web.Response(body=state, content_type="application/json")


async def put_state(call: Call) -> web.Response:
    """Another state, for whoever repairs what a provisioner left."""
    place, document = await build_in_path(call)
    _require_template_update(call, document)
    request = decode_body(await call.body(), StateRequest)
    await call.execute(ReplaceBuildState(place.id, request.state))
    return no_content()


def may_update_template(call: Call, document: Document) -> bool:
    """Whether the caller may update the template of the workspace; nobody updates a deleted one."""
    return document.template is not None and allows(call.caller.subject, Action.UPDATE, document.template)


def _require_template_update(call: Call, document: Document) -> None:
    if not may_update_template(call, document):
        raise NotFound


async def cancel(call: Call) -> web.Response:
    """Stop a build: at once while it waits, else its provisioner is asked to.

    Who may change the workspace takes back what has not begun; running builds only where the template lets users do so.
    """
    place, document = await build_in_path(call)
    reader = QueryReader(call.request.query)
    expected = reader.read("expect_status", TEXT_TERM) or None
    reader.check()
    if expected is not None and expected not in _CANCELABLE:
        raise Invalid("The expected status is not valid.", "expect_status is pending or running.")
    allowed = expected == "pending" or place.may_be_canceled or _OWNER_ROLE in call.caller.site_roles
    if not allowed or not may(call, Action.UPDATE, document):
        raise Forbidden("You are not allowed to cancel this build.", "The template lets only site owners cancel running builds.")
    await call.execute(CancelBuild(place.id, place.workspace_id, expected))
    return message("The build has been marked as canceled.")


_READ = "workspace:read"
_STATE = "template:update of the workspace's template; else 404"
_TAG = "Builds"


_BUILD = "/workspacebuilds/{workspacebuild}"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/workspaces/{workspace}/builds",
        list_builds,
        access=Access.SESSION,
        permission=_READ,
        summary="List the builds of a workspace, newest first",
        responses={200: ["WorkspaceBuild"]},
        query=(Parameter("since", "time", "Only builds made after this time."), AFTER_ID, LIMIT, OFFSET),
        tag=_TAG,
    ),
    Route(
        "GET",
        "/users/{user}/workspace/{workspacename}/builds/{buildnumber}",
        get_build_by_number,
        access=Access.SESSION,
        permission=_READ,
        summary="Read a build by its number",
        responses={200: "WorkspaceBuild"},
        tag=_TAG,
    ),
    Route(
        "GET",
        _BUILD,
        get_build,
        access=Access.SESSION,
        permission=_READ,
        summary="Read a build",
        responses={200: "WorkspaceBuild"},
        tag=_TAG,
    ),
    Route(
        "PATCH",
        _BUILD + "/cancel",
        cancel,
        access=Access.SESSION,
        permission="workspace:update; for a running build also the template's consent, or the site role owner",
        summary="Cancel a build",
        responses={200: "Response"},
        query=(Parameter("expect_status", "string", "Only if its job is `pending` or `running`."),),
        tag=_TAG,
    ),
    Route(
        "GET",
        _BUILD + "/parameters",
        get_parameters,
        access=Access.SESSION,
        permission=_READ,
        summary="Read the parameters of a build",
        responses={200: ["WorkspaceBuildParameter"]},
        tag=_TAG,
    ),
    Route(
        "GET",
        _BUILD + "/resources",
        get_resources,
        access=Access.SESSION,
        permission=_READ,
        summary="Read the resources of a build",
        responses={200: ["WorkspaceResource"]},
        deprecated=True,
        tag=_TAG,
    ),
    Route(
        "GET",
        _BUILD + "/timings",
        get_timings,
        access=Access.SESSION,
        permission=_READ,
        summary="Read the timings of a build",
        responses={200: "WorkspaceBuildTimings"},
        tag=_TAG,
    ),
    Route(
        "GET",
        _BUILD + "/logs",
        get_logs,
        access=Access.SESSION,
        permission=_READ,
        summary="Read or follow the log of a build",
        responses={200: ["ProvisionerJobLog"]},
        query=QUERY,
        stream=STREAM,
        produces=PRODUCES,
        tag=_TAG,
    ),
    Route(
        "GET",
        _BUILD + "/state",
        get_state,
        access=Access.SESSION,
        permission=_STATE,
        summary="Read the provisioner state of a build",
        responses={200: None},
        tag=_TAG,
    ),
    Route(
        "PUT",
        _BUILD + "/state",
        put_state,
        access=Access.SESSION,
        permission=_STATE,
        summary="Replace the provisioner state of a build",
        responses={204: None},
        request="UpdateWorkspaceBuildStateRequest",
        tag=_TAG,
    ),
)
