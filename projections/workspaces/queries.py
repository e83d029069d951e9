"""Which workspaces a list shows and in what order, which one a name means, and what pending ones wait for.

Who may see what is not decided here: lists take ready conditions. The documents themselves are read by `stored.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.access import Condition

#: The rows that lists are about, and their order behind the viewer's favourites (contract/listing.md 9).
LISTED: LiteralString = "NOT w.deleted AND w.doc IS NOT NULL"
ORDER: LiteralString = "w.is_running DESC, lower(w.owner_name), lower(w.name)"
_COUNTED: LiteralString = (
    """
    SELECT {number},
      ARRAY(SELECT w.id FROM workspaces w WHERE w.favorite AND w.owner_id = %(viewer)s::uuid AND {where} ORDER BY """
    + ORDER
    + ")"
)
_NUMBER: LiteralString = "(SELECT count(*) FROM workspaces w WHERE {where})"
_PAGE: LiteralString = (
    """
    SELECT w.id
    FROM workspaces w
    WHERE {where} AND NOT (w.favorite AND w.owner_id = %(viewer)s::uuid)
    ORDER BY """
    + ORDER
    + """
    LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
"""
)
_BY_NAME: LiteralString = """
    SELECT id
    FROM workspaces
    WHERE owner_id = %s::uuid AND lower(name) = %s AND doc IS NOT NULL AND (NOT deleted OR %s)
    ORDER BY deleted, created_at DESC
    LIMIT 1
"""
_PENDING: LiteralString = """
    SELECT w.id, j.*
    FROM workspaces w
    JOIN builds b ON b.id = w.latest_build_id
    JOIN jobs j ON j.id = b.job_id
    WHERE w.id = ANY(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Ids in the list's order, and how many rows there are on all pages."""

    ids: Sequence[str]
    count: int


async def number_of(connection: AsyncConnection[Any], conditions: Sequence[Condition]) -> int:
    """How many living workspaces meet all `conditions`: without others, the index that has the list's order is enough."""
    where, parameters = meeting(conditions)
    cursor = await connection.execute(sql.SQL("SELECT {}").format(sql.SQL(_NUMBER).format(where=where)), parameters)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def page(
    connection: AsyncConnection[Any],
    conditions: Sequence[Condition],
    viewer_id: str,
    *,
    limit: int,
    offset: int,
    number: int | None = None,
) -> Page:
    """A page of living workspaces that meet all `conditions`, in the order of contract/listing.md 9; `limit` 0 is no limit.

    `number` says how many there are, if the caller knows; they are counted otherwise. The viewer's favourites stand first. They
    are few and found by an index of their own, so that the rest can come from the index that has the list's order. Two
    statements, whatever the size.
    """
    where, parameters = meeting(conditions)
    parameters |= {"viewer": viewer_id, "number": number}
    counted = sql.SQL(_NUMBER).format(where=where) if number is None else sql.SQL("%(number)s::bigint")
    cursor = await connection.execute(sql.SQL(_COUNTED).format(where=where, number=counted), parameters)
    row = await cursor.fetchone()
    count, favorites = (int(row[0]), row[1]) if row else (0, [])
    if offset >= count:
        return Page((), count)
    first = favorites[offset : offset + limit if limit else None]
    if limit and len(first) == limit:
        return Page(first, count)
    wanted = limit - len(first) if limit else None
    parameters |= {"limit": wanted, "offset": max(0, offset - len(favorites))}
    cursor = await connection.execute(sql.SQL(_PAGE).format(where=where), parameters)
    rest = [row[0] for row in await cursor.fetchall()]
    if rest and (wanted is None or len(rest) < wanted):
        # The last page knows best where the list ends, whatever has happened since it was counted.
        count = offset + len(first) + len(rest)
    return Page([*first, *rest], count)


def meeting(conditions: Sequence[Condition], listed: LiteralString = LISTED) -> tuple[sql.Composed, dict[str, Any]]:
    """The listed rows that meet all conditions, as SQL with its parameters."""
    parameters: dict[str, Any] = {}
    for condition in conditions:
        parameters |= condition.parameters
    return sql.SQL(" AND ").join([sql.SQL(listed), *(c.text for c in conditions)]), parameters


async def id_of_name(connection: AsyncConnection[Any], owner_id: str, name: str, *, include_deleted: bool) -> str | None:
    """The owner's living workspace of that name, whatever its case; else, if asked for, the newest deleted one."""
    cursor = await connection.execute(_BY_NAME, (owner_id, name.lower(), include_deleted), prepare=True)
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def name_of(connection: AsyncConnection[Any], id: str) -> str | None:
    """The workspace's name, deleted ones included."""
    cursor = await connection.execute("SELECT name FROM workspaces WHERE id = %s::uuid", (id,))
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def latest_build_of(connection: AsyncConnection[Any], id: str) -> str | None:
    """The id of the workspace's build with the highest number."""
    cursor = await connection.execute("SELECT latest_build_id FROM workspaces WHERE id = %s::uuid", (id,))
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else str(row[0])


async def latest_jobs(connection: AsyncConnection[Any], ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The row in `jobs` of each workspace's latest build, by workspace id."""
    cursor = await connection.execute(_PENDING, (list(ids),))
    names = [column.name for column in cursor.description or ()][1:]
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in await cursor.fetchall()}
