"""What held at a position, of everything: found by how long it held, where no index by begin or end would pass over little else.

A version's span is the power of two below its length. Of span k, only what began within the last 2^(k+1) positions can still hold,
and at least every second one of those that begin evenly does: some sixty short ranges of an index by span and position contain all
that held. The design is argued in ops/design/time-travel.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

# Which of two neighbouring classes a length at their border has is nothing to those who look into both.
_SPAN: LiteralString = "floor(ln(({0}until - {0}position)::float8) / ln(2::float8))::integer"

#: Columns of the view of a table's past (`Table.derived`) that `HELD` asks for.
DERIVED: Mapping[str, str] = {"span": _SPAN.format("v."), "position": "v.position"}

# None holds longer than until `memory.STILL`, which is 2^62.
_CLASSES: LiteralString = """(
      SELECT k AS span, %(at)s::bigint - (2::numeric ^ least(k + 1, 62))::bigint AS since FROM generate_series(0, 62) AS k
    )"""


def index(columns: str, where: str) -> str:
    """An index for `held` (`Table.past_indexes`): with all `columns` that a statement names, it reads nothing else. `where` names
    the versions that any statement is about."""
    return f"(({_SPAN.format('')}), position) INCLUDE (until, {columns}) WHERE {where}"


def held(table: LiteralString, alias: LiteralString) -> LiteralString:
    """What a FROM says to have all rows of a table that held at the position `%(at)s`, over a connection that looks back to it."""
    s: LiteralString = alias + "_span"
    return (
        _CLASSES + " AS " + s + " JOIN " + table + " " + alias + " ON " + alias + ".span = " + s + ".span"
        " AND " + alias + ".position > " + s + ".since AND " + alias + ".position <= %(at)s::bigint"
    )  # fmt: skip
