"""Rebuilds into a shadow schema and compares it with the live read models, byte for byte, beside a running service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, IsolationLevel, sql

from projections.engine import schema
from projections.engine.claims import claim, release, sweep
from projections.engine.connections import looked_at
from projections.engine.fill import STRAIGHT, Course, fill
from projections.engine.model import ReadModel
from projections.engine.switch import HOLD, LET_GO
from projections.engine.tail import Decoder, head


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that only one side has, or has differently: `side` is live or rebuilt; `row` is its text form."""

    table: str
    side: str
    row: str


@dataclass(frozen=True, slots=True)
class Report:
    """`rows` compared up to `position`, `behind` positions before where the log was then; `differences` holds the first ones found."""

    position: int
    behind: int
    rows: int
    differences: tuple[Difference, ...]


async def verify(
    live: AsyncConnection[Any],
    shadow: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    *,
    course: Course = STRAIGHT,
    most: int = 50,
) -> Report:
    """Compare at one position: the live side is read in a snapshot, the shadow is folded to exactly the snapshot's position.

    Appends nothing and changes nothing that lives; the shadow schema is dropped at the end. No rebuild switches over meanwhile.
    """
    live_schema = await looked_at(live)
    shadow_schema = schema.shadow(live_schema, shadow.info.backend_pid)
    await sweep(shadow)
    await claim(shadow, shadow_schema)
    # Before the snapshot is taken: of tables that are younger than it, it would show no rows.
    await live.execute(HOLD, (live_schema,))
    await live.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    try:
        async with live.transaction():
            known = await schema.positions(live)
            position = min(known.values(), default=0)
            behind = await head(live) - position
            await shadow.execute("SET synchronous_commit TO off")
            await schema.create(shadow, models, shadow_schema, with_indexes=False)
            await fill(shadow, decoder, models, shadow_schema, upto=position, course=course)
            course.phase("comparing")
            rows, differences = 0, []
            for name, at in known.items():
                if at != position:
                    differences.append(Difference("positions", "live", f"{name} stands at {at}, others at {position}"))
            for table in await _tables(shadow, shadow_schema):
                compared, found = await _compare(live, shadow, table, (live_schema, shadow_schema), most - len(differences))
                rows += compared
                differences += found
        return Report(position, behind, rows, tuple(differences))
    finally:
        await live.set_isolation_level(None)
        await live.execute(LET_GO, (live_schema,))
        await schema.drop(shadow, shadow_schema)
        await release(shadow, shadow_schema)


async def _tables(connection: AsyncConnection[Any], name: str) -> list[str]:
    cursor = await connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> 'positions' ORDER BY 1", (name,)
    )
    return [row[0] for row in await cursor.fetchall()]


async def _rows(connection: AsyncConnection[Any], name: str, table: str) -> AsyncIterator[str]:
    # Text in byte order on both sides, so that a merge finds what differs without holding either side in memory.
    query = sql.SQL('SELECT t::text FROM {}.{} t ORDER BY t::text COLLATE "C"').format(sql.Identifier(name), sql.Identifier(table))
    async with connection.transaction(), connection.cursor(name=f"verify_{table}") as cursor:
        cursor.itersize = 1000
        await cursor.execute(query)
        async for row in cursor:
            yield row[0]


async def _compare(
    live: AsyncConnection[Any], shadow: AsyncConnection[Any], table: str, schemas: tuple[str, str], most: int
) -> tuple[int, list[Difference]]:
    ours, theirs = _rows(live, schemas[0], table), _rows(shadow, schemas[1], table)
    left, right = await anext(ours, None), await anext(theirs, None)
    compared = 0
    found: list[Difference] = []
    while left is not None or right is not None:
        compared += 1
        if left == right:
            left, right = await anext(ours, None), await anext(theirs, None)
        elif right is None or (left is not None and left.encode() < right.encode()):
            assert left is not None
            found.append(Difference(table, "live", left))
            left = await anext(ours, None)
        else:
            found.append(Difference(table, "rebuilt", right))
            right = await anext(theirs, None)
        if len(found) >= most:
            break
    await ours.aclose()  # type: ignore[attr-defined]
    await theirs.aclose()  # type: ignore[attr-defined]
    return compared, found
