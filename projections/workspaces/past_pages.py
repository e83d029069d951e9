"""Pages of the list as it was: the same rows in the same order as `queries.page`, over a connection that looks back.

What the live list has indexes for, the past has not: nobody keeps every order that ever was. What held at a position is found by how
long it held (`past.SPAN`), and a page of many rows by going through the people in the order of their names until it is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.access import Condition
from projections.workspaces.queries import ORDER, Page, meeting

#: So few rows are sorted; of more, the walk finds a page sooner.
_FEW = 2000
#: What `queries.LISTED` says, in columns that versions have: there is a document as soon as there is a build.
_LISTED: LiteralString = "NOT w.deleted AND w.latest_build_id IS NOT NULL"
_FAVORITE: LiteralString = "w.favorite AND w.owner_id = %(viewer)s::uuid"
# A version of span k held for at most 2^(k+1) positions: of those that hold at a position, none began earlier than that before it.
# No version holds longer than until `STILL`, which is 2^62.
_ALL: LiteralString = """(
      SELECT k AS span, %(at)s::bigint - (2::numeric ^ least(k + 1, 62))::bigint AS since FROM generate_series(0, 62) AS k
    ) AS s
    JOIN workspaces w ON w.span = s.span AND w.position > s.since AND w.position <= %(at)s::bigint"""
_SOME: LiteralString = "workspaces w"
_COUNTED: LiteralString = f"""
    SELECT count(*), count(*) FILTER (WHERE w.is_running AND NOT ({_FAVORITE})), count(*) FILTER (WHERE {_FAVORITE})
    FROM {{rows}}
    WHERE {{where}}
"""
_FAVORITES: LiteralString = f"SELECT w.id FROM workspaces w WHERE {{where}} AND {_FAVORITE} ORDER BY {ORDER}"
_SORTED: LiteralString = f"""
    SELECT w.id
    FROM {{rows}}
    WHERE {{where}} AND NOT ({_FAVORITE})
    ORDER BY {ORDER}
    LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
"""
# People of the same name, as those who are gone may be, have their workspaces among each other's.
_WALKED: LiteralString = f"""
    SELECT w.id
    FROM (SELECT lower(u.username) AS name, array_agg(u.id) AS ids FROM users u GROUP BY 1) AS o
    CROSS JOIN LATERAL (
      SELECT w.id, lower(w.name) AS name
      FROM workspaces w
      WHERE w.owner_id = ANY(o.ids) AND w.is_running = %(running)s AND {{where}} AND NOT ({_FAVORITE})
    ) AS w
    ORDER BY o.name, w.name
    LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
"""


async def page_then(
    connection: AsyncConnection[Any],
    position: int,
    conditions: Sequence[Condition],
    viewer_id: str,
    *,
    limit: int,
    offset: int,
    names_few: bool,
) -> Page:
    """A page as `queries.page` gives it; `limit` 0 is no limit. `connection` looks back to `position`.

    `names_few` says that the conditions name what they want, people or workspaces, so that an index finds it; otherwise all that
    held at the position is looked at. Four statements at most, each planned for its values.
    """
    where, parameters = meeting(conditions, _LISTED)
    source = sql.SQL(_SOME if names_few else _ALL)
    parameters |= {"viewer": viewer_id, "at": position}

    async def rows(statement: LiteralString, **more: Any) -> list[Any]:
        text = sql.SQL(statement).format(where=where, rows=source)
        return await (await connection.execute(text, {**parameters, **more}, prepare=False)).fetchall()

    ((count, running, favorites),) = await rows(_COUNTED)
    if offset >= count:
        return Page((), count)
    found: list[str] = []
    if offset < favorites:
        found = [row[0] for row in await rows(_FAVORITES)][offset : offset + limit if limit else None]
    skipped, wanted = max(0, offset - favorites), limit - len(found) if limit else count
    if count <= _FEW:
        return Page([*found, *(row[0] for row in await rows(_SORTED, limit=wanted, offset=skipped))], count)
    for is_running, most in ((True, running), (False, count - favorites - running)):
        if wanted > 0 and skipped < most:
            some = await rows(_WALKED, running=is_running, limit=wanted, offset=skipped)
            found += [row[0] for row in some]
            wanted -= len(some)
        skipped = max(0, skipped - most)
    return Page(found, count)
