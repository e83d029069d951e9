"""Pages of people, of all or of those in one place, and how many there are: the SQL that every list of people is built on.

A page is walked in the order of lower-case usernames by an index and read no further than it reaches. A number is looked up
where it is kept (`roster_counts`) if nothing but kinds of people is asked for; else those who match are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from domain.kernel.ids import NIL
from domain.kernel.predicate import ALWAYS, Always, Predicate, settled
from projections import access
from projections.available_users.search import Conditions, conditions
from projections.users.search import UserSearch

#: Somebody who is gone is still a place in the order to go on from; somebody unknown or erased is followed by nobody.
_AFTER: LiteralString = "(SELECT lower(c.username) COLLATE \"C\" FROM users c WHERE c.id = %(after_id)s::uuid AND c.username <> '')"
#: A page that ends this early is soon full if many match, and so may be walked; one further on is looked for by index.
_SOON = 500
_KEPT: LiteralString = "SELECT coalesce(sum(a.people), 0)::bigint FROM roster_counts a WHERE a.place = %(place)s::uuid AND {conditions}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which page is asked for: `limit` 0 is no limit; only those who follow the person `after_id` in order, "" and the nil UUID
    asking for nothing."""

    search: UserSearch
    limit: int = 0
    offset: int = 0
    after_id: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """`page` is a query of `id` and `username_key`, in that key's order; `number` a query of how many match on all pages
    behind the cursor; `parameters` are what both bind."""

    page: sql.Composable
    number: sql.Composable
    parameters: dict[str, Any]

    async def found(self, connection: AsyncConnection[Any], statement: LiteralString) -> tuple[list[Sequence[Any]], int]:
        """The rows of a statement over `{page}` that ends each of them with `{number}`, which is given once: 0 for an empty page."""
        cursor = await connection.execute(sql.SQL(statement).format(page=self.page, number=self.number), self.parameters)
        rows = await cursor.fetchall()
        return [row[:-1] for row in rows], rows[0][-1] if rows else 0


@dataclass(frozen=True, slots=True)
class _Source:
    """Where people are walked: a FROM clause whose alias `a` is `available_users`, their id and key, and a condition."""

    tables: LiteralString
    id: LiteralString
    key: LiteralString
    place: LiteralString


_ALL = _Source("available_users a", "a.id", "a.username_key", "TRUE")
_THERE = _Source("rosters r", "r.person_id", "r.username_key", "r.place = %(place)s::uuid")
_THERE_AS_PEOPLE = replace(_THERE, tables="rosters r JOIN available_users a ON a.id = r.person_id")


def everybody(wanted: Selection, readable: Predicate = ALWAYS) -> People:
    """Of all people, those whom `readable` (over the column `id`) shows."""
    return _people(wanted, _ALL, readable, {"id": access.Column("a.id", access.Kind.UUID)}, NIL)


def those_in(place: str, organization_id: str, wanted: Selection, readable: Predicate = ALWAYS) -> People:
    """Of the people in an organization or in one of its groups, those whom `readable` (over `user_id` and `organization_id`)
    shows."""
    source = _THERE if conditions(wanted.search).is_empty else _THERE_AS_PEOPLE
    readable = settled(readable, "organization_id", organization_id)
    return _people(wanted, source, readable, {"user_id": access.Column("r.person_id", access.Kind.UUID)}, place)


def _people(wanted: Selection, source: _Source, readable: Predicate, columns: Mapping[str, access.Column], place: str) -> People:
    ends_soon = 0 < wanted.limit <= _SOON - wanted.offset
    paged = conditions(wanted.search, by_index=not ends_soon)
    counted = conditions(wanted.search, by_index=True)
    visible = access.condition(readable, columns)
    parameters = {**counted.parameters, **visible.parameters, "place": place, "limit": wanted.limit or None, "offset": wanted.offset}
    restrictions: list[sql.Composable] = [sql.SQL(source.place), visible.text]
    follows = wanted.after_id not in ("", NIL)
    if follows:
        restrictions.append(sql.SQL(source.key + " > " + _AFTER))
        parameters["after_id"] = wanted.after_id

    def matching(asked: Conditions) -> sql.Composable:
        return sql.SQL("FROM " + source.tables + " WHERE {}").format(sql.SQL(" AND ").join([*restrictions, asked.text]))

    page = sql.SQL("SELECT " + source.id + " AS id, " + source.key + " {} ORDER BY 2, 1 LIMIT %(limit)s OFFSET %(offset)s")
    if counted.kinds and not follows and isinstance(readable, Always):
        number: sql.Composable = sql.SQL(_KEPT).format(conditions=counted.text)
    else:
        number = sql.SQL("SELECT count(*) {}").format(matching(counted))
    return People(page.format(matching(paged)), number, parameters)
