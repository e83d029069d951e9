"""Frozen value types to and from plain JSON-able dicts: field names are the keys, and therefore a public format.

Reading follows the rule for stored events: unknown keys are dropped and missing ones take the field's default, so that a
field can be added without a new version of every event that holds the type.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Self

_Convert = Callable[[Any], Any]
_NAMES: dict[type, tuple[str, ...]] = {}
SCALARS = (str, int, float, type(None))
_READERS: dict[type, tuple[frozenset[str], dict[str, _Convert]]] = {}


class Plain:
    """Base of dataclasses whose fields are scalars, tuples, string-keyed mappings of scalars, or other `Plain` types."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """All fields by name; nothing in the result is shared with this value except scalars."""
        return {name: _write(getattr(self, name)) for name in field_names(type(self))}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The value that `to_dict` wrote. Raises `TypeError` when a field without default is missing."""
        reader = _READERS.get(cls)
        if reader is None:
            reader = _READERS[cls] = _compile(cls)
        names, converts = reader
        return cls(**{k: converts[k](v) if k in converts else v for k, v in data.items() if k in names})


def field_names(cls: type[Plain]) -> tuple[str, ...]:
    """The names of the fields of a type, in order."""
    names = _NAMES.get(cls)
    if names is None:
        names = _NAMES[cls] = tuple(f.name for f in dataclasses.fields(cls))  # type: ignore[arg-type]
    return names


def _write(value: Any) -> Any:
    # Most values are these, and a mapping is found out slowly.
    if isinstance(value, SCALARS):
        return value
    if isinstance(value, Plain):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_write(v) for v in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value


def _compile(cls: type) -> tuple[frozenset[str], dict[str, _Convert]]:
    hints = typing.get_type_hints(cls)
    found = {name: _convert(hint) for name, hint in hints.items()}
    return frozenset(hints), {name: convert for name, convert in found.items() if convert is not None}


def _convert(hint: Any) -> _Convert | None:
    """How a JSON value becomes one of this type; None when it already is one."""
    if isinstance(hint, UnionType):
        inner = next((c for c in map(_convert, typing.get_args(hint)) if c is not None), None)
        return None if inner is None else lambda v: None if v is None else inner(v)
    origin = typing.get_origin(hint)
    if origin is tuple:
        item = _convert(typing.get_args(hint)[0])
        return tuple if item is None else lambda v: tuple(map(item, v))
    if origin is not None and issubclass(origin, Mapping):
        return dict
    if isinstance(hint, type) and issubclass(hint, Plain):
        return hint.from_dict
    return None
