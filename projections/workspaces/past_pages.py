"""Pages of the list as it was: the same rows in the same order as `queries.page`, over a connection that looks back.

What the live list has indexes for, the past has not: nobody keeps every order that ever was. What held at a position is found by how
long it held (`projections/engine/spans.py`), in an index that has all that is asked of it. Few rows are sorted. Of many, a page at the
beginning is found by going through the people in the order of their names until it is full, any other by counting how many rows each
of them has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from domain.kernel.predicate import ALWAYS
from projections.access import Condition
from projections.engine.spans import held
from projections.workspaces.past import AGENT_STATUS, NOT_DISCONNECTED
from projections.workspaces.queries import ORDER, Page, meeting
from projections.workspaces.search import Filters, Query, Sets, agent_states, conditions, parameters_met

#: Fewer rows than this are sorted.
_FEW = 2000
#: So many of what is asked for are looked for before anything is counted.
_FIRST = 500
#: A page within this part of what runs, or of what rests, is at its beginning; none is behind so many rows.
_NEAR, _FAR = 40, 500
#: More sets of parameters than this are not looked at for one search.
_MOST_SETS = 1000
#: More than there can be rows.
_ALL_ROWS = 2**62
#: What `queries.LISTED` says, in columns that versions have: there is a document as soon as there is a build.
_LISTED: LiteralString = "NOT w.deleted AND w.latest_build_id IS NOT NULL"
_FAVORITE: LiteralString = "(w.favorite AND w.owner_id = %(viewer)s::uuid)"
#: The list's order, but for names: the viewer's favourites, what runs, the rest.
_PART: LiteralString = f"(CASE WHEN {_FAVORITE} THEN 0 WHEN w.is_running THEN 1 ELSE 2 END)"
_EVERYBODYS: LiteralString = held("workspaces", "w")
_NAMED: LiteralString = "workspaces w"
_COUNTED: LiteralString = f"""
    WITH {{sets}} met AS (
      SELECT {_FAVORITE} AS favorite, w.is_running FROM {_EVERYBODYS} WHERE {{where}}
    )
    SELECT count(*) FILTER (WHERE favorite), count(*) FILTER (WHERE is_running AND NOT favorite), count(*)
    FROM met
"""
# No more than `%(most)s` rows are looked for: when there are as many, there are too many to be sorted, and none is.
_SORTED: LiteralString = f"""
    WITH {{sets}} met AS MATERIALIZED (
      SELECT w.id, w.owner_id, w.name, w.is_running, {_PART} AS part FROM {{rows}} WHERE {{where}} LIMIT %(most)s::bigint
    ), counted AS MATERIALIZED (
      SELECT count(*) AS number FROM met
    )
    SELECT number, ARRAY(
      SELECT m.id
      FROM met m
      LEFT JOIN users u ON u.id = m.owner_id
      WHERE (SELECT number FROM counted) < %(most)s::bigint
      ORDER BY m.part, m.is_running DESC, coalesce(lower(u.username), ''), lower(m.name)
      LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
    )
    FROM counted
"""
# People of the same name, as those who are gone may be, have their workspaces among each other's. OFFSET 0 keeps the planner from
# collecting everybody's: it cannot know how soon the page is full.
_WALKED: LiteralString = f"""
    SELECT w.id
    FROM (SELECT lower(u.username) AS name, array_agg(u.id) AS ids FROM users u GROUP BY 1) AS o
    CROSS JOIN LATERAL (
      SELECT w.id, lower(w.name) AS name FROM workspaces w WHERE w.owner_id = ANY(o.ids) AND {_PART} = %(part)s AND {{where}} OFFSET 0
    ) AS w
    ORDER BY o.name, w.name
    LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
