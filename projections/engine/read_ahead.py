"""Reads the log page by page for a rebuild: while one page is folded, the next is fetched over a connection of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, Connection

from domain.kernel.codec import UnknownEvent
from domain.kernel.events import Recorded, event_types
from projections.engine.model import ReadModel
from projections.engine.tail import Decoder
from projections.engine.writers import sibling

log = logging.getLogger(__name__)

Row = tuple[str, int, str, bytes, int]

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
            people = {row[0] for row in rows if decoder.has_personal_fields(row[2])}
            if people:
                await decoder.load_keys(connection, people)
            yield _decoded(decoder, rows)
    finally:
        with contextlib.suppress(psycopg.Error):
            reader.cancel()
        await asyncio.gather(ahead, return_exceptions=True)
        reader.close()


def _fetch(connection: Connection[Any], after: int, upto: int, topics: list[str], page: int) -> list[Row]:
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(_PAGE, (after, upto, topics, page), prepare=True).fetchall()


def _decoded(decoder: Decoder, rows: Sequence[Row]) -> list[Recorded]:
    events = []
    for row in rows:
        try:
            events.append(decoder.decode(*row))
        except UnknownEvent:
            log.warning("event of unknown type passed over", extra={"topic": row[2], "position": row[4]})
    return events
