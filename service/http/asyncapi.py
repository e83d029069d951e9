"""The AsyncAPI 3.0 document of the streams in a route table: one channel per streaming route, one operation that sends.

Pure, and made from the same rows and schemas as the OpenAPI document. It leaves out whatever does not stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from service.http.openapi import operation_id
from service.http.openapi_parts import PATH_PARAMETERS, SECURITY_SCHEMES
from service.http.routing import Access, Parameter, Protocol, Route, Stream
from service.http.schema_examples import schema_example
from service.http.schema_registry import COMPONENTS, body_schema, closure, json_schema, references
from service.http.schema_types import JsonSchema
from service.version import BUILD_VERSION

_ABOUT = """What Workspace Ledger sends by itself: documents that change, and the events of the log.

Server-sent events carry `id: POSITION` where a client can go on from one; send it as `Last-Event-ID`. WebSockets take `?after=POSITION`."""
_SECURITY_NAMES = {
    Access.SESSION: ("sessionHeader", "sessionBearer", "sessionCookie", "sessionQuery", "accessTokenQuery"),
    Access.OPTIONAL: ("sessionHeader", "sessionBearer", "sessionCookie", "sessionQuery", "accessTokenQuery"),
    Access.AGENT: ("agentToken",),
    Access.PROVISIONER: ("provisionerKey",),
    Access.PUBLIC: (),
}
_SERVERS = {Protocol.SSE: "http", Protocol.JSON_LINES: "http", Protocol.WEBSOCKET: "websocket"}
_CONTENT_TYPES = {Protocol.SSE: "application/json", Protocol.JSON_LINES: "application/jsonl", Protocol.WEBSOCKET: "application/json"}


def build_asyncapi(routes: Sequence[Route], *, server_url: str = "http://127.0.0.1:3000") -> dict[str, Any]:
    """The AsyncAPI 3.0 document of the rows whose `stream` is set. Raises `UnknownSchema` if one names an unknown schema."""
    streaming = [(route, route.stream) for route in routes if route.stream is not None]
    channels = {operation_id(route): _channel(route, stream) for route, stream in streaming}
    messages = {operation_id(route): _message(route, stream) for route, stream in streaming}
    names = closure(name for message in messages.values() for name in references(message["payload"], COMPONENTS))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Workspace Ledger: streams", "version": BUILD_VERSION, "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": _servers(server_url),
        "channels": channels,
        "operations": {operation_id(route): _operation(route, stream) for route, stream in streaming},
        "components": {
            "messages": messages,
            "schemas": {name: json_schema(name) for name in names},
            "securitySchemes": {name: _security_scheme(scheme) for name, scheme in SECURITY_SCHEMES.items()},
        },
    }


def _servers(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    secure = "s" if parts.scheme == "https" else ""
    base = {"host": parts.netloc, **({"pathname": parts.path} if parts.path.strip("/") else {})}
    return {"http": {**base, "protocol": f"http{secure}"}, "websocket": {**base, "protocol": f"ws{secure}"}}


def _channel(route: Route, stream: Stream) -> dict[str, Any]:
    name = operation_id(route)
    channel: dict[str, Any] = {
        "address": route.template,
        "title": route.summary,
        "servers": [{"$ref": f"#/servers/{_SERVERS[stream.protocol]}"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }
    if stream.when:
        channel["description"] = f"The route streams with `{stream.when}`."
    if route.path_parameters:
        channel["parameters"] = {
            name: {"description": PATH_PARAMETERS[name][1]} if name in PATH_PARAMETERS else {} for name in route.path_parameters
        }
    if stream.protocol is Protocol.WEBSOCKET:
        binding: dict[str, Any] = {"method": "GET", "bindingVersion": "0.1.0"}
        if route.query:
            binding["query"] = _query(route.query)
        channel["bindings"] = {"ws": binding}
    return channel


def _operation(route: Route, stream: Stream) -> dict[str, Any]:
    name = operation_id(route)
    operation: dict[str, Any] = {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": route.summary,
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "x-permission": route.permission,
    }
    if route.tag:
        operation["tags"] = [{"name": route.tag}]
    if schemes := _SECURITY_NAMES[route.access]:
        operation["security"] = [{"$ref": f"#/components/securitySchemes/{scheme}"} for scheme in schemes]
    if stream.protocol is not Protocol.WEBSOCKET:
        binding: dict[str, Any] = {"method": "GET", "bindingVersion": "0.3.0"}
        if route.query:
            binding["query"] = _query(route.query)
        operation["bindings"] = {"http": binding}
    return operation


def _message(route: Route, stream: Stream) -> dict[str, Any]:
    payload = _payload(stream)
    message: dict[str, Any] = {
        "name": operation_id(route),
        "title": route.summary,
        "contentType": _CONTENT_TYPES[stream.protocol],
        "payload": payload,
        "examples": [{"payload": schema_example(payload)}],
    }
    if stream.protocol is Protocol.SSE:
        kinds = "`ping`, `data` and `error`; this is the data of a `data` event" if stream.enveloped else "without names"
        message["description"] = f"A server-sent event. Events are {kinds}."
        if stream.resumable:
            identity = {"type": "integer", "minimum": 0, "description": "The position to resume from, sent as the frame's `id`."}
            message["headers"] = {"type": "object", "properties": {"id": identity}}
    return message


def _payload(stream: Stream) -> JsonSchema:
    """What one frame holds. Over a WebSocket the envelope is part of the payload; over SSE it is the event's name."""
    data = body_schema(stream.message)
    if stream.protocol is not Protocol.WEBSOCKET or not stream.enveloped:
        return data
    kinds = {
        "data": data,
        "error": {"$ref": f"{COMPONENTS}Response"},
        "ping": {},
    }
    frames = []
    for kind, content in kinds.items():
        frame: JsonSchema = {"type": "object", "properties": {"type": {"type": "string", "const": kind}, "data": content}}
        frames.append({**frame, "required": ["type", "data"] if kind != "ping" else ["type"]})
    return {"oneOf": frames}


def _query(parameters: Sequence[Parameter]) -> JsonSchema:
    properties = {
        parameter.name: {**body_schema(parameter.type, incoming=True), "description": parameter.summary} for parameter in parameters
    }
    required = [parameter.name for parameter in parameters if parameter.required]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _security_scheme(scheme: Mapping[str, str]) -> dict[str, Any]:
    """OpenAPI's `apiKey` in a header, cookie or query is AsyncAPI's `httpApiKey`."""
    return {**scheme, "type": "httpApiKey"} if scheme["type"] == "apiKey" else dict(scheme)