"""
# The rows of all people of one name lie between `before` and `upto` in each part.
_PLACED: LiteralString = f"""
    WITH {{sets}} counted AS MATERIALIZED (
      SELECT w.owner_id, count(*)::integer AS number, count(*) FILTER (WHERE {_FAVORITE})::integer AS favorites,
        count(*) FILTER (WHERE w.is_running AND NOT {_FAVORITE})::integer AS running
      FROM {_EVERYBODYS}
      WHERE {{where}}
      GROUP BY w.owner_id
    ), people AS MATERIALIZED (
      SELECT owners, running, resting, sum(running) OVER named AS running_upto, sum(resting) OVER named AS resting_upto
      FROM (
        SELECT coalesce(lower(u.username), '') AS name, array_agg(c.owner_id) AS owners,
          sum(c.running)::integer AS running, sum(c.number - c.favorites - c.running)::integer AS resting
        FROM counted c
        LEFT JOIN users u ON u.id = c.owner_id
        GROUP BY 1
      ) AS alike
      WINDOW named AS (ORDER BY name ROWS UNBOUNDED PRECEDING)
    ), total AS MATERIALIZED (
      SELECT coalesce(sum(favorites), 0) AS favorites, coalesce(sum(favorites + running), 0) AS first, coalesce(sum(number), 0) AS number
      FROM counted
    )
    SELECT total.number, page.*
    FROM total
    LEFT JOIN (
      SELECT part, min(before), max(upto), array_agg(owner_id)
      FROM (
        SELECT 0 AS part, ARRAY[%(viewer)s::uuid] AS owners, 0 AS before, favorites AS upto FROM total WHERE favorites > 0
        UNION ALL
        SELECT 1, owners, t.favorites + running_upto - running, t.favorites + running_upto FROM people, total AS t WHERE running > 0
        UNION ALL
        SELECT 2, owners, t.first + resting_upto - resting, t.first + resting_upto FROM people, total AS t WHERE resting > 0
      ) AS parts
      CROSS JOIN LATERAL unnest(owners) AS owner_id
      WHERE upto > %(offset)s::bigint AND before < %(end)s::bigint
      GROUP BY part
    ) AS page ON true
    ORDER BY part
"""
_ROWS: LiteralString = f"""
    WITH {{sets}} found AS (
      SELECT w.id
      FROM {{rows}}
      WHERE {{where}} AND w.owner_id = ANY(%(owners)s::uuid[]) AND {_PART} = %(part)s
      ORDER BY {ORDER}
      LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
    )
    SELECT id FROM found
"""
# From one set to the next, each found by the index; more than `%(most)s` of them are as good as all.
_SETS: LiteralString = """
    WITH RECURSIVE known (digest) AS (
      (SELECT v.parameters_digest FROM workspaces_versions v ORDER BY 1 LIMIT 1)
      UNION ALL
      SELECT (SELECT v.parameters_digest FROM workspaces_versions v WHERE v.parameters_digest > k.digest ORDER BY 1 LIMIT 1)
      FROM known k
      WHERE k.digest IS NOT NULL
    )
    SELECT count(*), coalesce(array_agg(w.digest) FILTER (WHERE {where}), '{{}}')
    FROM (SELECT digest FROM known WHERE digest IS NOT NULL LIMIT %(most)s + 1) AS k
    CROSS JOIN LATERAL (
      SELECT k.digest, v.parameters FROM workspaces_versions v WHERE v.parameters_digest >= k.digest ORDER BY v.parameters_digest LIMIT 1
    ) AS w
