"""Which workspaces match a search, for those who follow it: all at once, some that changed, or all that changed since.

Every answer is of one snapshot of the read models and says, row by row, at which position it is so. Rows whose template the
reader may not read are not in it: lists leave them out as well. Reads `templates` for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection, sql

from domain.kernel.predicate import Predicate
from projections.access import Condition, condition
from projections.templates.queries import COLUMNS as TEMPLATE_COLUMNS
from projections.workspaces.queries import LISTED, ORDER
from projections.workspaces.search import Filters, conditions, visibility

_FROM: LiteralString = "FROM workspaces w LEFT JOIN templates t ON t.id = w.template_id"
_ALL: LiteralString = (
    """
    SELECT p.position, m.id, m.row_position
    FROM (SELECT min(position) AS position FROM positions) p
    LEFT JOIN (
      SELECT w.id, w.position AS row_position, row_number() OVER (
        ORDER BY w.favorite AND w.owner_id = %(viewer)s::uuid DESC, """
    + ORDER
    + """
      ) AS place
      """
    + _FROM
    + """
      WHERE {matches}
    ) m ON true
    ORDER BY m.place
"""
)
_SOME: LiteralString = "SELECT w.id, w.position, coalesce({matches}, FALSE) " + _FROM + " WHERE w.id = ANY(%(ids)s::uuid[])"
_SINCE: LiteralString = (
    """
    SELECT p.position, m.id, m.row_position, m.matches, m.is_visible
    FROM (SELECT min(position) AS position FROM positions) p
    LEFT JOIN (
      SELECT w.id, w.position AS row_position, coalesce({matches}, FALSE) AS matches, {visible} AS is_visible
      """
    + _FROM
    + """
      WHERE w.position > %(after)s AND w.doc IS NOT NULL
    ) m ON true
    ORDER BY m.row_position
"""
)


class Match(NamedTuple):
    """A workspace that matches, in the state that it has had since `position`."""

    id: str
    position: int


class Since(NamedTuple):
    """A workspace that changed: whether it matches now and, if not, whether its reader may read it all the same."""

    id: str
    position: int
    matches: bool
    is_visible: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """All that match, in the list's order, as of `position`."""

    position: int
    matches: Sequence[Match]


class Search:
    """A search by a reader with certain rights, compiled once: `visible` are the workspaces and `templates` the templates that
    the reader may read."""

    def __init__(self, filters: Filters, visible: Predicate, templates: Predicate) -> None:
        readable = condition(templates, TEMPLATE_COLUMNS, "template")
        parts = [*conditions(filters, visible), Condition(sql.SQL("(NOT t.deleted AND {})").format(readable.text), readable.parameters)]
        self._parameters: dict[str, Any] = {}
        for part in parts:
            self._parameters |= part.parameters
        seen = visibility(visible)
        matches = sql.SQL(" AND ").join([sql.SQL(LISTED), *(part.text for part in parts)])
        self._all = sql.SQL(_ALL).format(matches=matches)
        self._some = sql.SQL(_SOME).format(matches=matches)
        self._since = sql.SQL(_SINCE).format(matches=matches, visible=seen.text)

    async def all(self, connection: AsyncConnection[Any], viewer_id: str) -> Reading:
        """Everything that matches, the viewer's favourites first."""
        cursor = await connection.execute(self._all, {**self._parameters, "viewer": viewer_id})
        rows = await cursor.fetchall()
        return Reading(rows[0][0] or 0, [Match(row[1], row[2]) for row in rows if row[1] is not None])

    async def some(self, connection: AsyncConnection[Any], ids: Sequence[str]) -> dict[str, tuple[int, bool]]:
        """Position and match of each of these rows: one may have moved on since its change was told."""
        cursor = await connection.execute(self._some, {**self._parameters, "ids": list(ids)})
        return {row[0]: (row[1], row[2]) for row in await cursor.fetchall()}

    async def since(self, connection: AsyncConnection[Any], after: int) -> tuple[int, list[Since]]:
        """The position of the answer, and what has changed after `after`, in the order of the rows' positions."""
        cursor = await connection.execute(self._since, {**self._parameters, "after": after})
        rows = await cursor.fetchall()
        return rows[0][0] or 0, [Since(*row[1:]) for row in rows if row[1] is not None]
