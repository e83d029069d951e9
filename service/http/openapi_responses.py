"""The responses of one operation in the OpenAPI document: bodies, headers, errors, streams."""

from __future__ import annotations

import json
from typing import Any

from service.http.openapi_parts import CLOUD_EVENT_FORMS, CLOUD_EVENTS, ERRORS, HEADER_NAMES, RETRY_AFTER, STATUS_WORDS
from service.http.routing import API_BASE, JSON, Access, Body, Conditional, Protocol, Route, Stream
from service.http.schema_examples import schema_example
from service.http.schema_registry import COMPONENTS, body_schema
from service.http.schema_types import JsonSchema


def responses(route: Route) -> dict[str, Any]:
    """The responses of an operation by status, errors of the pipeline included."""
    found: dict[int, dict[str, Any]] = {}
    for status, body in route.responses.items():
        found[status] = _error(status, body) if status >= 400 else _success(route, status, body)
    if route.stream is not None:
        _add_stream(route, route.stream, found)
    if route.conditional is Conditional.READ and 304 not in found:
        found[304] = {"description": STATUS_WORDS[304], "headers": _headers(route, 304)}
    for status in error_statuses(route):
        found[status] = {"$ref": f"#/components/responses/{ERRORS[status][0]}"}
    return {str(status): found[status] for status in sorted(found)}


def _error(status: int, body: Body) -> dict[str, Any]:
    if body == "Response" and status in ERRORS:
        return {"$ref": f"#/components/responses/{ERRORS[status][0]}"}
    response: dict[str, Any] = {"description": ERRORS[status][1] if status in ERRORS else "An error.", "headers": _refs("BuildVersion")}
    return response if body is None else {**response, "content": {JSON: media(JSON, body)}}


def _success(route: Route, status: int, body: Body) -> dict[str, Any]:
    response: dict[str, Any] = {"description": STATUS_WORDS.get(status, f"Status {status}."), "headers": _headers(route, status)}
    has_body = status == 200 or (status == 201 and body is not None)
    content: dict[str, Any] = {}
    for media_type in route.produces:
        if body is not None and (status != 200 or _is_json(media_type)):
            content[media_type] = media(media_type, body)
        elif has_body and not _is_json(media_type) and not _is_stream(route, media_type):
            content[media_type] = {"schema": {"type": "string"}} if media_type.startswith("text/") else {}
    return {**response, "content": content} if content else response


def _headers(route: Route, status: int) -> dict[str, Any]:
    names = ["BuildVersion"]
    if route.full_path.startswith(f"{API_BASE}/"):
        names.append("LedgerPosition")
    if route.conditional is Conditional.READ and status in (200, 304):
        names.append("ETag")
    if route.changes:
        names.append("IdempotentReplayed")
    return _refs(*names)


def _refs(*names: str) -> dict[str, Any]:
    return {HEADER_NAMES[name]: {"$ref": f"#/components/headers/{name}"} for name in names}


def _is_json(media_type: str) -> bool:
    return media_type == JSON or media_type.endswith("+json")


def _is_stream(route: Route, media_type: str) -> bool:
    return route.stream is not None and media_type == route.stream.protocol.value


def media(media_type: str, body: Body, *, incoming: bool = False) -> dict[str, Any]:
    """A Media Type Object: the schema of a body and an example of it."""
    if media_type == CLOUD_EVENTS and isinstance(body, str):
        body = CLOUD_EVENT_FORMS.get(body, body)
    if not _is_json(media_type):
        return {} if body == "binary" else {"schema": body_schema(body, incoming=incoming)}
    shape = body_schema(body, incoming=incoming)
    target = shape.get("$ref")
    if isinstance(target, str):
        return {"schema": shape, "examples": {"example": {"$ref": f"#/components/examples/{target.removeprefix(COMPONENTS)}"}}}
    return {"schema": shape, "example": schema_example(shape)}


def _add_stream(route: Route, stream: Stream, found: dict[int, dict[str, Any]]) -> None:
    """Describe what a streaming answer holds: OpenAPI has no words of its own for frames, so a sentence and `x-stream` do."""
    message = body_schema(stream.message)
    described = {
        "protocol": stream.protocol.name.lower(),
        "enveloped": stream.enveloped,
        "resumable": stream.resumable,
        "message": message,
        **({"when": stream.when} if stream.when else {}),
    }
    condition = f" With `{stream.when}`." if stream.when else ""
    if stream.protocol is Protocol.WEBSOCKET:
        frames = "text frames `{type, data}`" if stream.enveloped else "one JSON text frame per message"
        meaning = f"{STATUS_WORDS[101]} The server sends {frames}.{condition}"
        found[101] = {"description": meaning, "headers": _refs("BuildVersion"), "x-stream": described}
        return
    sample = _sample_frame(stream, message)
    content = {"schema": {"type": "string", "description": _frames(stream)}, "x-stream": described, "example": sample}
    answer = found.setdefault(200, {"description": STATUS_WORDS[200], "headers": _headers(route, 200)})
    if not stream.when:
        answer["content"] = {}
    answer.setdefault("content", {})[stream.protocol.value] = content


def _frames(stream: Stream) -> str:
    if stream.protocol is Protocol.JSON_LINES:
        return "One JSON document per line, until the client leaves or the end is reached."
    kinds = "Events `ping`, `data` and `error`" if stream.enveloped else "Events"
    return f"{kinds}; the data of a frame is one JSON document." + (" Frames carry `id`, a position to resume from." * stream.resumable)


def _sample_frame(stream: Stream, message: JsonSchema) -> str:
    text = json.dumps(schema_example(message), separators=(",", ":"))
    if stream.protocol is Protocol.JSON_LINES:
        return f"{text}\n"
    identity = "id: 4711\n" if stream.resumable else ""
    return f"{identity}event: data\ndata: {text}\n\n" if stream.enveloped else f"{identity}data: {text}\n\n"


def error_statuses(route: Route) -> list[int]:
    """The errors that the pipeline or the handler may answer with, beside what the row itself lists."""
    is_api = route.full_path.startswith(f"{API_BASE}/")
    takes_input = bool(route.path_parameters or route.query or route.request is not None)
    is_known = route.access is not Access.PUBLIC
    applies = {
        400: is_api or takes_input,
        401: is_known,
        403: is_known and route.permission not in ("", "none"),
        404: bool(route.path_parameters),
        408: route.request is not None,
        409: route.changes,
        412: route.conditional is Conditional.CHANGE,
        413: route.request is not None,
        422: route.changes,
        429: is_api,
        503: is_api,
    }
    return [status for status, does in applies.items() if does and status not in route.responses]


def error_component(status: int) -> dict[str, Any]:
    """The shared response for an error status."""
    _name, meaning, message = ERRORS[status]
    sample: dict[str, Any] = {"message": message}
    if status == 400:
        sample["validations"] = [{"field": "name", "detail": 'Validation failed for tag "workspace_name" with value: "no good"'}]
    headers = _refs("BuildVersion", *(["RetryAfter"] if status in RETRY_AFTER else []))
    return {"description": meaning, "headers": headers, "content": {JSON: {"schema": {"$ref": f"{COMPONENTS}Response"}, "example": sample}}}
