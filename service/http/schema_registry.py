"""All published schemas, read from `schemas/*.json` on first use, and their JSON Schemas.

A file holds `answers` (what we send) and `requests` (what we accept); a schema is an object of fields, a list of words (an
enumeration) or one type expression (`schema_types`). Keys of fields: `name` is always sent, `name?` is left out when empty;
in requests every field may be absent but `name!`. `$doc`, `$extends` and `$not_both` are a description, the object whose
fields come first, and fields that exclude each other. A schema of `answers` that a request holds as well has a second form
without required fields, called `…InRequest`.

Source of names, types and flags: contract/schemas.json; design.md 7 for `ledger.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any

from service.http.routing import Body
from service.http.schema_types import JsonSchema, is_nullable, is_pointer, never_empty, nullable, parse

COMPONENTS = "#/components/schemas/"
DEFINITIONS = "#/$defs/"
IN_REQUEST = "InRequest"
_UNSET_TIME = "0001-01-01T00:00:00Z if it was never set."


class Presence(Enum):
    """When a key is there."""

    ALWAYS = "always"
    UNLESS_EMPTY = "unless empty"
    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object; `type` is a type expression, `nullable` whether the key may hold null."""

    name: str
    type: str
    presence: Presence
    nullable: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """One named schema: an object has `fields`, an enumeration `words`, anything else is the type expression `type`.

    Of the fields named in `not_both`, a document holds at most one.
    """

    name: str
    is_request: bool
    description: str = ""
    fields: tuple[Field, ...] | None = None
    not_both: tuple[str, ...] = ()
    words: tuple[str, ...] | None = None
    type: str = ""


class UnknownSchema(KeyError):
    """No schema has this name."""


@cache
def all_schemas() -> Mapping[str, Schema]:
    """Every schema by name, in the order of the files. Raises `ValueError` if two files use one name."""
    raw: dict[str, tuple[Any, bool]] = {}
    for entry in sorted(files(__package__).joinpath("schemas").iterdir(), key=lambda path: path.name):
        if not entry.name.endswith(".json"):
            continue
        sections = json.loads(entry.read_bytes())
        for section in ("answers", "requests"):
            for name, spec in sections.get(section, {}).items():
                if name in raw:
                    raise ValueError(f"{entry.name}: {name} is described twice")
                raw[name] = (spec, section == "requests")
    return {name: _read(name, raw) for name in raw}


def schema(name: str) -> Schema:
    """The schema called `name`. Raises `UnknownSchema`."""
    try:
        return all_schemas()[name]
    except KeyError:
        raise UnknownSchema(name) from None


def json_schema(name: str, prefix: str = COMPONENTS) -> JsonSchema:
    """The JSON Schema of `name`, whose references begin with `prefix`. `name` may be an `…InRequest` form. Raises `UnknownSchema`."""
    described, incoming = _form(name)
    if described.words is not None:
        return {"type": "string", "enum": list(described.words)}
    if described.fields is None:
        shape = parse(described.type, lambda other: prefix + _reference(other, incoming))
    else:
        shape = _object(described.fields, prefix, incoming)
        if described.not_both:
            shape["not"] = {"required": list(described.not_both)}
    return {"description": described.description, **shape} if described.description else shape


def body_schema(body: Body, prefix: str = COMPONENTS, *, incoming: bool = False) -> JsonSchema:
    """The JSON Schema of what a route row says about a body; `incoming` for requests. Raises `UnknownSchema`, `ValueError`."""
    if isinstance(body, str):
        return parse(body, lambda name: prefix + _reference(name, incoming))
    if isinstance(body, Sequence):
        return {"type": "array", "items": body_schema(body[0], prefix, incoming=incoming)}
    return _inline(body or {}, prefix, incoming)


def standalone(body: Body, *, incoming: bool = False) -> JsonSchema:
    """A self-contained JSON Schema document for a body, with everything it refers to under `$defs`."""
    root = body_schema(body, DEFINITIONS, incoming=incoming)
    definitions = {name: json_schema(name, DEFINITIONS) for name in closure(references(root, DEFINITIONS))}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root, "$defs": definitions}


