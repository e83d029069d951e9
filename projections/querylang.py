"""The `q` language: `key:value` elements, quotes, bare words, and every error of a query at once (contract/listing.md 3, 4).

A search declares its keys as a frozen dataclass, `status: str = key(choice("running", …))`; `Keys` compiles it. Field order
is parse order, hence the order of errors. What needs the database is resolved by the search, which adds its own errors.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from domain.kernel.errors import Invalid, Violation
from projections.queryvalues import Term, quoted

T = TypeVar("T")
#: What a bare element stands for: (key, value) pairs. Gets the element with its quotes; raises `BrokenElement`.
Bare = Callable[[str], Sequence[tuple[str, str]]]
_DECLARATION = "search key"
# Neither can be stored in PostgreSQL text, so a value that holds one must match nothing instead of failing there.
_UNSTORABLE = {0: 0xFFFD} | dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)


class BrokenElement(ValueError):
    """An element that is not `key:value` and not a bare word either: it ends the parse."""

    def __init__(self, element: str, problem: str) -> None:
        super().__init__(f"Query element {quoted(element)} {problem}")


class Problems:
    """Errors of one query by key, kept in parse order whatever the order in which they are found."""

    def __init__(self, message: str, order: Mapping[str, int]) -> None:
        self._message, self._order = message, order
        self._found: list[Violation] = []

    def add(self, key: str, detail: str) -> None:
        """Report that `key`'s value is bad; `detail` is the whole sentence."""
        self._found.append(Violation(key, detail))

    def reject(self, key: str, why: str) -> None:
        """Report an invalid value in the usual wording: a name that was looked up in vain."""
        self.add(key, f"Query param {quoted(key)} has invalid value: {why}")

    def check(self) -> None:
        """Raises `Invalid` with all errors so far, if there are any."""
        if self._found:
            raise Invalid(self._message, validations=sorted(self._found, key=lambda v: self._order.get(v.field, len(self._order))))


@dataclasses.dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """The values of a query (bad ones at their default), and its errors so far: resolve names, then `problems.check()`."""

    values: T
    problems: Problems


def key(term: Term[T], *, name: str = "") -> T:
    """Declares a search key; `name` is its spelling in the query where that is no identifier (`has-agent`)."""
    return dataclasses.field(default=term.absent, metadata={_DECLARATION: (term, name)})


class Keys(Generic[T]):
    """The keys of one search, compiled from the dataclass `shape`; `bare` says what bare words mean."""

    def __init__(self, shape: type[T], bare: Bare) -> None:
        self._make, self._bare = cast("Callable[..., T]", shape), bare
        self._terms: list[tuple[str, Term[Any]]] = []
        for field in dataclasses.fields(cast(Any, shape)):
            term, name = field.metadata[_DECLARATION]
            self._terms.append((name or field.name, term))
        self._order = {name: place for place, (name, _) in enumerate(self._terms)}

    def parse(self, text: str, message: str) -> Parsed[T]:
        """The values of query `text`, in lower case.

        Raises `Invalid(message)` with the single field `q` when an element is broken. Other errors wait in `problems`.
        """
        try:
            given = _by_key(text.translate(_UNSTORABLE).lower(), self._bare)
        except BrokenElement as error:
            raise Invalid(message, validations=[Violation("q", str(error))]) from None
        problems = Problems(message, self._order)
        values = []
        for name, term in self._terms:
            try:
                values.append(term.value(given.pop(name, ())))
            except ValueError as error:
                problems.add(name, f"Query param {quoted(name)} {error}")
                values.append(term.absent)
        for name in given:
            problems.add(name, f"{quoted(name)} is not a valid query param")
        return Parsed(self._make(*values), problems)


def _by_key(text: str, bare: Bare) -> dict[str, list[str]]:
    """All occurrences of each key, in the order of elements; bare words, joined, come last. Raises `BrokenElement`."""
    given: dict[str, list[str]] = {}
    for element in _elements(text):
        if element.startswith(":") or element.endswith(":"):
            raise BrokenElement(element, "cannot start or end with ':'")
        pieces = split_outside_quotes(element, ":")
        if len(pieces) > 2:
            raise BrokenElement(element, "can only contain 1 ':'")
        pairs = bare(element) if len(pieces) < 2 else [(pieces[0].strip('"'), pieces[1].strip('"'))]
        for name, value in pairs:
            given.setdefault(name, []).append(value)
    return given


def _elements(text: str) -> list[str]:
    tokens = split_outside_quotes(text, " ")
    words = [token for token in tokens if ":" not in token]
    return [token for token in tokens if ":" in token] + ([" ".join(words)] if words else [])


def split_outside_quotes(text: str, delimiter: str) -> list[str]:
    """The non-empty pieces of `text` between delimiters that stand outside double quotes; quotes stay in the pieces."""
    if '"' not in text:
        return [piece for piece in text.split(delimiter) if piece]
    pieces, start, is_quoted = [], 0, False
    for at, character in enumerate(text):
        if character == '"':
            is_quoted = not is_quoted
        elif character == delimiter and not is_quoted:
            pieces.append(text[start:at])
            start = at + 1
    pieces.append(text[start:])
    return [piece for piece in pieces if piece]


def bare_is(name: str) -> Bare:
    """Bare words are one value of the key `name`, with their quotes (users, templates, audit)."""
    return lambda element: [(name, element)]


def bare_is_path(first: str, second: str) -> Bare:
    """`a/b` gives both keys, `b`, `/b` and `b/` only the second; quotes are dropped (workspaces: owner/name)."""

    def read(element: str) -> Sequence[tuple[str, str]]:
        pieces = [piece.strip('"') for piece in split_outside_quotes(element, "/")]
        if len(pieces) == 1:
            return [(second, pieces[0])]
        if len(pieces) == 2:
            return [(first, pieces[0]), (second, pieces[1])]
        raise BrokenElement(element, "can only contain 1 '/'")

    return read


def bare_is_refused(element: str) -> Sequence[tuple[str, str]]:
    """Bare words have no meaning in this search (organization members)."""
    raise BrokenElement(element, "is no key:value pair, and this search takes no free text")
