"""Whether a payload from outside is one that an event can hold: every field there, none too many, each of its type."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.kernel.events import Event

_Check = Callable[[Any], bool]
_SIMPLE: dict[Any, _Check] = {
    str: lambda value: type(value) is str,
    int: lambda value: type(value) is int,
    float: lambda value: type(value) in (float, int),
    bool: lambda value: type(value) is bool,
    types.NoneType: lambda value: value is None,
    object: lambda _value: True,
    datetime: lambda value: type(value) is str and time_or_none(value) is not None,
}

_KNOWN: dict[str, tuple[dict[str, _Check], frozenset[str]]] = {}


def problem(cls: type[Event], payload: dict[str, Any]) -> str:
    """What is wrong with a payload of today's version of an event, "" when nothing is."""
    checks, required = _of_event(cls)
    for name, value in payload.items():
        check = checks.get(name)
        if check is None:
            return f"{cls.NAME} has no field {name!r}"
        if not check(value):
            return f"field {name!r} of {cls.NAME} cannot be {str(value)[:60]!r}"
    missing = required - payload.keys()
    return f"{cls.NAME} lacks the field {min(missing)!r}" if missing else ""


def time_or_none(text: str) -> datetime | None:
    """The aware time of an RFC 3339 text in UTC, None for anything else."""
    if text[-1:] != "Z" or text[10:11] != "T":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _of_event(cls: type[Event]) -> tuple[dict[str, _Check], frozenset[str]]:
    if cls.NAME in _KNOWN:
        return _KNOWN[cls.NAME]
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    required = {f.name for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING}
    _KNOWN[cls.NAME] = {f.name: _of(hints[f.name]) for f in fields}, frozenset(required)
    return _KNOWN[cls.NAME]


def _of(hint: Any) -> _Check:
    """Raises `TypeError` for a type that events do not use."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (list, tuple):
        item = _of(args[0])
        return lambda value: type(value) is list and all(map(item, value))
    if origin is dict:
        entry = _of(args[1])
        return lambda value: type(value) is dict and all(map(entry, value.values()))
    if origin in (types.UnionType, typing.Union):
        options = [_of(arg) for arg in args]
        return lambda value: any(option(value) for option in options)
    raise TypeError(f"no check for {hint!r}")
