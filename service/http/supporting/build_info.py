"""What is running here, and where (contract/clients.md 0 and 2.2)."""

from __future__ import annotations

from aiohttp import web

from service.http.call import Call
from service.http.responses import json_response
from service.http.routing import Access, Route
from service.store.deployment import deployment_id
from service.version import BUILD_VERSION

_TAG = "Deployment"


async def build_info(call: Call) -> web.Response:
    """Version and addresses. The two other interfaces are not spoken here, so their versions are empty."""
    url = call.services.access_url
    return json_response(
        {
            "external_url": url,
            "version": BUILD_VERSION,
            "dashboard_url": url,
            "telemetry": False,
            "workspace_proxy": False,
            "agent_api_version": "",
            "provisioner_api_version": "",
            "upgrade_message": "",
            "deployment_id": await _deployment_id(call),
        }
    )


async def regions(call: Call) -> web.Response:
    """The one region: this deployment."""
    region = {
        "id": await _deployment_id(call),
        "name": "primary",
        "display_name": "Primary",
        "icon_url": "",
        "healthy": True,
        "path_app_url": call.services.access_url,
        "wildcard_hostname": "",
    }
    return json_response({"regions": [region]})


async def update_check(_call: Call) -> web.Response:
    """No newer version is known: nobody is asked about one."""
    return json_response({"current": True, "version": BUILD_VERSION, "url": ""})


async def latency_check(_call: Call) -> web.Response:
    """What browsers measure the way here with, from other origins too."""
    return web.Response(text="OK", headers={"Access-Control-Allow-Origin": "*", "Timing-Allow-Origin": "*", "Cache-Control": "no-store"})


async def latency_preflight(_call: Call) -> web.Response:
    """Browsers ask first when a page of another origin sends headers of its own with its probe."""
    allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET", "Access-Control-Allow-Headers": "*"}
    return web.Response(status=204, headers=allowed)


async def _deployment_id(call: Call) -> str:
    async with call.pool.connection() as connection:
        return await deployment_id(connection)


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/buildinfo",
        build_info,
        access=Access.PUBLIC,
        permission="none",
        summary="Get what is running",
        responses={200: "BuildInfoResponse"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/regions",
        regions,
        access=Access.SESSION,
        permission="none",
        summary="List regions",
        responses={200: "RegionsResponseOfRegion"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/updatecheck",
        update_check,
        access=Access.PUBLIC,
        permission="none",
        summary="Ask for a newer version",
        responses={200: "UpdateCheckResponse"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "//latency-check",
        latency_check,
        access=Access.PUBLIC,
        permission="none",
        summary="Measure the way to the service",
        responses={200: None},
        tag="Operations",
        produces=("text/plain",),
    ),
    Route(
        "OPTIONS",
        "//latency-check",
        latency_preflight,
        access=Access.PUBLIC,
        permission="none",
        summary="Ask whether a page of another origin may measure the way to the service",
        responses={204: None},
        tag="Operations",
    ),
)
