"""Fills a new version of all read models beside the live ones and switches over atomically, while the service runs.

The design is argued in ops/design/rebuild.md.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterable, Callable, Sequence
from functools import partial
from typing import Any, LiteralString

from psycopg import AsyncConnection, Connection, sql

from domain.kernel.events import Recorded
from projections.engine import schema
from projections.engine.batch import fold, project, render
from projections.engine.connections import LIVE_SCHEMA
from projections.engine.filling import KEPT_ROWS, Filling, pending
from projections.engine.model import ReadModel
from projections.engine.projector import FEED_CHANNEL
from projections.engine.read_ahead import pages
from projections.engine.tables import Rows
from projections.engine.tail import Decoder, head, read_page
from projections.engine.writers import Writers, writing

NEXT_SCHEMA = "ledger_read_next"
OLD_SCHEMA = "ledger_read_old"
REBUILD_LOCK = 0x1ED6E205
#: Sent on the feed after a switch: whoever holds documents must drop them.
RESET = "reset"
#: So many documents may wait for being rendered once, at the end.
MOST_TOUCHED = 500_000

Progress = Callable[[int, int], None]


async def fill(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    name: str,
    *,
    upto: int,
    progress: Progress | None = None,
    page: int = 5000,
    keep_rows: int = KEPT_ROWS,
) -> int:
    """Create schema `name` and fold the log into it up to position `upto`; the connection then looks at it.

    At most `keep_rows` rows are held in memory, and a page of events more. Returns the position.
    """
    await schema.create(connection, models, name, with_indexes=False)
    log = pages(connection, decoder, models, name, upto=upto, page=page)
    await fill_from(connection, models, name, log, upto=upto, progress=progress, keep_rows=keep_rows)
    return upto


async def fill_from(
    connection: AsyncConnection[Any],
    models: Sequence[ReadModel],
    name: str,
    log: AsyncIterable[Sequence[Recorded]],
    *,
    upto: int,
    progress: Progress | None = None,
    keep_rows: int = KEPT_ROWS,
) -> None:
    """Fold pages of events, in order, into the empty tables of schema `name`; what was left out of it is made afterwards."""
    start = {model.name: 0 for model in models}
    async with writing(connection, name) as writers:
        rows = Filling(writers, keep=keep_rows)
        async for events in log:
            await fold(connection, models, start, events, rows)
            if pending(rows.touched) > MOST_TOUCHED:
                await rows.write_out()
                await render(connection, models, rows)
            if progress is not None and events:
                progress(events[-1].position, upto)
        await rows.write_out()
        # What is rendered is written once more, which costs less before there are indexes; the indexes of others are used for it.
        await _finish(writers, [model for model in models if not model.renders])
        await render(connection, models, rows)
        await _finish(writers, [model for model in models if model.renders])
    await connection.execute("UPDATE positions SET position = %s", (upto,))


async def _finish(writers: Writers, models: Sequence[ReadModel]) -> None:
    """Make the indexes that were left for the end, and tell the planner what the tables hold."""
    for number, index in enumerate([index for model in models for index in model.indexes]):
        writers.hand(f"index {number}", partial(_execute, index))
    await writers.done()
    for table in [table for model in models for table in model.tables]:
        for name in (table.name, f"{table.name}_versions") if table.remembered else (table.name,):
            writers.hand(name, partial(_execute, f"ANALYZE {name}"))
    await writers.done()


def _execute(statement: LiteralString, connection: Connection[Any]) -> None:
    connection.execute(statement)


async def catch_up(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    start: int,
    *,
    upto: int,
    progress: Progress | None = None,
    page: int = 5000,
) -> int:
    """Fold what lies between `start` and `upto` into the schema that the connection looks at."""
    reached = start
    rows = Rows()
    while True:
        events, position = await read_page(connection, decoder, reached, page, upto, skip_unknown=True)
        if position == reached:
            return reached
        async with connection.transaction():
            await project(connection, models, {m.name: reached for m in models}, events, rows=rows)
            await connection.execute("UPDATE positions SET position = %s", (position,))
        reached = position
        if rows.size > KEPT_ROWS:
            rows = Rows()
        if progress is not None:
            progress(reached, upto)


async def rebuild(
    connection: AsyncConnection[Any], decoder: Decoder, models: Sequence[ReadModel], *, progress: Progress | None = None, page: int = 5000
) -> int:
    """Rebuild every read model and switch over; returns the position at the switch.

    The connection is the caller's for the whole time. Only one rebuild runs at once: a second one waits for the first.
    Killed at any moment, it leaves the live read models as they were.
    """
    await connection.execute("SELECT pg_advisory_lock(%s)", (REBUILD_LOCK,))
    # Rows by the hundred thousand come and go, none of them in cycles: the collector would look at them all again and again.
    collects = gc.isenabled()
    gc.disable()
    try:
        await connection.execute("SET synchronous_commit TO off")
        reached = await fill(connection, decoder, models, NEXT_SCHEMA, upto=await head(connection), progress=progress, page=page)
        while (target := await head(connection)) > reached + page:
            reached = await catch_up(connection, decoder, models, reached, upto=target, progress=progress, page=page)
        await connection.execute("SET synchronous_commit TO on")
        return await _switch(connection, decoder, models, reached, page)
    finally:
        if collects:
            gc.enable()
        await connection.execute("SELECT pg_advisory_unlock(%s)", (REBUILD_LOCK,))


async def _switch(connection: AsyncConnection[Any], decoder: Decoder, models: Sequence[ReadModel], reached: int, page: int) -> int:
    live = sql.Identifier(LIVE_SCHEMA)
    async with connection.transaction():
        cursor = await connection.execute("SELECT to_regclass(%s)", (f"{LIVE_SCHEMA}.positions",))
        row = await cursor.fetchone()
        replaces = row is not None and row[0] is not None
        if replaces:
            # Holds the live projector back, so that the new version is never behind the one it replaces.
            await connection.execute(sql.SQL("LOCK TABLE {}.positions IN EXCLUSIVE MODE").format(live))
        reached = await catch_up(connection, decoder, models, reached, upto=await head(connection), page=page)
        await schema.drop(connection, OLD_SCHEMA)
        if replaces:
            await schema.rename(connection, LIVE_SCHEMA, OLD_SCHEMA)
        await schema.rename(connection, NEXT_SCHEMA, LIVE_SCHEMA)
        await connection.execute("SELECT pg_notify(%s, %s)", (FEED_CHANNEL, f"{RESET} {reached}"))
    await connection.execute(sql.SQL("SET search_path TO {}, public").format(live))
    await schema.drop(connection, OLD_SCHEMA)
    return reached
