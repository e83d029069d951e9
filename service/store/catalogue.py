"""The catalogue of events as a public interface: what each means, since when it is there, what it holds, and one that was stored.

Examples are the samples that tests keep readable for ever, one of each version ever released (`event_samples/`).
"""

from __future__ import annotations

import base64
import dataclasses
import inspect
import types
import typing
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

import service.commands.router  # noqa: F401  (registers every event)
from domain.kernel.events import Event, event_types
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.wire import to_wire

_SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    object: {},
    datetime: {"type": "string", "format": "date-time"},
    type(None): {"type": "null"},
}
#: Where an example stands in the log, and what its user is called.
_POSITION, _USERNAME = 4711, "ada"


@cache
def catalogue() -> list[dict[str, Any]]:
    """One entry per registered event, in name order. `upcast_from` are the older versions that are read as this one; `follows` says
    that the system records it as a consequence of another event of the same change; `example` is it on the wire (design.md 7)."""
    return [
        {
            "name": name,
            "version": cls.VERSION,
            "category": cls.CATEGORY,
            "since": cls.SINCE,
            "description": inspect.cleandoc(cls.__doc__ or ""),
            "personal": list(cls.PERSONAL),
            "follows": cls.FOLLOWS,
            "upcast_from": list(range(1, cls.VERSION)),
            "schema": _schema(cls),
            "example": _example(cls),
        }
        for name, cls in event_types().items()
    ]


def _example(cls: type[Event]) -> dict[str, Any]:
    text = files("service.store").joinpath("event_samples", f"{cls.NAME}.v{cls.VERSION}.json").read_bytes()
    sample = orjson.loads(text)
    keys = KeyRing()
    key = sample.get("personal_key")
    keys.put(sample["stream_id"], base64.b64decode(key) if key else None)
    state = orjson.dumps(sample["state"])
    recorded = EventMapper(keys).decode(sample["stream_id"], sample["stream_version"], sample["topic"], state, _POSITION)
    actor = recorded.metadata.actor
    return to_wire(recorded, {actor.id: _USERNAME} if actor.kind == "user" and actor.id else {})


def _schema(cls: type[Event]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    properties = {f.name: {**_of(hints[f.name]), **_default(f)} for f in fields}
    required = [f.name for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {n: {**s, "description": "personal"} if n in cls.PERSONAL else s for n, s in properties.items()},
        "required": required,
    }


def _default(field: dataclasses.Field[Any]) -> dict[str, Any]:
    if field.default_factory is not dataclasses.MISSING:
        return {"default": field.default_factory()}
    return {} if field.default is dataclasses.MISSING else {"default": field.default}


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
