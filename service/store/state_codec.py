"""States of aggregates to and from JSON, by their type hints: frozen dataclasses of plain values, however nested.

`shape` names what a state looks like; a stored state of another shape is not read but folded anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

import orjson

_Read = Callable[[Any], Any]


def encode(state: Any) -> bytes:
    """The state as JSON. Raises `TypeError` for a value that is not plain."""
    return orjson.dumps(state, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS, default=_plain)


def decode(kind: type[Any], raw: bytes) -> Any:
    """The state of type `kind` that `encode` wrote."""
    return _reader(typing.cast(Any, kind))(orjson.loads(raw))


def shape(kind: type[Any]) -> str:
    """A fingerprint of the type's fields and theirs: it changes whenever a stored state might be misread."""
    return hashlib.sha256(_describe(kind).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored in a snapshot")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _describe(hint: Any) -> str:
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        fields = ",".join(f"{f.name}:{_describe(_hints(hint)[f.name])}" for f in dataclasses.fields(hint))
        return f"{hint.__name__}({fields})"
    args = typing.get_args(hint)
    name = getattr(typing.get_origin(hint) or hint, "__name__", str(hint))
    return f"{name}[{','.join(_describe(a) for a in args)}]" if args else name


@cache
def _reader(hint: Any) -> _Read:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return _dataclass_reader(hint)
    if hint is datetime:
        return datetime.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if origin in (types.UnionType, typing.Union):
        (inner,) = (a for a in args if a is not type(None))
        read = _reader(inner)
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        if args[-1] is Ellipsis:
            read = _reader(args[0])
            return lambda value: tuple(read(v) for v in value)
        readers = tuple(_reader(a) for a in args)
        return lambda value: tuple(read(v) for read, v in zip(readers, value, strict=True))
    if origin is frozenset:
        read = _reader(args[0])
        return lambda value: frozenset(read(v) for v in value)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        read = _reader(args[1])
        return lambda value: {k: read(v) for k, v in value.items()}
    if origin is list:
        read = _reader(args[0])
        return lambda value: [read(v) for v in value]
    return lambda value: value


def _dataclass_reader(kind: Any) -> _Read:
    readers = {f.name: _reader(_hints(kind)[f.name]) for f in dataclasses.fields(kind)}
    return lambda value: kind(**{name: read(value[name]) for name, read in readers.items()})
