"""What a template version declares: parameters, variables, presets, resources (contract/lifecycle.md A2, A5 to A7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from domain.kernel.errors import Forbidden, Invalid, TooEarly
from projections.template_versions import plans
from service.http import job_logs
from service.http.call import Call
from service.http.job_logs import job_log
from service.http.responses import json_response
from service.http.routing import Access, Body, Handler, Route
from service.http.template_access import path_plan, plan_in_path, version_in_path
from service.store.template_variables import variable_values

_TAG = "Templates"
_NOT_YET = "The template version is still being imported."


def refuse_while_importing(version: Mapping[str, Any]) -> None:
    """Raises `TooEarly` until the import job of a row of `planned_version` has ended."""
    if version["completed_at"] is None:
        raise TooEarly(_NOT_YET, "Wait for its import to complete.")


async def rich_parameters(call: Call) -> web.Response:
    """The questions to the owner of a workspace."""
    version = await plan_in_path(call)
    refuse_while_importing(version)
    return json_response(plans.rich_parameters(version["plan"]))


async def variables(call: Call) -> web.Response:
    """The inputs of the template's author, sensitive ones masked."""
    async with call.pool.connection() as connection:
        version = await path_plan(call, connection)
        if version["completed_at"] is None:
            raise Forbidden(_NOT_YET, "Its variables are not known yet.")
        values = await variable_values(connection, version["id"])
    return json_response(plans.variables(version["plan"], values))


async def presets(call: Call) -> web.Response:
    """Values chosen together; null when there are none."""
    version = await plan_in_path(call)
    return json_response(plans.presets(version["plan"]))


async def resources(call: Call) -> web.Response:
    """What a start and a stop make."""
    version = await plan_in_path(call)
    completed_at = version["completed_at"]
    if completed_at is None:
        raise Invalid(_NOT_YET, "Its resources are not known yet.")
    plan = version["plan"]
    found = []
    for transition in ("start", "stop") if plan else ():
        declared = plan[transition]["resources"]
        found += plans.planned_resources(declared, owner_id=version["id"], job_id=version["job_id"], transition=transition, at=completed_at)
    return json_response(found)


async def logs(call: Call) -> web.StreamResponse:
    """What the import printed."""
    version = await version_in_path(call)
    return await job_log(call, version["job_id"], version["id"])


async def nothing(call: Call) -> web.Response:
    """An empty list: archives of this service declare none of these."""
    await version_in_path(call)
    return json_response([])


_READ = "template:read on its template (without template: on all of the organization's)"


def _route(sub: str, handler: Handler, summary: str, answer: Body, *, deprecated: bool = False) -> Route:
    return Route(
        "GET",
        f"/templateversions/{{templateversion}}/{sub}",
        handler,
        Access.SESSION,
        _READ,
        summary,
        responses={200: answer},
        tag=_TAG,
        deprecated=deprecated,
    )


ROUTES = (
    _route("rich-parameters", rich_parameters, "Read a version's parameters", ["TemplateVersionParameter"]),
    _route("variables", variables, "Read a version's variables", ["TemplateVersionVariable"]),
    _route("presets", presets, "Read a version's presets", "[Preset]|null"),
    _route("resources", resources, "Read a version's resources", ["WorkspaceResource"]),
    _route("external-auth", nothing, "Read which logins elsewhere a version needs", ["TemplateVersionExternalAuth"]),
    _route("schema", nothing, "Read nothing", ["any"], deprecated=True),
    _route("parameters", nothing, "Read nothing", ["any"], deprecated=True),
    Route(
        "GET",
        "/templateversions/{templateversion}/logs",
        logs,
        Access.SESSION,
        _READ,
        "Read or follow what a version's import printed",
        responses={200: ["ProvisionerJobLog"]},
        query=job_logs.QUERY,
        tag=_TAG,
        stream=job_logs.STREAM,
        produces=job_logs.PRODUCES,
    ),
)
