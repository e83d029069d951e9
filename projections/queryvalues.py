"""How one parameter's texts become a value: shared by the `q` language and by query strings (contract/listing.md 4).

A `Term` sees every occurrence of its parameter, in order. An empty first occurrence means the parameter is absent.
What only the database can tell (whose name is this?) is returned unresolved: `Me`, `ById`, `ByName`, `GroupByName`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from domain.kernel.names import is_name
from domain.kernel.spellings import INT32_MAX, calendar_date, instant, integer, truth, uuid_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Me:
    """The caller."""


@dataclass(frozen=True, slots=True)
class ById:
    """Canonical UUID text, taken as it is."""

    id: str


@dataclass(frozen=True, slots=True)
class ByName:
    """A name to be looked up, in lower case where the query was."""

    name: str


@dataclass(frozen=True, slots=True)
class GroupByName:
    """A group's name within an organization's; `organization` is "" for the default organization.

    Whether `group` is a valid group name is left to the caller, who first looks for the organization.
    """

    organization: str
    group: str


Person = Me | ById | ByName
OrganizationRef = ById | ByName
GroupRef = ById | GroupByName


@dataclass(frozen=True, slots=True)
class Term(Generic[T]):
    """`read` gets all occurrences (at least one, the first not empty) or raises `ValueError` with the rest of the sentence
    that begins with `Query param "x"`. `absent` stands for none, `empty` for an empty first occurrence."""

    read: Callable[[Sequence[str]], T]
    absent: T
    empty: T

    def value(self, texts: Sequence[str]) -> T:
        """The value of all occurrences `texts`. Raises `ValueError`."""
        if not texts:
            return self.absent
        return self.read(texts) if texts[0] else self.empty


def quoted(text: str) -> str:
    """`text` in double quotes, with escapes where it would be hard to read."""
    return json.dumps(text, ensure_ascii=False)


def single(convert: Callable[[str], T], absent: T) -> Term[T]:
    """A parameter that may be given once; `convert` raises `ValueError` with the rest of the sentence."""

    def read(texts: Sequence[str]) -> T:
        if len(texts) > 1:
            raise ValueError(f"provided more than once, found {len(texts)} times. Only provide 1 instance of this query param.")
        return convert(texts[0])

    return Term(read, absent, absent)


def each(convert: Callable[[str], T]) -> Term[tuple[T, ...]]:
    """A list: repeats and commas both separate elements. One bad element drops the list; all bad ones are reported."""

    def read(texts: Sequence[str]) -> tuple[T, ...]:
        values, bad = [], []
        for element in ",".join(texts).split(","):
            try:
                values.append(convert(element))
            except ValueError as error:
                bad.append(str(error))
        if bad:
            raise ValueError("has invalid values: " + "\n".join(bad))
        return tuple(values)

    return Term(read, (), ())


def choice(*words: str) -> Term[str]:
    """One of `words`, or "" when absent."""

    def convert(text: str) -> str:
        if text not in words:
            raise ValueError(f"has invalid value: {quoted(text)} is not a valid value")
        return text

    return single(convert, "")


def choices(*words: str) -> Term[tuple[str, ...]]:
    """A list whose elements are all among `words`."""

    def convert(text: str) -> str:
        if text not in words:
            raise ValueError(f"{quoted(text)} is not a valid value")
        return text

    return each(convert)


def number(lowest: int, highest: int, absent: int = 0, *, what: str = "integer") -> Term[int]:
    """An integer between both bounds, inclusive."""

    def convert(text: str) -> int:
        try:
            return integer(text, lowest, highest)
        except ValueError as error:
            raise ValueError(f"must be a valid {what}: {quoted(text)} is {error}") from None

    return single(convert, absent)


def _flag(text: str) -> bool | None:
    try:
        return truth(text)
    except ValueError as error:
        raise ValueError(f"must be a valid boolean: {quoted(text)} is {error}") from None


def _time(text: str) -> datetime | None:
    try:
        return instant(text)
    except ValueError as error:
        raise ValueError(f"must be a valid date format (2006-01-02T15:04:05.999999999Z07:00): {quoted(text)}: {error}") from None


def _date(text: str) -> date | None:
    try:
        return calendar_date(text)
    except ValueError as error:
        raise ValueError(f"must be a valid date format (2006-01-02): {quoted(text)}: {error}") from None


def _uuid(text: str) -> str:
    try:
        return uuid_text(text)
    except ValueError:
        raise ValueError("must be a valid uuid") from None


def _uuid_element(text: str) -> str:
    text = text.strip()
    try:
        return uuid_text(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is not a valid uuid") from None


def _by_id(text: str) -> ById | None:
    try:
        return ById(uuid_text(text))
    except ValueError:
        return None


def _person(text: str) -> Person | None:
    return Me() if text == "me" else _by_id(text) or ByName(text)


def _organization(text: str) -> OrganizationRef | None:
    return _by_id(text) or ByName(text)


def _group(text: str) -> GroupRef | None:
    by_id = _by_id(text)
    if by_id is not None:
        return by_id
    organization, slash, group = text.partition("/")
    if not slash:
        return GroupByName("", text)
    if "/" in group:
        raise ValueError("has invalid value: the filter must be in the pattern of <organization name>/<group name>")
    if not is_name(organization):
        raise ValueError(f"has invalid value: invalid organization name {quoted(organization)}")
    return GroupByName(organization, group)


#: Any text; "" when absent.
TEXT: Term[str] = single(str, "")
WORDS: Term[tuple[str, ...]] = each(str)
FLAG: Term[bool | None] = single(_flag, None)
#: A flag that also counts as true when it is given empty (`outdated:""`).
FLAG_OR_EMPTY: Term[bool | None] = Term(FLAG.read, None, True)
#: RFC 3339, aware UTC.
TIME: Term[datetime | None] = single(_time, None)
#: The same in a query that was lower-cased as a whole.
LOWERED_TIME: Term[datetime | None] = single(lambda text: _time(text.upper()), None)
DATE: Term[date | None] = single(_date, None)
#: Canonical UUID text; "" when absent.
UUID: Term[str] = single(_uuid, "")
#: UUID texts; blanks around elements do not count.
UUIDS: Term[tuple[str, ...]] = each(_uuid_element)
INT64: Term[int] = number(-(2**63), 2**63 - 1, what="64-bit integer")
#: 0 to 2147483647, as `limit` and `offset` take it.
COUNT: Term[int] = number(0, INT32_MAX, what="32-bit positive integer")
PERSON: Term[Person | None] = single(_person, None)
ORGANIZATION: Term[OrganizationRef | None] = single(_organization, None)
GROUP: Term[GroupRef | None] = single(_group, None)