"""
#: Builds whose agents were in the states asked for, made once for a statement.
_IN_STATES: LiteralString = f"""in_states AS MATERIALIZED (
      SELECT a.build_id
      FROM {held("agents", "a")}
      WHERE NOT a.deleted AND {AGENT_STATUS} = ANY(%(q_states)s::text[]) AND {{which}}
    ),"""
# As a condition of its own the planner would join it, and then rather ask ten thousand builds for their agents, one by one.
_IS_IN_STATES: LiteralString = "w.transition = 'start' AND coalesce(w.latest_build_id IN (SELECT build_id FROM in_states), false)"


@dataclass(frozen=True, slots=True)
class PastList:
    """A list over a connection that looks back to `position`: of what the query matched then, the rows that meet `today` besides,
    which is what the caller may read. `is_broad`: these may be most rows that there are."""

    connection: AsyncConnection[Any]
    position: int
    filters: Filters
    today: Sequence[Condition]
    is_broad: bool
    few: int = _FEW
    near: int = _NEAR

    async def page(self, limit: int, offset: int) -> Page:
        """A page as `queries.page` gives it; `limit` 0 is no limit. Five statements at most, each planned for its values."""
        query = self.filters.query
        if query.owner or query.id or not self.is_broad:
            return await self._sorted(_NAMED, None, limit, offset)
        sets = Sets(_IS_IN_STATES, await self._digests() if query.param else None)
        if (self.today or query != Query()) and not agent_states(query):
            # What asks for something mostly finds little, which is then not counted first; but to ask all agents twice costs more.
            most = min(self.few, _FIRST)
            page = await self._sorted(_EVERYBODYS, sets, limit, offset, most=most)
            if page.count < most:
                return page
        if limit and offset < _FAR:
            ((favorites, running, count),) = await self._rows(_COUNTED, sets)
            if offset >= count:
                return Page((), count)
            if count < self.few:
                return await self._sorted(_EVERYBODYS, sets, limit, offset)
            first: list[str] = []
            if offset < favorites:
                first = await self._ids(_ROWS, rows=_NAMED, owners=[self.filters.viewer_id], part=0, limit=limit, offset=offset)
            start, wanted = offset + len(first), limit - len(first)
            for part, before, upto in ((1, favorites, favorites + running), (2, favorites + running, count)):
                if before <= start and (start - before + wanted) * self.near <= upto - before:
                    return Page([*first, *await self._ids(_WALKED, part=part, limit=wanted, offset=start - before)], count)
        return await self._placed(sets, limit, offset)

    async def _sorted(self, rows: LiteralString, sets: Sets | None, limit: int, offset: int, *, most: int = _ALL_ROWS) -> Page:
        """A page of all rows; of no rows, and `most` counted, when there are as many."""
        ((count, ids),) = await self._rows(_SORTED, sets, rows=rows, limit=limit or None, offset=offset, most=most)
        return Page(ids, count)

    async def _placed(self, sets: Sets, limit: int, offset: int) -> Page:
        end = offset + limit if limit else _ALL_ROWS
        placed = await self._rows(_PLACED, sets, offset=offset, end=end)
        found: list[str] = []
        for _, part, before, upto, owners in placed:
            if part is not None:
                first = max(offset, before)
                rows, its = (_NAMED, None) if upto - before <= self.few else (_EVERYBODYS, sets)
                page = {"owners": owners, "part": part, "limit": min(end, upto) - first, "offset": first - before}
                found += await self._ids(_ROWS, its, rows=rows, **page)
        return Page(found, placed[0][0])

    async def _digests(self) -> tuple[str, ...] | None:
        """The sets of parameters that the query means, of all that there have been; None if these are too many."""
        where, parameters = meeting(parameters_met(self.filters.query.param), "true")
        cursor = await self.connection.execute(sql.SQL(_SETS).format(where=where), {**parameters, "most": _MOST_SETS}, prepare=False)
        ((number, digests),) = await cursor.fetchall()
        return tuple(digests) if number <= _MOST_SETS else None

    async def _ids(self, statement: LiteralString, sets: Sets | None = None, **more: Any) -> list[str]:
        return [row[0] for row in await self._rows(statement, sets, **more)]

    async def _rows(self, statement: LiteralString, sets: Sets | None = None, *, rows: LiteralString = "", **more: Any) -> list[Any]:
        where, parameters = meeting([*conditions(self.filters, ALWAYS, sets), *self.today], _LISTED)
        parameters |= {"viewer": self.filters.viewer_id, "at": self.position}
        made, states = sql.Composed(()), agent_states(self.filters.query)
        if sets and states:
            which = "true" if "disconnected" in states else NOT_DISCONNECTED
            made = sql.SQL(_IN_STATES).format(which=sql.SQL(which))
        text = sql.SQL(statement).format(where=where, rows=sql.SQL(rows), sets=made)
        return await (await self.connection.execute(text, {**parameters, **more}, prepare=False)).fetchall()
