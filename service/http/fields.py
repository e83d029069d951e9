"""How a request's dataclass declares its JSON fields: `name: str = wire(TEXT, USERNAME)`.

A `Kind` reads one decoded JSON value. `wire` makes a field that falls back to its kind's zero value when it is absent or
null; `optional` one that is then `None`. `parsing.py` compiles the declarations; the rules are in `rules.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import orjson

from domain.kernel.ids import NIL
from domain.kernel.spellings import INT64_MAX, INT64_MIN, ZERO_TIME, instant, uuid_text
from service.http.rules import Rule

T = TypeVar("T")
#: The key of a field's `Declaration` in its dataclass metadata.
DECLARATION = "wire"


class Mismatch(ValueError):
    """A JSON value that is not of its field's kind; `path` grows outwards as the error leaves nested values."""

    def __init__(self, wanted: str, given: object = None, *, reason: str = "") -> None:
        super().__init__(wanted)
        self.wanted, self.given, self.reason, self.path = wanted, _json_kind(given), reason, ""

    def below(self, step: str) -> Mismatch:
        """The same error, seen from the container in which it sits under `step` (a name or `[index]`)."""
        self.path = step + (self.path if self.path.startswith("[") or not self.path else f".{self.path}")
        return self

    def __str__(self) -> str:
        where = f'field "{self.path}"' if self.path else "the body"
        return f"{where} must be {self.wanted}: {self.reason or f'got {self.given}'}"


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """`read` turns a JSON value (never null) into a `T` or raises `Mismatch`; `zero` makes the value of an absent one."""

    read: Callable[[object], T]
    zero: Callable[[], T]
    shape: type | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a field says about itself: kind, rules in order, JSON name ("" = the field's own), whether null stays `None`."""

    kind: Kind[Any]
    rules: tuple[Rule, ...]
    name: str
    is_optional: bool


def wire(kind: Kind[T], *rules: Rule, name: str = "") -> T:
    """A field that holds `kind`'s zero value when the body leaves it out or says null."""
    return dataclasses.field(default_factory=kind.zero, metadata={DECLARATION: Declaration(kind, rules, name, False)})


def optional(kind: Kind[T], *rules: Rule, name: str = "") -> T | None:
    """A field that is `None` when the body leaves it out or says null, so that a zero value counts as given."""
    return cast("T | None", dataclasses.field(default=None, metadata={DECLARATION: Declaration(kind, rules, name, True)}))


def list_of(kind: Kind[T]) -> Kind[tuple[T, ...]]:
    """A JSON array; a null element is the element kind's zero value."""

    def read(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise Mismatch("an array", value)
        try:
            return tuple([kind.zero() if item is None else kind.read(item) for item in value])
        except Mismatch:
            for index, item in enumerate(value):
                _read_below(kind, item, f"[{index}]")
            raise

    return Kind(read, tuple)


def map_of(kind: Kind[T]) -> Kind[Mapping[str, T]]:
    """A JSON object with free keys; a null entry is the entry kind's zero value."""

    def read(value: object) -> Mapping[str, T]:
        if not isinstance(value, dict):
            raise Mismatch("an object", value)
        return {key: _read_below(kind, item, key) for key, item in value.items()}

    return Kind(read, _no_entries)


def _no_entries() -> Mapping[str, Any]:
    return {}


def _read_below(kind: Kind[T], item: object, step: str) -> T:
    if item is None:
        return kind.zero()
    try:
        return kind.read(item)
    except Mismatch as error:
        raise error.below(step) from None


def _read_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise Mismatch("a string", value)


def _read_printable(value: object) -> str:
    return _read_text(value).replace("\0", "\ufffd")


def _read_flag(value: object) -> bool:
    if value is True or value is False:
        return value
    raise Mismatch("true or false", value)


def _read_int64(value: object) -> int:
    if type(value) is int and INT64_MIN <= value <= INT64_MAX:
        return value
    raise Mismatch("a 64-bit integer", value)


def _read_int32(value: object) -> int:
    if type(value) is int and -(2**31) <= value < 2**31:
        return value
    raise Mismatch("a 32-bit integer", value)


def _read_uuid(value: object) -> str:
    if not isinstance(value, str):
        raise Mismatch("a UUID", value)
    try:
        return uuid_text(value)
    except ValueError as error:
        raise Mismatch("a UUID", reason=str(error)) from None


def _read_time(value: object) -> datetime:
    if not isinstance(value, str):
        raise Mismatch("a time", value)
    try:
        return instant(value)
    except ValueError as error:
        raise Mismatch("a time", reason=str(error)) from None


def _read_anything(value: object) -> object:
    try:
        orjson.dumps(value)  # what nests deeper could never be stored or answered again
    except TypeError:
        raise Mismatch("less deeply nested", value) from None
    return value


TEXT: Kind[str] = Kind(_read_text, str)
#: Text of programs (log lines, messages), in which NUL becomes U+FFFD rather than an error.
PROGRAM_TEXT: Kind[str] = Kind(_read_printable, str)
FLAG: Kind[bool] = Kind(_read_flag, bool)
INT64: Kind[int] = Kind(_read_int64, int)
INT32: Kind[int] = Kind(_read_int32, int)
#: Canonical UUID text; the nil UUID stands for "unset".
UUID_TEXT: Kind[str] = Kind(_read_uuid, lambda: NIL)
#: Aware UTC; the zero time stands for "unset".
TIME: Kind[datetime] = Kind(_read_time, lambda: ZERO_TIME)
#: Any JSON value as decoded, not null.
ANYTHING: Kind[object] = Kind(_read_anything, lambda: None)


def _json_kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "an array"
    return "an object"
