"""The published documents of a small route table that uses every feature of the vocabulary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.http import docs_page
from service.http.asyncapi import build_asyncapi
from service.http.docs_page import documentation_routes
from service.http.openapi import build_document, operation_id
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
from service.http.schema_registry import COMPONENTS, UnknownSchema, references

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


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as a client reads it."""
    read: dict[str, Any] = json.loads(json.dumps(build_document(TABLE)))
    return read


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """One operation; `path` from the root."""
    found: dict[str, Any] = document["paths"][path][method]
    return found


def parameters(document: dict[str, Any], found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Parameters of an operation by name, references resolved."""
    shared = document["components"]["parameters"]
    entries = [shared[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry for entry in found.get("parameters", [])]
    return {entry["name"]: entry for entry in entries}


def statuses(found: dict[str, Any]) -> set[str]:
    """All statuses that an operation documents."""
    return set(found["responses"])


WORKSPACE = "/api/v2/workspaces/{workspace}"


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document, ""):
        node: Any = document
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]


def test_only_schemas_that_are_used_are_published(document: dict[str, Any]) -> None:
    used = {reference.removeprefix(COMPONENTS) for reference in references(document, "") if reference.startswith(COMPONENTS)}
    assert set(document["components"]["schemas"]) == used


def test_every_example_is_valid_against_its_schema(document: dict[str, Any]) -> None:
    checked = 0

    def walk(node: object) -> None:
        nonlocal checked
        if isinstance(node, dict):
            if "schema" in node and "x-stream" not in node and ("example" in node or "examples" in node):
                shown = [
                    document["components"]["examples"][entry["$ref"].rpartition("/")[2]]["value"]
                    for entry in node.get("examples", {}).values()
                ]
                for value in shown or [node["example"]]:
                    jsonschema.Draft202012Validator({**node["schema"], "components": document["components"]}).validate(value)
                    checked += 1
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(document)
    assert checked > len(TABLE)


def test_the_same_table_gives_the_same_document() -> None:
    assert json.dumps(build_document(TABLE)) == json.dumps(build_document(TABLE))


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    assert operation(document, "get", f"{WORKSPACE}/watch-ws")["operationId"] == "getWorkspacesByWorkspaceWatchWs"
    assert len({operation_id(route) for route in TABLE}) == len(TABLE)


def test_patterns_of_the_router_do_not_show(document: dict[str, Any]) -> None:
    found = operation(document, "get", "/api/v2/workspacebuilds/{workspacebuild}/logs")
    assert parameters(document, found)["workspacebuild"]["schema"] == {"type": "string", "format": "uuid"}


def test_who_may_call_is_said_in_security(document: dict[str, Any]) -> None:
    names = ["sessionHeader", "sessionBearer", "sessionCookie", "sessionQuery", "accessTokenQuery"]
    session: list[dict[str, list[str]]] = [{name: []} for name in names]
    assert operation(document, "get", WORKSPACE)["security"] == session
    assert operation(document, "post", "/api/v2/users/login")["security"] == []
    assert operation(document, "get", "/api/v2/entitlements")["security"] == [{}, *session]
    assert operation(document, "patch", "/api/v2/workspaceagents/me/logs")["security"] == [{"agentToken": []}]
    assert operation(document, "post", "/api/v2/provisioner/jobs")["security"] == [{"provisionerKey": []}]
    assert "**Checked:** workspace:read." in operation(document, "get", WORKSPACE)["description"]


def test_errors_follow_from_the_row(document: dict[str, Any]) -> None:
    read = statuses(operation(document, "get", WORKSPACE))
    assert read == {"200", "304", "400", "401", "403", "404", "410", "429", "503"}
    change = statuses(operation(document, "patch", WORKSPACE))
    assert change == {"204", "400", "401", "403", "404", "409", "412", "413", "422", "429", "503"}
    login = statuses(operation(document, "post", "/api/v2/users/login"))
    assert login == {"201", "400", "409", "413", "422", "429", "503"}
    assert statuses(operation(document, "get", "/healthz")) == {"200"}


def test_errors_have_the_envelope_and_say_when_to_come_back(document: dict[str, Any]) -> None:
    shared = document["components"]["responses"]
    for name, response in shared.items():
        assert response["content"]["application/json"]["schema"] == {"$ref": f"{COMPONENTS}Response"}
        assert ("Retry-After" in response["headers"]) == (name in {"Busy", "TooMany", "Conflict"})
        assert "X-Coder-Build-Version" in response["headers"]


def test_conditional_routes_name_their_headers(document: dict[str, Any]) -> None:
    read, change = operation(document, "get", WORKSPACE), operation(document, "patch", WORKSPACE)
    assert "If-None-Match" in parameters(document, read)
    assert "ETag" in read["responses"]["200"]["headers"]
    assert {"If-Match", "Idempotency-Key", "Ledger-Position"} <= set(parameters(document, change))
    assert "Idempotency-Key" not in parameters(document, read)
    assert {"Ledger-Position", "Idempotent-Replayed", "X-Coder-Build-Version"} <= set(change["responses"]["204"]["headers"])


def test_query_parameters_have_types_and_defaults(document: dict[str, Any]) -> None:
    events = parameters(document, operation(document, "get", "/api/v2/audit/events"))
    assert events["format"]["schema"] == {"type": "string", "enum": ["json", "jsonl"], "default": "json"}
    assert events["after"]["schema"]["type"] == "integer"
    ids = parameters(document, operation(document, "get", "/api/v2/insights/templates"))["template_ids"]
    assert (ids["required"], ids["explode"], ids["schema"]["items"]) == (True, False, {"type": "string", "format": "uuid"})


def test_request_bodies_refer_to_the_form_that_requests_have(document: dict[str, Any]) -> None:
    usage = operation(document, "post", f"{WORKSPACE}/usage")["requestBody"]
    assert usage["required"] is False
    assert operation(document, "post", "/api/v2/files")["requestBody"]["content"] == {"application/x-tar": {}}
    schemas = document["components"]["schemas"]
    assert "TemplateAutostopRequirementInRequest" in schemas
    assert "TemplateAutostopRequirement" in schemas


def test_other_media_types_have_no_json_schema(document: dict[str, Any]) -> None:
    assert operation(document, "get", "/api/v2/files/{fileID}")["responses"]["200"]["content"] == {"application/x-tar": {}}
    assert operation(document, "get", "/metrics")["responses"]["200"]["content"] == {"text/plain": {"schema": {"type": "string"}}}
    assert "content" not in operation(document, "get", "/healthz")["responses"]["200"]


def test_cloud_events_are_another_form_of_the_same_page(document: dict[str, Any]) -> None:
    content = operation(document, "get", f"{WORKSPACE}/history")["responses"]["200"]["content"]
    assert content["application/json"]["schema"]["$ref"].endswith("/HistoryResponse")
    assert content["application/cloudevents+json"]["schema"]["$ref"].endswith("/CloudEventsHistoryResponse")


def test_an_sse_stream_says_what_its_frames_hold(document: dict[str, Any]) -> None:
    found = operation(document, "get", f"{WORKSPACE}/watch")
    answer = found["responses"]["200"]
    assert list(answer["content"]) == ["text/event-stream"]
    described = answer["content"]["text/event-stream"]
    assert described["x-stream"]["message"] == {"$ref": f"{COMPONENTS}Workspace"}
    assert described["example"].startswith("id: 4711\nevent: data\ndata: {")
    assert described["example"].endswith("}\n\n")
    assert "Last-Event-ID" in parameters(document, found)
    assert found["deprecated"] is True


def test_a_route_that_may_stream_keeps_its_list(document: dict[str, Any]) -> None:
    logs = operation(document, "get", "/api/v2/workspacebuilds/{workspacebuild}/logs")["responses"]
    assert logs["200"]["content"]["application/json"]["schema"]["type"] == "array"
    assert logs["101"]["x-stream"]["when"] == "follow"
    events = operation(document, "get", "/api/v2/audit/events")["responses"]["200"]["content"]
    assert set(events) == {"application/json", "application/cloudevents+json", "application/jsonl"}


def test_unknown_schemas_and_doubled_operations_are_refused() -> None:
    with pytest.raises(UnknownSchema):
        build_document([row("GET", "/x", responses={200: "Nothing"})])
    with pytest.raises(ValueError, match="already"):
        build_document([row("GET", "/x"), row("GET", "/x")])


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("FETCH", "/x", {}),
        ("GET", "x", {}),
        ("GET", "/x/", {}),
        ("GET", "/x", {"responses": {}}),
        ("GET", "/x", {"responses": {99: None}}),
        ("POST", "/x", {"stream": WATCH}),
        ("GET", "/x/{at}", {"query": (AT,)}),
    ],
)
def test_a_row_that_cannot_be_is_refused(method: str, path: str, more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=path):
        row(method, path, **more)


def test_asyncapi_has_a_channel_and_an_operation_for_every_stream() -> None:
    found = json.loads(json.dumps(build_asyncapi(TABLE)))
    streaming = [route for route in TABLE if route.stream is not None]
    assert found["asyncapi"] == "3.0.0"
    assert {channel["address"] for channel in found["channels"].values()} == {route.template for route in streaming}
    assert set(found["operations"]) == set(found["channels"]) == {operation_id(route) for route in streaming}
    for name, entry in found["operations"].items():
        assert entry["action"] == "send"
        assert entry["channel"] == {"$ref": f"#/channels/{name}"}
    for reference in references(found, ""):
        node: Any = found
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]


def test_asyncapi_messages_have_valid_examples() -> None:
    found = json.loads(json.dumps(build_asyncapi(TABLE)))
    for message in found["components"]["messages"].values():
        validator = jsonschema.Draft202012Validator({**message["payload"], "components": found["components"]})
        for shown in message["examples"]:
            validator.validate(shown["payload"])


def test_asyncapi_puts_the_envelope_into_websocket_frames_only() -> None:
    messages = build_asyncapi(TABLE)["components"]["messages"]
    socket = messages["getWorkspacesByWorkspaceWatchWs"]["payload"]["oneOf"]
    assert [frame["properties"]["type"]["const"] for frame in socket] == ["data", "error", "ping"]
    assert messages["getWorkspacesByWorkspaceWatch"]["payload"] == {"$ref": f"{COMPONENTS}Workspace"}
    assert messages["getWorkspacebuildsByWorkspacebuildLogs"]["payload"] == {"$ref": f"{COMPONENTS}ProvisionerJobLog"}


def test_the_page_names_only_assets_that_exist() -> None:
    names = {"docs.html", "docs.css", "docs.js", "schema_view.js", "elements.js"}
    assert set(docs_page._CONTENT_TYPES) == names
    for name in names:
        text = docs_page._asset(name).body.decode()
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text
        assert " style=" not in text
