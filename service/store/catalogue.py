"""The catalogue of events as a public interface: name, version, category, since when, JSON Schema of the payload."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import datetime
from typing import Any

import service.commands.router  # noqa: F401  (registers every event)
from domain.kernel.events import Event, event_types

_SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    object: {},
    datetime: {"type": "string", "format": "date-time"},
    type(None): {"type": "null"},
}


def catalogue() -> list[dict[str, Any]]:
    """One entry per registered event, in name order."""
    return [
        {
            "name": name,
            "version": cls.VERSION,
            "category": cls.CATEGORY,
            "since": cls.SINCE,
            "description": cls.__doc__,
            "schema": _schema(cls),
        }
        for name, cls in event_types().items()
    ]


def _schema(cls: type[Event]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    properties = {f.name: _of(hints[f.name]) for f in fields}
    required = [f.name for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {n: {**s, "description": "personal"} if n in cls.PERSONAL else s for n, s in properties.items()},
        "required": required,
    }


def _of(hint: Any) -> dict[str, Any]:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (list, tuple):
        return {"type": "array", "items": _of(args[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(args[1])}
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_of(a) for a in args]}
    raise TypeError(f"no JSON Schema for {hint!r}")
