"""What every page of the web client asks for: look, experiments, hosts (contract/clients.md 1, 2.2, 2.5)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from service.http.call import Call
from service.http.responses import json_response
from service.http.routing import Access, Handler, Route

_APPEARANCE = {
    "application_name": "",
    "logo_url": "",
    "docs_url": "",
    "service_banner": {"enabled": False},
    "announcement_banners": [],
}
#: How the command-line tool names hosts in an SSH configuration.
_SSH = {"hostname_prefix": "coder.", "hostname_suffix": "coder", "ssh_config_options": {}}
_TAG = "Deployment"


def constant(document: Any) -> Handler:
    """A handler that always answers the same."""

    async def answer(_call: Call) -> web.Response:
        return json_response(document)

    return answer


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/appearance",
        constant(_APPEARANCE),
        access=Access.SESSION,
        permission="none",
        summary="Get the look of the pages",
        responses={200: "AppearanceConfig"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/experiments",
        constant([]),
        access=Access.SESSION,
        permission="none",
        summary="List experiments that are on",
        responses={200: ["Experiment"]},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/experiments/available",
        constant([]),
        access=Access.SESSION,
        permission="none",
        summary="List experiments that could be on",
        responses={200: ["Experiment"]},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/applications/host",
        constant({"host": ""}),
        access=Access.SESSION,
        permission="none",
        summary="Get the host name of applications",
        responses={200: "AppHostResponse"},
        tag=_TAG,
        deprecated=True,
    ),
    Route(
        "GET",
        "/deployment/ssh",
        constant(_SSH),
        access=Access.SESSION,
        permission="none",
        summary="Get how hosts are named in SSH configurations",
        responses={200: None},
        tag=_TAG,
    ),
)
