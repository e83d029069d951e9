"""The OpenAPI 3.1 document of a route table. Pure: the same rows give the same document.

What every operation shares stands in `openapi_parts.py`; schemas come from `schema_registry.py`. It reads rows, never requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service.http.openapi_parts import (
    ERRORS,
    HEADER_PARAMETERS,
    HEADERS,
    PATH_PARAMETERS,
    SECURITY,
    SECURITY_SCHEMES,
    TAGS,
)
from service.http.openapi_responses import error_component, media, responses
from service.http.openapi_webhooks import webhooks
from service.http.routing import API_BASE, Conditional, Parameter, Protocol, Route
from service.http.schema_examples import named_example
from service.http.schema_registry import COMPONENTS, body_schema, closure, json_schema, references
from service.version import BUILD_VERSION

_ABOUT = """The workspaces of an organization, kept as a log of events. Every change has a position; every answer says which one it shows.

Errors have one shape, `Response`. Answers to a change carry its position in `Ledger-Position`; send it with the next request
to read your own write, even from another process."""


def build_document(routes: Sequence[Route], *, server_url: str = "/") -> dict[str, Any]:
    """The OpenAPI 3.1 document of `routes`; `server_url` is the address before `/api/v2`.

    Raises `UnknownSchema` if a row names a schema that does not exist, `ValueError` if two rows are one operation.
    """
    paths: dict[str, dict[str, Any]] = {}
    taken: set[str] = set()
    for route in routes:
        operations = paths.setdefault(route.template, {})
        name = operation_id(route)
        if route.method.lower() in operations or name in taken:
            raise ValueError(f"{route.key}: there is an operation like this already")
        taken.add(name)
        operations[route.method.lower()] = _operation(route, name)
    outgoing = webhooks()
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "Workspace Ledger", "version": BUILD_VERSION, "description": _ABOUT},
        "servers": [{"url": server_url}],
        "tags": _tags(routes),
        "paths": paths,
        "webhooks": outgoing,
        "components": _components({"paths": paths, "webhooks": outgoing}),
    }


def operation_id(route: Route) -> str:
    """`GET /workspaces/{workspace}/acl` -> `getWorkspacesByWorkspaceAcl`."""
    words = [route.method.lower()]
    for segment in route.template.removeprefix(API_BASE).strip("/").split("/"):
        word = segment.strip("{}")
        pieces = "".join(piece[:1].upper() + piece[1:] for piece in word.replace(".", "-").replace("_", "-").split("-"))
        words.append(f"By{pieces}" if segment.startswith("{") else pieces)
    return "".join(words)


def _tags(routes: Sequence[Route]) -> list[dict[str, str]]:
    used = dict.fromkeys(route.tag or "Other" for route in routes)
    ordered = [tag for tag in TAGS if tag in used] + [tag for tag in used if tag not in TAGS]
    return [{"name": tag, "description": TAGS[tag]} if tag in TAGS else {"name": tag} for tag in ordered]


def _operation(route: Route, name: str) -> dict[str, Any]:
    text = route.description
    if route.permission not in ("", "none"):
        text = f"{text}\n\n**Checked:** {route.permission}.".strip()
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": route.summary,
        "tags": [route.tag or "Other"],
        "x-access": route.access.value,
        "x-permission": route.permission or "none",
        "security": SECURITY[route.access],
    }
    if text:
        operation["description"] = text
    if route.deprecated:
        operation["deprecated"] = True
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.request is not None:
        content = {route.consumes: media(route.consumes, route.request, incoming=True)}
        operation["requestBody"] = {"required": route.request_required, "content": content}
    operation["responses"] = responses(route)
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in route.path_parameters:
        kind, meaning = PATH_PARAMETERS.get(name, ("string", ""))
        entry: dict[str, Any] = {"name": name, "in": "path", "required": True, "schema": body_schema(kind, incoming=True)}
        found.append({**entry, "description": meaning} if meaning else entry)
    found.extend(_query(parameter) for parameter in route.query)
    if route.full_path.startswith(f"{API_BASE}/"):
        found.append({"$ref": "#/components/parameters/LedgerPosition"})
    if route.changes:
        found.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if route.conditional is not Conditional.NONE:
        header = "IfNoneMatch" if route.conditional is Conditional.READ else "IfMatch"
        found.append({"$ref": f"#/components/parameters/{header}"})
    if route.stream is not None and route.stream.resumable and route.stream.protocol is Protocol.SSE:
        found.append({"$ref": "#/components/parameters/LastEventID"})
    return found


def _query(parameter: Parameter) -> dict[str, Any]:
    shape = body_schema(parameter.type, incoming=True)
    if parameter.default is not None:
        shape["default"] = parameter.default
    entry: dict[str, Any] = {"name": parameter.name, "in": "query", "required": parameter.required, "schema": shape}
    if parameter.summary:
        entry["description"] = parameter.summary
    if shape.get("type") == "array":
        entry |= {"style": "form", "explode": False}
    return entry


def _components(described: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the operations refer to, and nothing else of the schemas."""
    pointed = set(references(described, ""))
    names = closure([*(target.removeprefix(COMPONENTS) for target in pointed if target.startswith(COMPONENTS)), "Response"])
    examples = sorted(target.rpartition("/")[2] for target in pointed if target.startswith("#/components/examples/"))
    return {
        "securitySchemes": SECURITY_SCHEMES,
        "parameters": HEADER_PARAMETERS,
        "headers": HEADERS,
        "responses": {ERRORS[status][0]: error_component(status) for status in ERRORS},
        "examples": {name: {"value": named_example(name)} for name in examples},
        "schemas": {name: json_schema(name) for name in names},
    }
