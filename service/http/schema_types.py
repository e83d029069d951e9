"""The notation of our schema files: reads one type expression into a JSON Schema (2020-12, also good for draft 07).

    string uuid time position …    a primitive, see PRIMITIVES         'start'|'stop'   exactly these words
    Workspace                      another schema                      T|null           may be null
    [T]  {T}                       a list, a map with string keys      A|B|C            one of several schemas
    *T                             a pointer: absent when unset, and its value may be empty
    string<128  int>=0             shorter than 128 bytes, at least 0

It knows nothing of files, fields or presence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from domain.kernel.names import MAX_DISPLAY_NAME, MAX_GROUP_NAME, MAX_NAME, MAX_REAL_NAME_BYTES

JsonSchema: TypeAlias = dict[str, Any]
Resolve: TypeAlias = Callable[[str], str]
"""Schema name -> the `$ref` that stands for it; raises `KeyError` for an unknown name."""

_WORDS = "^(?!(?:new|create)$)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def _name(longest: int) -> JsonSchema:
    return {"type": "string", "pattern": _WORDS, "minLength": 1, "maxLength": longest}


PRIMITIVES: Mapping[str, JsonSchema] = {
    "any": {},
    "object": {"type": "object"},
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "null": {"type": "null"},
    "uuid": {"type": "string", "format": "uuid"},
    "time": {"type": "string", "format": "date-time"},
    "instant": {"type": "string", "format": "date-time"},
    "email": {"type": "string", "format": "email"},
    "binary": {"type": "string", "contentMediaType": "application/octet-stream"},
    "duration": {"type": "integer", "format": "int64", "description": "Nanoseconds."},
    "position": {"type": "integer", "format": "int64", "minimum": 0, "description": "A position of the log."},
    "digits": {"type": "string", "pattern": "^[0-9]+$"},
    "stream_name": {"type": "string", "pattern": f"^[a-z][a-z0-9_-]*/{_UUID}$"},
    "allow_list_target": {"type": "string", "pattern": rf"^(?:\*|[a-z_]+):(?:\*|{_UUID})$"},
    "username": _name(MAX_NAME),
    "organization_name": _name(MAX_NAME),
    "template_name": _name(MAX_NAME),
    "workspace_name": _name(MAX_NAME),
    "group_name": _name(MAX_GROUP_NAME),
    "template_version_name": {"type": "string", "pattern": "^[A-Za-z0-9]+(?:[_.-][A-Za-z0-9]+)*$", "minLength": 1, "maxLength": 64},
    "display_name": {"type": "string", "pattern": r"^(?!\s)(?![\s\S]*\s$)", "maxLength": MAX_DISPLAY_NAME},
    "user_real_name": {"type": "string", "pattern": r"^(?!\s)(?![\s\S]*\s$)", "maxLength": MAX_REAL_NAME_BYTES},
}
"""Rules for names: `domain/kernel/names.py`, which also says where each comes from."""

_BOUND = re.compile(r"(string)<([0-9]+)|(int)>=([0-9]+)")


def parse(expression: str, resolve: Resolve) -> JsonSchema:
    """The JSON Schema of a type expression. Raises `ValueError` for a malformed one; what `resolve` raises passes through.

    Keywords never stand beside a `$ref`, so that older dialects read the result alike.
    """
    alternatives = _split(expression)
    literals = [part[1:-1] for part in alternatives if _is_literal(part)]
    others = [_alternative(part, resolve) for part in alternatives if not _is_literal(part) and part != "null"]
    if literals:
        others.insert(0, {"type": "string", "const": literals[0]} if len(literals) == 1 else {"type": "string", "enum": literals})
    if not others:
        raise ValueError(f"no type in {expression!r}")
    schema = others[0] if len(others) == 1 else {"oneOf" if not literals else "anyOf": others}
    return nullable(schema) if "null" in alternatives else schema


def nullable(schema: JsonSchema) -> JsonSchema:
    """`schema`, or null."""
    if not schema:
        return schema
    if isinstance(schema.get("type"), str):
        wider = {**schema, "type": [schema["type"], "null"]}
        if "enum" in schema:
            wider["enum"] = [*schema["enum"], None]
        if "const" in schema:
            wider["enum"] = [wider.pop("const"), None]
        return wider
    return {"anyOf": [schema, {"type": "null"}]}


def never_empty(schema: JsonSchema) -> JsonSchema:
    """`schema` without its empty value, which is left out instead of sent."""
    match schema.get("type"):
        case "string" if "enum" in schema:
            return {**schema, "enum": [word for word in schema["enum"] if word]}
        case "string" if "format" not in schema and "const" not in schema:
            return {**schema, "minLength": 1}
        case "array":
            return {**schema, "minItems": 1}
        case "object":
            return {**schema, "minProperties": 1}
        case "integer" | "number":
            return {**schema, "not": {"const": 0}}
        case "boolean":
            return {**schema, "const": True}
    return schema


def is_pointer(expression: str) -> bool:
    """Whether an expression says that presence, not emptiness, decides about sending."""
    return expression.startswith("*")


def is_nullable(expression: str) -> bool:
    """Whether an expression allows null by itself."""
    return "null" in _split(expression.removeprefix("*"))


def _alternative(part: str, resolve: Resolve) -> JsonSchema:
    part = part.removeprefix("*")
    if part.startswith("[") and part.endswith("]"):
        return {"type": "array", "items": parse(part[1:-1], resolve)}
    if part.startswith("{") and part.endswith("}"):
        return {"type": "object", "additionalProperties": parse(part[1:-1], resolve)}
    if part in PRIMITIVES:
        return dict(PRIMITIVES[part])
    if bound := _BOUND.fullmatch(part):
        text, below, _number, lowest = bound.groups()
        return {"type": "string", "maxLength": int(below) - 1} if text else {"type": "integer", "minimum": int(lowest)}
    if not part.isidentifier():
        raise ValueError(f"{part!r} is no type")
    return {"$ref": resolve(part)}


def _is_literal(part: str) -> bool:
    return len(part) >= 2 and part[0] == part[-1] == "'"


def _split(expression: str) -> list[str]:
    """Cut at the bars outside of brackets: `[A|B]|null` -> `[A|B]`, `null`."""
    parts, depth, begin = [], 0, 0
    for index, character in enumerate(expression):
        if character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "|" and depth == 0:
            parts.append(expression[begin:index])
            begin = index + 1
    parts.append(expression[begin:])
    return parts
