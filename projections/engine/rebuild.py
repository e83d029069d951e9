"""Fills a new version of all read models beside the live ones and switches over atomically, while the service runs."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from typing import Any

from psycopg import AsyncConnection, sql

from projections.engine import schema
from projections.engine.batch import project
from projections.engine.connections import LIVE_SCHEMA
from projections.engine.model import ReadModel
from projections.engine.projector import FEED_CHANNEL
from projections.engine.tables import Rows
from projections.engine.tail import Decoder, head, read_page

NEXT_SCHEMA = "ledger_read_next"
OLD_SCHEMA = "ledger_read_old"
REBUILD_LOCK = 0x1ED6E205
#: Sent on the feed after a switch: whoever holds documents must drop them.
RESET = "reset"

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
    keep_rows: int = 200_000,
) -> int:
    """Create schema `name` and fold the log into it up to position `upto` at the most; returns the position reached."""
    await schema.create(connection, models, name, with_indexes=False)
    reached = await catch_up(connection, decoder, models, 0, upto=upto, progress=progress, page=page, keep_rows=keep_rows)
    await schema.add_indexes(connection, models)
    return reached


async def catch_up(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    start: int,
    *,
    upto: int,
    progress: Progress | None = None,
    page: int = 5000,
    keep_rows: int = 200_000,
) -> int:
    """Fold what lies between `start` and `upto` into the schema that the connection looks at."""
    reached = start
    rows = Rows()
    folded = 0
    while True:
        events, position = await read_page(connection, decoder, reached, page, upto, skip_unknown=True)
        if position == reached:
            return reached
        async with connection.transaction():
            await project(connection, models, {m.name: reached for m in models}, events, rows=rows)
            await connection.execute("UPDATE positions SET position = %s", (position,))
        reached = position
        folded += len(events)
        if folded >= keep_rows:
            rows, folded = Rows(), 0
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
