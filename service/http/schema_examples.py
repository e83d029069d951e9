"""Examples made from JSON Schemas: the same schema always gives the same example, and the example is valid against it.

Words are chosen by the name of the field, so that an example reads like an answer of a real service. Values that a rule of
`schema_types` constrains (names, streams, digits) come from a table of its patterns.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from service.http.schema_registry import COMPONENTS, json_schema
from service.http.schema_types import PRIMITIVES, JsonSchema

_NAMESPACE = uuid.UUID("6f0c5a0e-9d0e-5f57-9a86-0f4bd2b0c8a1")
_TIME = "2026-03-02T09:30:00Z"

_WORDS: Mapping[str, str] = {
    "name": "build-box",
    "username": "alice",
    "owner_name": "alice",
    "initiator_name": "alice",
    "workspace_owner_name": "alice",
    "workspace_name": "build-box",
    "template_name": "ubuntu",
    "template_display_name": "Ubuntu",
    "display_name": "Build box",
    "organization_name": "acme",
    "organization_display_name": "Acme",
    "email": "alice@example.com",
    "message": "Done.",
    "detail": "What went wrong, in more words.",
    "field": "name",
    "autostart_schedule": "CRON_TZ=Europe/Berlin 30 9 * * 1-5",
    "schedule": "CRON_TZ=Europe/Berlin 30 9 * * 1-5",
    "timezone": "Europe/Berlin",
    "ip": "192.0.2.10",
    "user_agent": "curl/8.5.0",
    "type": "WorkspaceDormancySet",
    "path": "/dormant_at",
    "source": "/api/v2",
    "version": "v2.30.0",
    "architecture": "amd64",
    "operating_system": "linux",
    "password": "correct horse battery staple",
    "actor": "user",
}
_NUMBERS: Mapping[str, int] = {
    "position": 4711,
    "next_before": 4690,
    "next_after": 4711,
    "ttl_ms": 28_800_000,
    "build_number": 3,
    "status_code": 200,
    "count": 1,
}
_BY_PATTERN: Mapping[str, str] = {
    PRIMITIVES["digits"]["pattern"]: "4711",
    PRIMITIVES["allow_list_target"]["pattern"]: "workspace:*",
    PRIMITIVES["stream_name"]["pattern"]: f"workspace/{uuid.uuid5(_NAMESPACE, 'workspace')}",
    PRIMITIVES["username"]["pattern"]: "build-box",
    PRIMITIVES["template_version_name"]["pattern"]: "v1.2.0",
    PRIMITIVES["display_name"]["pattern"]: "Build box",
}
_KEYED_BY_ID = frozenset({"group_roles", "user_roles", "group_perms", "user_perms", "template_disabled_map", "organization_roles"})
_BY_FORMAT: Mapping[str, str] = {"date-time": _TIME, "email": "alice@example.com"}


def named_example(name: str) -> Any:
    """An example of the schema called `name`. Raises `UnknownSchema`."""
    return schema_example(json_schema(name))


def schema_example(shape: JsonSchema, field: str = "") -> Any:
    """A value that `shape` allows; references are resolved as components. `field` is the name under which the value stands.

    Raises `RecursionError` for schemas that hold themselves (there are none), `UnknownSchema`.
    """
    if "$ref" in shape:
        return schema_example(json_schema(shape["$ref"].removeprefix(COMPONENTS)), field)
    for word in ("oneOf", "anyOf", "allOf"):
        if word in shape:
            return schema_example(shape[word][0], field)
    if "const" in shape:
        return shape["const"]
    if "enum" in shape:
        return next((word for word in shape["enum"] if word), shape["enum"][0])
    kind = shape.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return _object(shape, field)
        case "array":
            return [] if shape.get("maxItems") == 0 else [schema_example(shape.get("items", {}), _singular(field))]
        case "string":
            return _text(shape, field)
        case "integer" | "number":
            return max(_NUMBERS.get(field, 1), shape.get("minimum", 1))
        case "boolean":
            return False
        case "null":
            return None
    return {} if field == "data" else "value"


def _object(shape: JsonSchema, field: str) -> dict[str, Any]:
    if "properties" in shape:
        excluded = shape.get("not", {}).get("required", [])[1:]
        return {name: schema_example(part, name) for name, part in shape["properties"].items() if name not in excluded}
    values = shape.get("additionalProperties")
    key = str(uuid.uuid5(_NAMESPACE, field)) if field in _KEYED_BY_ID else "key"
    return {key: schema_example(values, _singular(field))} if isinstance(values, dict) else {}


def _text(shape: JsonSchema, field: str) -> str:
    form = shape.get("format", "")
    if form == "uuid":
        return str(uuid.uuid5(_NAMESPACE, field or "id"))
    if form in _BY_FORMAT:
        return _BY_FORMAT[form]
    word = _BY_PATTERN.get(shape.get("pattern", "")) or _WORDS.get(field) or (field.replace("_", " ") or "text")
    return word[: shape.get("maxLength", len(word))]


def _singular(field: str) -> str:
    return field.removesuffix("s")
