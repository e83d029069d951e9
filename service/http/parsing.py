"""Body bytes in, typed request out: strict JSON, then every broken field rule at once (contract/workspaces.md 1.2).

A request is a frozen dataclass whose fields are declared with `wire` and `optional` (`fields.py`). Each class is compiled
once into a `Shape`. Keys match exactly or, failing that, without regard to case; unknown ones are ignored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

from domain.kernel.errors import Invalid, Violation
from service.http.fields import DECLARATION, Declaration, Kind, Mismatch
from service.http.json_strict import NotJson, first_value
from service.http.rules import Rule, shown

T = TypeVar("T")
_NOT_JSON = "Request body must be valid JSON."
# PostgreSQL text cannot hold NUL, and strict JSON can only spell it as this escape.
_NUL_ESCAPE = b"\\u0000"


def decode_body(raw: bytes, shape: type[T]) -> T:
    """The request of type `shape` that `raw` holds; JSON null is the request with all defaults.

    Raises `Invalid`: without validations when the body is not JSON or a field has the wrong type, otherwise with one
    validation per failing field, in declaration order.
    """
    compiled = _shape(shape)
    try:
        value = first_value(raw)
        request = compiled.build({}) if value is None else compiled.read(value)
    except (NotJson, Mismatch) as error:
        raise Invalid(_NOT_JSON, str(error)) from None
    violations = compiled.violations(request)
    if not violations and _NUL_ESCAPE in raw:
        violations = compiled.nul_violations(request)
    if violations:
        raise Invalid("Validation failed.", validations=violations)
    return request


def nested(shape: type[T]) -> Kind[T]:
    """The kind of a field that holds another declared dataclass; its rules are checked with its parent's."""
    return Kind(lambda value: _shape(shape).read(value), lambda: _shape(shape).build({}), shape)


class Shape(Generic[T]):
    """One request class, compiled: readers by JSON name, rules by field."""

    def __init__(self, shape: type[T]) -> None:
        self._make = cast("Callable[..., T]", shape)
        declared = [(f.name, cast(Declaration, f.metadata[DECLARATION])) for f in dataclasses.fields(cast(Any, shape))]
        self._readers = tuple((d.name or field, d.kind.read, _none if d.is_optional else d.kind.zero) for field, d in declared)
        self._names = frozenset(name for name, _, _ in self._readers)
        self._by_folded = {_folded(name): name for name in self._names}
        self._attributes = tuple((d.name or field, field, d) for field, d in declared)
        self._zeros = {d.name or field: (field, None if d.is_optional else d.kind.zero()) for field, d in declared}
        self._checked = tuple((name, field, d) for name, field, d in self._attributes if d.rules or d.kind.shape)

    def read(self, value: object) -> T:
        """The request from a decoded JSON object. Raises `Mismatch`."""
        if type(value) is not dict:
            raise Mismatch("an object", value)
        return self.build(value)

    def build(self, document: dict[str, object]) -> T:
        """The request from the entries of a JSON object, rules not checked. Raises `Mismatch`."""
        if not document.keys() <= self._names:
            document = self._with_folded_keys(document)
        get, values = document.get, []
        for name, read, zero in self._readers:
            value = get(name)
            if value is None:
                values.append(zero())
                continue
            try:
                values.append(read(value))
            except Mismatch as error:
                raise error.below(name) from None
        return self._make(*values)

    def violations(self, request: T) -> list[Violation]:
        """The first broken rule of each field, in declaration order; nested requests report their own field names."""
        found = []

        def is_set(name: str) -> bool:
            field, zero = self._zeros[name]
            return bool(getattr(request, field) != zero)

        for name, field, declaration in self._checked:
            value = getattr(request, field)
            broken = _first_broken(declaration, value, is_set(name), is_set)
            if broken is not None:
                found.append(_violation(name, broken.tag, value))
            elif declaration.kind.shape is not None and value is not None:
                found += _shape(declaration.kind.shape).violations(value)
        return found

    def nul_violations(self, request: T) -> list[Violation]:
        """One violation per field that holds the character NUL anywhere inside."""
        return [_violation(name, "no_nul", value) for name, field, _ in self._attributes if _holds_nul(value := getattr(request, field))]

    def _with_folded_keys(self, document: dict[str, object]) -> dict[str, object]:
        folded: dict[str, object] = {}
        for key, value in document.items():
            name = key if key in self._names else self._by_folded.get(_folded(key))
            if name is not None and (name == key or name not in document):
                folded[name] = value
        return folded


_SHAPES: dict[type, Shape[Any]] = {}


def _shape(shape: type[T]) -> Shape[T]:
    compiled = _SHAPES.get(shape)
    if compiled is None:
        compiled = _SHAPES[shape] = Shape(shape)
    return compiled


def _none() -> None:
    return None


def _folded(key: str) -> str:
    # The two non-ASCII characters whose simple case folding is an ASCII letter: long s and the Kelvin sign.
    return key.lower() if key.isascii() else key.replace("\u017f", "s").replace("\u212a", "k").lower()


def _first_broken(declaration: Declaration, value: object, is_set: bool, sibling_is_set: Callable[[str], bool]) -> Rule | None:
    for rule in declaration.rules:
        if value is None and not rule.judges_absence:
            continue
        if not rule.holds(value, is_set, sibling_is_set):
            return rule
    return None


def _violation(name: str, tag: str, value: object) -> Violation:
    return Violation(name, f'Validation failed for tag "{tag}" with value: "{shown(value)}"')


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, tuple | list):
        return any(_holds_nul(item) for item in value)
    if isinstance(value, Mapping):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    if dataclasses.is_dataclass(value):
        return any(_holds_nul(getattr(value, field.name)) for field in dataclasses.fields(value))
    return False
