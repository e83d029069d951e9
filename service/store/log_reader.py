"""Pages of the log for readers: by position, filtered, or everything after a position; and which position a time means.

Reading one stream to fold it is `read.py`, reading everything to project it `projections/engine/tail.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from projections.engine.tail import StoredRow, decoded
from service.store.mapper import EventMapper
from service.store.stored_wire import stored_documents
from service.store.times import to_fixed

_COLUMNS: LiteralString = "SELECT originator_id::text, originator_version, topic, state, notification_id FROM ledger_events"
_AT: LiteralString = _COLUMNS + " WHERE notification_id = ANY(%s::bigint[]) ORDER BY notification_id"
_BETWEEN: LiteralString = " WHERE notification_id > %(after)s AND notification_id <= %(upto)s"
_OF_STREAM: LiteralString = " AND originator_id = %(stream)s::uuid"
# These two are written as their indexes are (migrations/0001_log.sql): rare events are found without reading the log.
_OF_TYPE: LiteralString = " AND split_part(topic, '/', 1) = ANY(%(types)s::text[])"
_OF_ACTOR: LiteralString = """ AND substring(state FROM 100 FOR 12) = 'user","id":"'::bytea
      AND substring(state FROM 112 FOR 36) = convert_to(%(actor)s, 'UTF8')"""
_IN_ORDER: LiteralString = " ORDER BY notification_id LIMIT %(limit)s"
# Times never decrease as positions grow, so the last event at or before a time is found by halving: some twenty look-ups in a
# log of a million events. Only the time is taken from each state, whose first key it is (`mapper.py`).
_AT_TIME: LiteralString = """
    WITH RECURSIVE halving (low, high) AS (
      SELECT 0::bigint, coalesce((SELECT max(notification_id) FROM ledger_events), 0)
      UNION ALL
      SELECT CASE WHEN probe.is_past THEN probe.position ELSE h.low END,
        CASE WHEN probe.is_past THEN h.high ELSE h.low + (h.high - h.low + 1) / 2 - 1 END
      FROM halving h
      LEFT JOIN LATERAL (
        SELECT e.notification_id AS position, substring(e.state FROM 10 FOR 27) <= convert_to(%s, 'UTF8') AS is_past
        FROM ledger_events e
        WHERE e.notification_id >= h.low + (h.high - h.low + 1) / 2 AND e.notification_id <= h.high
        ORDER BY e.notification_id
        LIMIT 1
      ) probe ON true
      WHERE h.low < h.high
    )
    SELECT max(low) FROM halving
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events a reader of the log wants; () and "" want all. `stream` is the id of one stream, `actor` that of a user."""

    types: tuple[str, ...] = ()
    stream: str = ""
    category: str = ""
    actor: str = ""

    def takes(self, recorded: Recorded) -> bool:
        """Whether the event is one of them; what the statement looked at roughly is looked at exactly here."""
        return (
            (not self.types or recorded.event.NAME in self.types)
            and (not self.stream or recorded.stream == (self.category, self.stream))
            and (not self.actor or recorded.metadata.actor.id == self.actor)
        )

    def takes_document(self, document: Mapping[str, Any]) -> bool:
        """The same of an event in its shape on the wire."""
        return (
            (not self.types or document["type"] in self.types)
            and (not self.stream or document["stream"] == f"{self.category}/{self.stream}")
            and (not self.actor or document["actor"]["id"] == self.actor)
        )


class LogReader:
    """Reads with the process' own keys, so that personal data of an erased person is gone here as well."""

    def __init__(self, mapper: EventMapper) -> None:
        self._mapper = mapper

    async def at(self, connection: AsyncConnection[Any], positions: Sequence[int]) -> list[Recorded]:
        """The events at these positions, oldest first; positions without an event are passed over."""
        cursor = connection.cursor(binary=True)
        await cursor.execute(_AT, (list(positions),), prepare=True)
        return await self._decoded(connection, await cursor.fetchall())

    async def after(
        self, connection: AsyncConnection[Any], after: int, selection: Selection, *, limit: int, upto: int
    ) -> tuple[list[Recorded], int]:
        """At most `limit` selected events in `(after, upto]`, oldest first, and the position up to which all was looked at."""
        rows, reached = await _rows(connection, after, selection, limit, upto)
        return [recorded for recorded in await self._decoded(connection, rows) if selection.takes(recorded)], reached

    async def documents_after(
        self, connection: AsyncConnection[Any], after: int, selection: Selection, *, limit: int, upto: int
    ) -> tuple[Iterator[dict[str, Any]], int]:
        """The same as documents of the wire, for whoever only passes them on."""
        rows, reached = await _rows(connection, after, selection, limit, upto)
        return filter(selection.takes_document, await stored_documents(connection, self._mapper, rows)), reached

    async def _decoded(self, connection: AsyncConnection[Any], rows: Sequence[StoredRow]) -> list[Recorded]:
        # What a newer release wrote is passed over: this one cannot say what it is.
        return await decoded(connection, self._mapper, rows, lambda _row: None)


async def _rows(connection: AsyncConnection[Any], after: int, selection: Selection, limit: int, upto: int) -> tuple[list[StoredRow], int]:
    cursor = connection.cursor(binary=True)
    statement = _COLUMNS + _BETWEEN
    parameters: dict[str, Any] = {"after": after, "upto": upto, "limit": limit}
    if selection.stream:
        statement += _OF_STREAM
        parameters["stream"] = selection.stream
    if selection.types:
        statement += _OF_TYPE
        parameters["types"] = list(selection.types)
    if selection.actor:
        statement += _OF_ACTOR
        parameters["actor"] = selection.actor
    # Planned for these values, unless all are wanted: which index is best depends on how rare what is asked for is.
    await cursor.execute(statement + _IN_ORDER, parameters, prepare=selection == Selection())
    rows = await cursor.fetchall()
    return rows, rows[-1][4] if len(rows) == limit else max(after, upto)


async def position_at(connection: AsyncConnection[Any], time: datetime) -> int:
    """The position of the last event at or before `time` (aware); 0 when the log begins later."""
    cursor = await connection.execute(_AT_TIME, (to_fixed(time),))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