def closure(names: Iterable[str]) -> list[str]:
    """`names` and all that they refer to, sorted. Raises `UnknownSchema`."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(references(json_schema(name), COMPONENTS))
    return sorted(found)


def references(document: object, prefix: str) -> Iterator[str]:
    """Names of the schemas that a JSON Schema refers to."""
    if isinstance(document, dict):
        target = document.get("$ref")
        if isinstance(target, str):
            yield target.removeprefix(prefix)
        for value in document.values():
            yield from references(value, prefix)
    elif isinstance(document, list):
        for value in document:
            yield from references(value, prefix)


def _form(name: str) -> tuple[Schema, bool]:
    """The schema behind a name, and whether it is read as a request."""
    known = all_schemas()
    if name in known:
        return known[name], known[name].is_request
    base = known.get(name.removesuffix(IN_REQUEST))
    if base is None or base.fields is None or base.is_request or not name.endswith(IN_REQUEST):
        raise UnknownSchema(name)
    return base, True


def _reference(name: str, incoming: bool) -> str:
    described, is_request = _form(name)
    needs_form = incoming and described.fields is not None and not is_request
    return name + IN_REQUEST if needs_form else name


def _object(fields: tuple[Field, ...], prefix: str, incoming: bool) -> JsonSchema:
    properties: dict[str, JsonSchema] = {}
    required: list[str] = []
    for field in fields:
        value = parse(field.type, lambda other: prefix + _reference(other, incoming))
        if field.presence is Presence.UNLESS_EMPTY and not incoming and not is_pointer(field.type):
            value = never_empty(value)
        if incoming and field.presence is Presence.UNLESS_EMPTY and is_pointer(field.type):
            value = nullable(value)
        if field.presence is Presence.REQUIRED:
            value = _set(value)
        if field.type == "time" and field.presence is Presence.ALWAYS and not incoming:
            value["description"] = _UNSET_TIME
        properties[field.name] = value
        if field.presence is Presence.REQUIRED or (field.presence is Presence.ALWAYS and not incoming):
            required.append(field.name)
    shape: JsonSchema = {"type": "object", "properties": properties}
    return {**shape, "required": required} if required else shape


def _set(value: JsonSchema) -> JsonSchema:
    """A required field must also be set: the empty text and null count as absent (contract/workspaces.md 1.2)."""
    return never_empty(value) if value.get("type") == "string" and "enum" not in value else value


def _inline(given: Mapping[str, Any], prefix: str, incoming: bool) -> JsonSchema:
    """An inline schema: `$ref`s are plain names, and the contract's two words for "may be null" are understood."""
    if "$ref" in given:
        return {"$ref": prefix + _reference(given["$ref"], incoming)}
    shape: JsonSchema = {}
    for key, value in given.items():
        if key == "properties":
            shape[key] = {name: _inline(part, prefix, incoming) for name, part in value.items()}
        elif key in ("items", "additionalProperties", "not") and isinstance(value, Mapping):
            shape[key] = _inline(value, prefix, incoming)
        elif key in ("oneOf", "anyOf", "allOf"):
            shape[key] = [_inline(part, prefix, incoming) for part in value]
        elif key not in ("nullable", "nil_encodes_null"):
            shape[key] = value
    return nullable(shape) if given.get("nullable") or given.get("nil_encodes_null") else shape


def _read(name: str, raw: Mapping[str, tuple[Any, bool]]) -> Schema:
    spec, is_request = raw[name]
    if isinstance(spec, str):
        return Schema(name, is_request, type=spec)
    if isinstance(spec, list):
        return Schema(name, is_request, words=tuple(spec))
    fields = tuple(_field(key, expression, is_request, raw) for key, expression in _keys(spec, raw))
    return Schema(name, is_request, spec.get("$doc", ""), fields, tuple(spec.get("$not_both", ())))


def _keys(spec: Mapping[str, str], raw: Mapping[str, tuple[Any, bool]]) -> Iterator[tuple[str, str]]:
    if "$extends" in spec:
        yield from _keys(raw[spec["$extends"]][0], raw)
    yield from ((key, expression) for key, expression in spec.items() if not key.startswith("$"))


def _field(key: str, expression: str, is_request: bool, raw: Mapping[str, tuple[Any, bool]]) -> Field:
    name = key.rstrip("?!")
    if is_request:
        presence = Presence.REQUIRED if key.endswith("!") else Presence.OPTIONAL
    else:
        presence = Presence.UNLESS_EMPTY if key.endswith("?") else Presence.ALWAYS
    other = raw.get(expression, ("", False))[0]
    return Field(name, expression, presence, is_nullable(expression) or (isinstance(other, str) and is_nullable(other)))
