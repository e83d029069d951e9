"""Reads the log page by page for a rebuild: while one page is folded, the next is fetched over a connection of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, Connection

from domain.kernel.events import Recorded, event_types
from projections.engine.model import ReadModel
from projections.engine.tail import Decoder, StoredRow, decoded, noted
from projections.engine.writers import sibling

#: Events that nobody wants are left out here, where it costs least; those of unknown topics are not, so that they are noticed.
_PAGE: LiteralString = """
    SELECT originator_id::text, originator_version, topic, state, notification_id
    FROM ledger_events
    WHERE notification_id > %s AND notification_id <= %s AND topic <> ALL (%s)
    ORDER BY notification_id
    LIMIT %s
"""


def unwanted(models: Sequence[ReadModel]) -> list[str]:
    """Topics of events that none of the models folds, in all their versions."""
    wanted = frozenset[Any]().union(*(model.events for model in models))
    return [f"{cls.NAME}/{version}" for cls in event_types().values() if cls not in wanted for version in range(1, cls.VERSION + 1)]


async def pages(
    connection: AsyncConnection[Any], decoder: Decoder, models: Sequence[ReadModel], schema: str, *, upto: int, page: int
) -> AsyncGenerator[Sequence[Recorded]]:
    """All events up to position `upto` that the models fold, in order, at most `page` at once. Unknown ones are passed over."""
    topics = unwanted(models)
    reader = await asyncio.to_thread(sibling(connection, schema))
    ahead = asyncio.create_task(asyncio.to_thread(_fetch, reader, 0, upto, topics, page))
    try:
        while rows := await ahead:
            ahead = asyncio.create_task(asyncio.to_thread(_fetch, reader, rows[-1][4], upto, topics, page))
            yield await decoded(connection, decoder, rows, noted)
    finally:
        with contextlib.suppress(psycopg.Error):
            reader.cancel()
        await asyncio.gather(ahead, return_exceptions=True)
        reader.close()


def _fetch(connection: Connection[Any], after: int, upto: int, topics: list[str], page: int) -> list[StoredRow]:
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(_PAGE, (after, upto, topics, page), prepare=True).fetchall()
