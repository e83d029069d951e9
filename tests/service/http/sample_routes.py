"""A small route table that uses every feature of the vocabulary, for the tests of the published documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from service.http.docs_page import documentation_routes
from service.http.routing import (
    AFTER,
    AT,
    BEFORE,
    INCLUDE_DELETED,
    LIMIT,
    Access,
    Conditional,
    Parameter,
    Protocol,
    Route,
    Stream,
)

if TYPE_CHECKING:
    from service.http.call import Call


async def handler(_call: Call) -> web.StreamResponse:
    """Never reached: documents are made from rows alone."""
    return web.Response()


def row(method: str, path: str, access: Access = Access.SESSION, permission: str = "workspace:read", **more: Any) -> Route:
    """A row with what most rows share."""
    more.setdefault("responses", {200: "Workspace"})
    return Route(method, path, handler, access, permission, more.pop("summary", path), tag=more.pop("tag", "Workspaces"), **more)


CLOUD_EVENTS = ("application/json", "application/cloudevents+json")
WATCH = Stream(Protocol.SSE, "Workspace", resumable=True)
TABLE: tuple[Route, ...] = (
    row(
        "GET",
        "/workspaces/{workspace}",
        conditional=Conditional.READ,
        query=(INCLUDE_DELETED, AT),
        responses={200: "Workspace", 410: "Response"},
    ),
    row("PATCH", "/workspaces/{workspace}", request="UpdateWorkspaceRequest", responses={204: None}, conditional=Conditional.CHANGE),
    row("POST", "/workspaces/{workspace}/builds", request="CreateWorkspaceBuildRequest", responses={201: "WorkspaceBuild"}),
    row("PUT", "/workspaces/{workspace}/dormant", request="UpdateWorkspaceDormancy", responses={200: "Workspace", 304: None}),
    row("POST", "/workspaces/{workspace}/usage", request="PostWorkspaceUsageRequest", request_required=False, responses={204: None}),
    row("GET", "/workspaces/{workspace}/watch", responses={200: "ServerSentEvent"}, stream=WATCH, deprecated=True),
    row("GET", "/workspaces/{workspace}/watch-ws", responses={101: None}, stream=Stream(Protocol.WEBSOCKET, "Workspace"), query=(AFTER,)),
    row("GET", "/workspaces/watch", responses={200: None}, stream=Stream(Protocol.SSE, "WorkspaceListFrame", resumable=True)),
    row("GET", "/workspaces/{workspace}/history", responses={200: "HistoryResponse"}, produces=CLOUD_EVENTS, query=(BEFORE, AFTER, LIMIT)),
    row(
        "GET",
        "/audit/events",
        permission="audit_log:read",
        responses={200: "EventsResponse"},
        produces=CLOUD_EVENTS,
        query=(AFTER, Parameter("format", "'json'|'jsonl'", "How events are written.", default="json")),
        stream=Stream(Protocol.JSON_LINES, "LedgerEvent", enveloped=False, when="format=jsonl"),
        tag="Audit",
    ),
    row(
        "GET",
        "/workspacebuilds/{workspacebuild:[0-9a-f-]{36}}/logs",
        responses={200: "[ProvisionerJobLog]"},
        query=(Parameter("follow", "bool"),),
        stream=Stream(Protocol.WEBSOCKET, "ProvisionerJobLog", enveloped=False, when="follow"),
        tag="Builds",
    ),
    row("POST", "/organizations/{organization}/templates", request="CreateTemplateRequest", responses={200: "Template"}, tag="Templates"),
    row("GET", "/insights/templates", query=(Parameter("template_ids", "[uuid]", required=True),), responses={200: {}}, tag="Insights"),
    row("GET", "/users/{user}/keys/tokens", responses={200: "[APIKeyWithOwner]|null"}, tag="Users"),
    row("GET", "/groups", responses={200: ["Group"]}, tag="Organizations"),
    row("POST", "/users/login", Access.PUBLIC, "none", request="LoginWithPasswordRequest", responses={201: "LoginWithPasswordResponse"}),
    row("GET", "/entitlements", Access.OPTIONAL, "none", responses={200: "Entitlements"}),
    row(
        "PATCH", "/workspaceagents/me/logs", Access.AGENT, "own agent", request="PatchLogs", responses={200: {"type": "null"}}, tag="Agents"
    ),
    row("POST", "/provisioner/jobs", Access.PROVISIONER, "own jobs", responses={200: {"$ref": "ProvisionerJob"}, 204: None}, tag="Builds"),
    row("POST", "/files", request="binary", consumes="application/x-tar", responses={200: "UploadResponse", 201: "UploadResponse"}),
    row("GET", "/files/{fileID}", responses={200: None}, produces=("application/x-tar",)),
    row("GET", "//healthz", Access.PUBLIC, "none", responses={200: None}, tag="Operations"),
    row("GET", "//metrics", Access.PUBLIC, "none", responses={200: None}, produces=("text/plain",), tag="Operations"),
    *documentation_routes(lambda: TABLE),
)
