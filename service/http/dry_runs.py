"""Dry runs: what a start build would make, without making it (contract/lifecycle.md A2).

Open to whoever may make a workspace from the version for themselves; a dry run is shown to whoever may read workspaces of the
person who asked for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from domain.templates.dry_run_commands import QueueDryRun, RequestDryRunCancel
from projections.jobs.queries import queue_places
from projections.jobs.render import job_status, render_job
from projections.template_versions.plans import planned_resources
from projections.template_versions.queries import dry_run_by_job, job_of
from service.http import job_logs
from service.http.call import Call
from service.http.fields import TEXT, list_of, wire
from service.http.job_logs import job_log
from service.http.parsing import decode_body, nested
from service.http.paths import path_uuid
from service.http.responses import json_response, message
from service.http.routing import Access, Route
from service.http.template_access import path_plan, path_version
from service.http.template_versions import VariableValue
from service.http.version_details import refuse_while_importing
from service.http.version_documents import matched_provisioners

Row = Mapping[str, Any]

_TAG = "Templates"


@dataclass(frozen=True, slots=True)
class DryRunRequest:
    """`CreateTemplateVersionDryRunRequest`; the version keeps its own variable values."""

    workspace_name: str = wire(TEXT)
    rich_parameter_values: tuple[VariableValue, ...] = wire(list_of(nested(VariableValue)))
    user_variable_values: tuple[VariableValue, ...] = wire(list_of(nested(VariableValue)))


async def create(call: Call) -> web.Response:
    """Queue a dry run."""
    caller = call.caller
    async with call.pool.connection() as connection:
        version = await path_plan(call, connection)
    if not allows(caller.subject, Action.CREATE, _workspace_of(version, caller.user_id)):
        raise NotFound
    request = decode_body(await call.body(), DryRunRequest)
    refuse_while_importing(version)
    # One id for the stream and its job: paths name the job.
    id = str(uuid.uuid4())
    values = tuple((p.name, p.value) for p in request.rich_parameter_values)
    await call.execute(QueueDryRun(id, id, version["id"], caller.user_id, values))
    async with call.pool.connection() as connection:
        row = await dry_run_by_job(connection, id)
    if row is None:
        raise NotFound
    return json_response(render_job(job_of(row)), 201)


def _workspace_of(version: Row, owner_id: str) -> objects.Object:
    return objects.new_workspace(owner_id=owner_id, organization_id=version["organization_id"])


async def path_dry_run(call: Call, connection: AsyncConnection[Any]) -> Row:
    """The dry run of the path (a row of `dry_run_by_job`). Raises `Invalid`, `NotFound`, and `Forbidden` for a job that is no
    dry run of this version, or one of somebody whose workspaces the caller may not read."""
    version = await path_version(call, connection)
    row = await dry_run_by_job(connection, path_uuid(call.path["jobID"]))
    if row is None:
        raise NotFound
    if row["dry_run_id"] is None or row["template_version_id"] != version["id"]:
        raise Forbidden("The job is no dry run of this template version.")
    if not allows(call.caller.subject, Action.READ, _workspace_of(version, row["job$initiator_id"] or "")):
        raise Forbidden
    return row


async def show(call: Call) -> web.Response:
    """The job of a dry run."""
    async with call.pool.connection() as connection:
        job = job_of(await path_dry_run(call, connection))
        places = await queue_places(connection, [job["id"]]) if job_status(job) == "pending" else {}
    position, size = places.get(job["id"], (0, 0))
    return json_response(render_job(job, queue_position=position, queue_size=size))


async def resources(call: Call) -> web.Response:
    """What a start build would make."""
    async with call.pool.connection() as connection:
        row = await path_dry_run(call, connection)
    completed_at = row["job$completed_at"]
    if completed_at is None:
        raise Invalid("The dry run has not ended yet.", "Its resources are not known yet.")
    found = planned_resources(row["resources"], owner_id=row["dry_run_id"], job_id=row["job$id"], transition="start", at=completed_at)
    return json_response(found)


async def logs(call: Call) -> web.StreamResponse:
    """What it printed."""
    async with call.pool.connection() as connection:
        row = await path_dry_run(call, connection)
    return await job_log(call, row["job$id"], row["dry_run_id"])


async def matched(call: Call) -> web.Response:
    """The provisioners that can carry it out."""
    async with call.pool.connection() as connection:
        row = await path_dry_run(call, connection)
        document = await matched_provisioners(connection, job_of(row))
    return json_response(document)


async def cancel(call: Call) -> web.Response:
    """Stop it."""
    async with call.pool.connection() as connection:
        row = await path_dry_run(call, connection)
    initiator = row["job$initiator_id"] or ""
    workspace = objects.new_workspace(owner_id=initiator, organization_id=row["job$organization_id"])
    if not allows(call.caller.subject, Action.UPDATE, workspace):
        raise Forbidden
    await call.execute(RequestDryRunCancel(row["dry_run_id"]))
    return message("Job has been marked as canceled...")


_DRY_RUNS = "/templateversions/{templateversion}/dry-run"
_ONE = f"{_DRY_RUNS}/{{jobID}}"
_READ = "template:read; workspace:read on workspaces of who asked for it"

ROUTES = (
    Route(
        "POST",
        _DRY_RUNS,
        create,
        Access.SESSION,
        "template:read; workspace:create for oneself",
        "Queue a dry run",
        request="CreateTemplateVersionDryRunRequest",
        responses={201: "ProvisionerJob"},
        tag=_TAG,
    ),
    Route("GET", _ONE, show, Access.SESSION, _READ, "Read a dry run", responses={200: "ProvisionerJob"}, tag=_TAG),
    Route(
        "GET",
        f"{_ONE}/resources",
        resources,
        Access.SESSION,
        _READ,
        "Read what a dry run would make",
        responses={200: ["WorkspaceResource"]},
        tag=_TAG,
    ),
    Route(
        "GET",
        f"{_ONE}/logs",
        logs,
        Access.SESSION,
        _READ,
        "Read or follow what a dry run printed",
        responses={200: ["ProvisionerJobLog"]},
        query=job_logs.QUERY,
        tag=_TAG,
        stream=job_logs.STREAM,
        produces=job_logs.PRODUCES,
    ),
    Route(
        "GET",
        f"{_ONE}/matched-provisioners",
        matched,
        Access.SESSION,
        _READ,
        "Read which provisioners can carry out a dry run",
        responses={200: "MatchedProvisioners"},
        tag=_TAG,
    ),
    Route(
        "PATCH",
        f"{_ONE}/cancel",
        cancel,
        Access.SESSION,
        "workspace:update on workspaces of who asked for it",
        "Cancel a dry run",
        responses={200: "Response"},
        tag=_TAG,
    ),
)
