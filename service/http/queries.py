"""Query strings: typed reads of parameters that collect every error before the request is refused (contract/listing.md 2).

The values are read by the terms of `projections/queryvalues.py`, the same that the `q` language uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from multidict import MultiMapping

from domain.kernel.errors import Invalid, Violation
from domain.kernel.ids import NIL
from projections.queryvalues import COUNT, UUID, Term, quoted

T = TypeVar("T")
_BAD_QUERY = "Query parameters have invalid values."


class QueryReader:
    """Reads parameters one by one; a bad one reads as absent until `check` reports them all, in the order of reading."""

    def __init__(self, given: MultiMapping[str]) -> None:
        self._given = given
        self._violations: list[Violation] = []

    def read(self, name: str, term: Term[T], *, field: str = "") -> T:
        """The value of parameter `name`; `field` is the name under which an error shows, if that is another."""
        if name not in self._given:
            return term.absent
        try:
            return term.value(self._given.getall(name))
        except ValueError as error:
            shown = field or name
            self._violations.append(Violation(shown, f"Query param {quoted(shown)} {error}"))
            return term.absent

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Count every parameter that is not among `known` as an error (provisioner lists, contract/lifecycle.md C3)."""
        names = frozenset(known)
        self._violations += [
            Violation(name, f"{quoted(name)} is not a valid query param") for name in dict.fromkeys(self._given) if name not in names
        ]

    def check(self) -> None:
        """Raises `Invalid` with one validation per bad parameter, if there are any."""
        if self._violations:
            raise Invalid(_BAD_QUERY, validations=self._violations)


@dataclass(frozen=True, slots=True)
class Page:
    """`limit` 0 is no limit; `after_id` is canonical UUID text or ""."""

    limit: int
    offset: int
    after_id: str


def paging(given: MultiMapping[str], *, default_limit: int = 0) -> Page:
    """`limit`, `offset` and `after_id` of a list request. Raises `Invalid`. `default_limit` stands for none and for 0; the nil
    id is no id (contract/lifecycle.md, conventions)."""
    reader = QueryReader(given)
    after_id = reader.read("after_id", UUID)
    limit = reader.read("limit", COUNT) or default_limit
    page = Page(limit, reader.read("offset", COUNT), "" if after_id == NIL else after_id)
    reader.check()
    return page
