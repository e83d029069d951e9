"""Reading one stream of the log as `Recorded` events. Reading it all in order is `projections/engine/tail.py`."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from service.store.mapper import EventMapper

_STREAM: LiteralString = """
    SELECT originator_version, topic, state, notification_id
    FROM ledger_events
    WHERE originator_id = %s::uuid AND originator_version > %s
    ORDER BY originator_version
    LIMIT %s
"""
_ALL = 2**62


async def read_stream(
    connection: AsyncConnection[Any], mapper: EventMapper, stream_id: str, after_version: int = 0, limit: int = _ALL
) -> list[Recorded]:
    """At most `limit` events of one stream after a version, oldest first."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(_STREAM, (stream_id, after_version, limit), prepare=True)
    rows = await cursor.fetchall()
    if any(mapper.has_personal_fields(row[1]) for row in rows):
        await mapper.load_keys(connection, (stream_id,))
    return [mapper.decode(stream_id, row[0], row[1], row[2], row[3]) for row in rows]
