"""The published documents of a small route table that uses every feature of the vocabulary."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.http.openapi import build_document, operation_id
from service.http.routing import AT
from service.http.schema_registry import COMPONENTS, UnknownSchema, references
from tests.service.http.sample_routes import TABLE, WATCH, row


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
    assert change == {"204", "400", "401", "403", "404", "408", "409", "412", "413", "422", "429", "503"}
    login = statuses(operation(document, "post", "/api/v2/users/login"))
    assert login == {"201", "400", "408", "409", "413", "422", "429", "503"}
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
