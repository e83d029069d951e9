"""Puts rebuilt tables in the place of the live ones, in one transaction.

The live projector is held back meanwhile, so that what takes over is never behind what it replaces. Whoever reads is not waited
for with locks in hand: if tables cannot be had at once the switch is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, sql

from projections.engine import schema
from projections.engine.fill import Course, catch_up
from projections.engine.model import ReadModel
from projections.engine.projector import feed_channel
from projections.engine.tail import Decoder, head

#: Sent on the feed after a switch: whoever holds documents must drop them.
RESET = "reset"
#: Less than a deadlock is given (one second by default): of two who wait for each other it is the switch that steps back.
_PATIENCE: LiteralString = "SET LOCAL lock_timeout TO '400ms'"
_RETRY_SECONDS = 0.25
_KEY: LiteralString = "hashtextextended('switch of ' || %s, 0)"
#: Hold switches of a schema back, until unlocked in the same session.
HOLD: LiteralString = f"SELECT pg_advisory_lock_shared({_KEY})"
LET_GO: LiteralString = f"SELECT pg_advisory_unlock_shared({_KEY})"


async def switch(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    chosen: Sequence[ReadModel],
    live: str,
    reached: int,
    course: Course,
) -> int:
    """Let `chosen`, rebuilt up to position `reached` in the schema beside, take over in `live`; returns their position then.

    The connection looks at the schema beside before, and at the live one afterwards.
    """
    course.phase("switch")
    put = _put_whole if len(chosen) == len(models) else _put_some
    while True:
        try:
            async with connection.transaction():
                await connection.execute(_PATIENCE)
                await connection.execute(f"SELECT pg_advisory_xact_lock({_KEY})", (live,))
                position = await put(connection, decoder, models, chosen, live, reached, course)
                await connection.execute("SELECT pg_notify(%s, %s)", (feed_channel(live), f"{RESET} {position}"))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            await schema.look_at(connection, live)
            return position


async def _put_whole(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    _chosen: Sequence[ReadModel],
    live: str,
    reached: int,
    course: Course,
) -> int:
    """All of them: schemas change names."""
    replaces = await schema.exists(connection, live)
    if replaces:
        await _hold_projector(connection, live)
    reached = await catch_up(connection, decoder, models, reached, upto=await head(connection), course=course)
    if replaces:
        await schema.drop(connection, schema.old(live))
        await schema.rename(connection, live, schema.old(live))
    await schema.rename(connection, schema.beside(live), live)
    return reached


async def _put_some(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    chosen: Sequence[ReadModel],
    live: str,
    reached: int,
    course: Course,
) -> int:
    """Some of them: their tables change schemas, and they stand where the others do."""
    await _hold_projector(connection, live)
    position = await level(connection, live, chosen)
    await catch_up(connection, decoder, chosen, reached, upto=position, course=course)
    await schema.move(connection, chosen, position)
    here, there = sql.Identifier(live), sql.Identifier(schema.beside(live))
    await connection.execute(
        sql.SQL(
            "INSERT INTO {there}.positions SELECT * FROM {here}.positions o"
            " WHERE NOT EXISTS (SELECT FROM {there}.positions n WHERE n.model = o.model)"
        ).format(there=there, here=here)
    )
    # Views of the past look at tables of the present, and at each other: they are all made anew.
    await schema.drop_past(connection, live)
    # Positions come in tables of their own again: so the projector notices that rows it remembers are of tables that are gone.
    for name in ["positions", *(name for model in chosen for table in model.tables for name in table.names)]:
        await connection.execute(sql.SQL("DROP TABLE {}.{}").format(here, sql.Identifier(name)))
        await connection.execute(sql.SQL("ALTER TABLE {}.{} SET SCHEMA {}").format(there, sql.Identifier(name), here))
    await schema.create_past(connection, models, live)
    await schema.drop(connection, schema.beside(live))
    return position


async def _hold_projector(connection: AsyncConnection[Any], live: str) -> None:
    await connection.execute(sql.SQL("LOCK TABLE {}.positions IN EXCLUSIVE MODE").format(sql.Identifier(live)))


async def level(connection: AsyncConnection[Any], live: str, chosen: Sequence[ReadModel]) -> int:
    """Where the live read models stand, those apart that are rebuilt: they may have been stopped by an event."""
    cursor = await connection.execute(
        sql.SQL("SELECT coalesce(max(position), 0) FROM {}.positions WHERE model <> ALL (%s)").format(sql.Identifier(live)),
        ([model.name for model in chosen],),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
