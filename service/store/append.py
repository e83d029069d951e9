"""The append: many commands' events in one transaction, in commit order, with versions checked and times never going back.

One lock keeps other writers out, not readers, until the transaction is visible, so positions become visible in the order in
which they were given: a reader that follows them never passes over one. It is an advisory lock, because one of the table would
wait for every vacuum of it. The time of an event is lifted to that of the event before it in the log,
because clocks of several processes differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, LiteralString

from psycopg import AsyncConnection, AsyncCursor, Error, errors

from domain.kernel.codec import topic_of
from domain.kernel.events import Recorded, Stream
from service.store.mapper import EventMapper
from service.store.times import parse_fixed

CHANNEL: LiteralString = "ledger_events"
#: Held by whoever appends; `ledger_append` in migrations/0001_log.sql takes the same.
APPEND_LOCK = 0x1ED6E2F0
_LOCK: LiteralString = f"SELECT pg_advisory_xact_lock({APPEND_LOCK})"

#: `ledger_append` (migrations/0001_log.sql) takes the lock, compares, stores and notifies: one statement is all that most need.
_APPEND: LiteralString = """
    SELECT id, version, position, time
    FROM ledger_append(%s::uuid[], %s::bigint[], %s::text[], %b::bytea[], %s::uuid[], %s::bigint[])
"""
#: Asked under the lock, so what is not there then is not there when the events get their positions. Only what was appended since
#: a position that is moments old is looked at; the plan is made for its value, because a plan for any value would read the log.
_UNKNOWN: LiteralString = """
    SELECT ledger_conflict('something has happened that the decision did not know of')
    WHERE EXISTS (
      SELECT 1
      FROM ledger_events e
      WHERE e.notification_id > %s
        AND starts_with(e.topic, %s)
        AND convert_from(e.state, 'UTF8')::json -> 'data' ->> %s = %s
    )
"""
_STORED: LiteralString = """
    SELECT e.originator_id::text, e.originator_version, e.notification_id, convert_from(e.state, 'UTF8')::json ->> 'time',
      convert_from(e.state, 'UTF8')::json ->> 'id'
    FROM unnest(%s::uuid[], %s::bigint[]) AS n (id, version)
    JOIN ledger_events e ON e.originator_id = n.id AND e.originator_version = n.version
"""
#: What `ledger_conflict` raises.
_CONFLICT = "LG409"


class VersionConflict(Exception):
    """A stream that the decision was based on has moved on, or a row it writes exists: load and decide again."""


@dataclass(frozen=True, slots=True)
class SideWrite:
    """A statement for what lies beside the log (hashes, keys, files), run in the transaction of the events."""

    statement: LiteralString
    parameters: Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoneSince:
    """A fact that a read model gave as of `position`: since then no event `name` whose field `field` is `value`."""

    name: str
    field: str
    value: str
    position: int


@dataclass(frozen=True, slots=True)
class Work:
    """What one command wants to commit: events with the versions they get, the versions its other facts were read at, and what
    must not have happened since read models were asked."""

    events: tuple[Recorded, ...]
    held: tuple[tuple[Stream, int], ...] = ()
    none_since: tuple[NoneSince, ...] = ()
    side_writes: tuple[SideWrite, ...] = ()
    people: frozenset[str] = field(default_factory=frozenset)


def _array(values: Sequence[object]) -> str:
    return "{" + ",".join(str(v) for v in values) + "}"


async def append(connection: AsyncConnection[Any], mapper: EventMapper, works: Sequence[Work]) -> list[tuple[Recorded, ...]]:
    """Commit all of `works` in one transaction; returns their events with position and final time, in the order given.

    Raises `VersionConflict` with nothing stored when any stream or side write clashes, `psycopg.OperationalError` when the
    database is away (the outcome may then be unknown: see `stored`).
    """
    events = [e for work in works for e in work.events]
    held = [h for work in works for h in work.held]
    none_since = [n for work in works for n in work.none_since]
    side_writes = [w for work in works for w in work.side_writes]
    parameters: list[Any] = [
        _array([e.stream.id for e in events]),
        _array([e.version for e in events]),
        _array([topic_of(type(e.event)) for e in events]),
        _encoded(mapper, events),
        _array([s.id for s, _ in held]),
        _array([v for _, v in held]),
    ]
    try:
        if side_writes or none_since:
            rows = await _append_beside(connection, parameters, side_writes, none_since)
        else:
            rows = await (await connection.execute(_APPEND, parameters, prepare=True)).fetchall()
    except Error as error:
        if isinstance(error, errors.UniqueViolation) or error.sqlstate == _CONFLICT:
            raise VersionConflict(str(error)) from error
        raise
    return _placed(works, {(row[0], row[1]): (row[2], row[3]) for row in rows})


async def _append_beside(
    connection: AsyncConnection[Any], parameters: Sequence[Any], side_writes: Sequence[SideWrite], none_since: Sequence[NoneSince]
) -> list[tuple[Any, ...]]:
    """The same in one transaction with what lies beside the log, and with what must not have happened.

    Statements that travel to one Sync are a transaction: it is over, and its lock free, before the first answer is read here.
    """
    async with connection.pipeline() as pipeline:
        try:
            if none_since:
                await connection.execute(_LOCK)
            for known in none_since:
                await connection.execute(_UNKNOWN, (known.position, f"{known.name}/", known.field, known.value), prepare=False)
            cursor = await connection.execute(_APPEND, parameters, prepare=True)
            for write in side_writes:
                await connection.execute(write.statement, write.parameters, prepare=True)
        except BaseException as error:
            if not isinstance(error, Error) or error.sqlstate is None:
                # Something could not be sent. Leaving the pipeline sends a Sync, which would commit what was.
                await connection.close()
            raise
        await pipeline.sync()
        return await cursor.fetchall()


async def stored(connection: AsyncConnection[Any], works: Sequence[Work]) -> list[tuple[Recorded, ...]] | None:
    """After a lost connection: the events as the log holds them if the transaction was committed, None if it was not.

    The lock waits for the lost transaction, which the server may still be about to commit.
    """
    events = [e for work in works for e in work.events]
    async with connection.transaction():
        await connection.execute(_LOCK)
        cursor: AsyncCursor[Any] = await connection.execute(
            _STORED, (_array([e.stream.id for e in events]), _array([e.version for e in events]))
        )
    rows = {(row[0], row[1]): row for row in await cursor.fetchall()}
    first = rows.get((events[0].stream.id, events[0].version))
    if first is None or first[4] != events[0].id:
        return None
    return _placed(works, {key: (row[2], row[3]) for key, row in rows.items()})


def _encoded(mapper: EventMapper, events: Sequence[Recorded]) -> list[bytes]:
    """The events' states, each at or after the time of the one before it; the statement does the same for the first."""
    encoded = []
    latest = events[0].time
    for event in events:
        latest = max(latest, event.time)
        encoded.append(mapper.encode(event if event.time == latest else replace(event, time=latest)))
    return encoded


def _placed(works: Sequence[Work], places: dict[tuple[str, int], tuple[int, str]]) -> list[tuple[Recorded, ...]]:
    placed = []
    for work in works:
        group = []
        for event in work.events:
            position, time = places[event.stream.id, event.version]
            group.append(replace(event, position=position, time=parse_fixed(time)))
        placed.append(tuple(group))
    return placed
