"""What can be asked about a workspace besides its document: timings, and whether an autostart would work.

Source: contract/workspaces.md 4.3, 4.4.
"""

from __future__ import annotations

from aiohttp import web

from domain.kernel.errors import NotFound
from domain.templates.parameters import parameter_mismatch
from domain.templates.values import RichParameter
from domain.workspaces.values import ALWAYS
from projections.builds.timings import build_timings
from projections.workspaces.autostart import Autostart, autostart_of
from projections.workspaces.queries import latest_build_of
from service.http.call import Call
from service.http.responses import json_response
from service.http.routing import Access, Route
from service.http.workspaces.access import require_template, workspace_in_path


async def timings(call: Call) -> web.Response:
    """Of the latest build alone; deleted workspaces too, whatever became of the template."""
    document = await workspace_in_path(call)
    async with call.pool.connection() as connection:
        build_id = await latest_build_of(connection, document.id)
        found = None if build_id is None else await build_timings(connection, build_id)
    if found is None:
        raise NotFound
    return json_response(found)


async def resolve_autostart(call: Call) -> web.Response:
    """Whether an autostart would stop for want of a parameter's value; on deleted workspaces and templates too."""
    document = await workspace_in_path(call)
    if document.template is not None:
        require_template(call, document)
    async with call.pool.connection() as connection:
        autostart = await autostart_of(connection, document.id)
    return json_response({"parameter_mismatch": autostart is not None and _mismatches(autostart)})


def _mismatches(autostart: Autostart) -> bool:
    if not autostart.outdated or (autostart.automatic_updates != ALWAYS and not autostart.requires_active_version):
        return False
    return parameter_mismatch([RichParameter.from_dict(p) for p in autostart.parameters], autostart.values)


ROUTES = (
    Route(
        "GET",
        "/workspaces/{workspace}/timings",
        timings,
        access=Access.SESSION,
        permission="workspace:read",
        summary="Read the timings of the latest build",
        responses={200: "WorkspaceBuildTimings"},
        tag="Workspaces",
    ),
    Route(
        "GET",
        "/workspaces/{workspace}/resolve-autostart",
        resolve_autostart,
        access=Access.SESSION,
        permission="workspace:read, template:read of a template that exists",
        summary="Ask whether an autostart would miss a parameter",
        responses={200: "ResolveAutostartResponse"},
        tag="Workspaces",
    ),
)
