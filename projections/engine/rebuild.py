"""Fills a new version of read models beside the live ones and switches over atomically, while the service runs.

The design is argued in ops/design/rebuild.md.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from typing import Any

from psycopg import AsyncConnection

from projections.engine import schema
from projections.engine.claims import claim, release, sweep
from projections.engine.connections import looked_at
from projections.engine.fill import STRAIGHT, Course, catch_up, fill
from projections.engine.model import ReadModel
from projections.engine.switch import level, switch
from projections.engine.tail import Decoder, head


async def rebuild(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    *,
    only: Collection[str] = (),
    course: Course = STRAIGHT,
) -> int:
    """Rebuild the read models in the schema that the connection looks at, and switch over; returns the position at the switch.

    `models` are all there are; `only` names those to rebuild, and without a name it is all of them. The connection is the
    caller's for the whole time. Only one rebuild runs at once: a second one waits for the first. Killed at any moment, it leaves
    the live read models whole.
    """
    live = await looked_at(connection)
    async with alone(connection, live):
        return await _rebuild(connection, decoder, models, only, live, course)


async def ensure(connection: AsyncConnection[Any], decoder: Decoder, models: Sequence[ReadModel], course: Course = STRAIGHT) -> bool:
    """Make the read models that the connection looks at unless they exist; whether they had to be made.

    Those of other releases, in schemas of their own, go on as they are.
    """
    live = await looked_at(connection)
    if await schema.exists(connection, live):
        return False
    async with alone(connection, live):
        # Somebody else may have made them while this one waited.
        if await schema.exists(connection, live):
            return False
        await _rebuild(connection, decoder, models, (), live, course)
        return True


async def _rebuild(
    connection: AsyncConnection[Any], decoder: Decoder, models: Sequence[ReadModel], only: Collection[str], live: str, course: Course
) -> int:
    chosen = [model for model in models if not only or model.name in only]
    is_whole = len(chosen) == len(models)

    async def target() -> int:
        # Some of them cannot be ahead of the others: their documents show rows of theirs.
        return await head(connection) if is_whole else await level(connection, live, chosen)

    next_schema = schema.beside(live)
    await schema.create(connection, chosen, next_schema, with_indexes=False, with_past=is_whole)
    if not is_whole:
        await schema.look_at(connection, next_schema, live)
    reached = await target()
    await fill(connection, decoder, chosen, next_schema, upto=reached, course=course)
    while (upto := await target()) > reached + course.page:
        reached = await catch_up(connection, decoder, chosen, reached, upto=upto, course=course)
    # What was written so far must not be lost with the server once it is live.
    await connection.execute("SET synchronous_commit TO on")
    reached = await switch(connection, decoder, models, chosen, live, reached, course)
    await schema.drop(connection, schema.old(live))
    return reached


@contextlib.asynccontextmanager
async def alone(connection: AsyncConnection[Any], live: str) -> AsyncIterator[None]:
    """The only rebuild of these read models, with what it makes claimed and, however it ends, nothing left beside them."""
    claimed = (live, schema.beside(live), schema.old(live))
    await connection.execute("SELECT pg_advisory_lock(hashtextextended('rebuild of ' || %s, 0))", (live,))
    try:
        for name in claimed:
            await claim(connection, name)
        await sweep(connection)
        await connection.execute("SET synchronous_commit TO off")
        with _uncollected():
            yield
    finally:
        if not connection.closed:
            await connection.execute("SET synchronous_commit TO on")
            await schema.look_at(connection, live)
            await schema.drop(connection, schema.beside(live))
            for name in claimed:
                await release(connection, name)
            await connection.execute("SELECT pg_advisory_unlock(hashtextextended('rebuild of ' || %s, 0))", (live,))


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Rows by the hundred thousand come and go, none of them in cycles: the collector would look at them all again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
