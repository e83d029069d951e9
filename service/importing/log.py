"""Fills an empty log with the events of another one, all of them or none.

One transaction: an import that fails or is killed leaves an empty log, and is simply run again. It costs no more than many small
ones would, for rows are written once either way; what is left of a killed one is swept by vacuum. While it lasts nobody appends.
Memory is that of a batch. The read models are the caller's business, who is handed the events.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, LiteralString

from psycopg import AsyncConnection, errors

from domain.kernel.codec import topic_of
from domain.kernel.events import Recorded
from domain.users.events import UserErased
from service.importing.beside import names_of, settle
from service.importing.lines import Unreadable, read_line
from service.store.append import APPEND_LOCK, CHANNEL
from service.store.mapper import EventMapper, is_personal
from service.store.personal_keys import KeyRing

BATCH = 2000
#: How far the clock of the other deployment may be ahead of this one's.
_AHEAD = timedelta(hours=1)

_EVENTS: LiteralString = "COPY ledger_events (originator_id, originator_version, topic, state, notification_id) FROM STDIN (FORMAT BINARY)"
_KEYS: LiteralString = "COPY personal_keys (user_id, key) FROM STDIN"
_NAMES: LiteralString = "COPY found_names (user_id, kind, stream_id, position) FROM STDIN"
#: An event whose version is not the number of events that its stream has by then. One statement at the end: to know every stream's
#: version on the way would take memory for each.
_OUT_OF_ORDER: LiteralString = """
    SELECT n.stream, n.originator_version, n.number, n.notification_id
    FROM (
      SELECT originator_id::text AS stream, originator_version, notification_id,
        row_number() OVER (PARTITION BY originator_id ORDER BY notification_id) AS number
      FROM ledger_events
    ) n
    WHERE n.originator_version <> n.number
    ORDER BY n.notification_id
    LIMIT 1
"""
_TWICE = re.compile(r"\((?P<stream>[0-9a-f-]{36}), (?P<version>\d+)\)")


class Refused(Exception):
    """Why nothing was imported; a sentence."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many events the log holds now, and the position of the last one."""

    events: int
    position: int


async def refuse_unless_empty(connection: AsyncConnection[Any]) -> None:
    """Raises `Refused` for a log that has events."""
    cursor = await connection.execute("SELECT EXISTS (SELECT FROM ledger_events)")
    if (await cursor.fetchall())[0][0]:
        raise Refused("the log of this database is not empty: events are imported into a new one")


class Loading:
    """Lines of `replay` on their way into the log; made by `loading`. First all `pages` are taken, then they are `settle`d."""

    def __init__(self, connection: AsyncConnection[Any], lines: Iterable[bytes], latest: datetime, batch: int) -> None:
        self._loader = _Loader(connection)
        self._connection = connection
        self._batches = _batches(_in_order(lines, latest), batch)

    @property
    def lines(self) -> int:
        """How many lines have been read, each an event."""
        return self._loader.events

    async def pages(self) -> AsyncGenerator[Sequence[Recorded]]:
        """The events, page by page, each stored when it comes.

        Raises `Refused` for the first line that is no event, and for an event that cannot follow those before it.
        """
        try:
            for events in self._batches:
                await self._loader.load(events)
                yield events
        except errors.UniqueViolation as error:
            found = _TWICE.search(error.diag.message_detail or "")
            raise Refused(f"stream {found['stream']} has version {found['version']} twice" if found else str(error)) from error

    async def settle(self) -> Imported:
        """What has to be written down besides, and looked at once all are there. Raises `Refused` for streams that have holes, and
        for no events at all."""
        loader = self._loader
        if not loader.events:
            raise Refused("the file holds no events")
        await _check_versions(self._connection)
        await self._connection.execute("SELECT setval('ledger_events_notification_id_seq', %s)", (loader.position,))
        await settle(self._connection)
        await self._connection.execute("ANALYZE ledger_events")
        await self._connection.execute("SELECT pg_notify(%s, '')", (CHANNEL,))
        return Imported(loader.events, loader.position)


@contextlib.asynccontextmanager
async def loading(connection: AsyncConnection[Any], lines: Iterable[bytes], now: datetime, *, batch: int = BATCH) -> AsyncIterator[Loading]:
    """A transaction that fills the log of an empty database, `batch` events at a time, and has done so when it ends without an error.

    Raises `Refused` for a log that is not empty.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
        await refuse_unless_empty(connection)
        await connection.execute(
            "CREATE TEMPORARY TABLE found_names (user_id uuid, kind text, stream_id uuid, position bigint) ON COMMIT DROP"
        )
        yield Loading(connection, lines, now + _AHEAD, batch)


class _Loader:
    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._keys = KeyRing()
        self._mapper = EventMapper(self._keys)
        self.events = 0
        self.position = 0

    async def load(self, batch: Sequence[Recorded]) -> None:
        """Store a batch, with keys for people who have none yet."""
        people = {recorded.stream.id for recorded in batch if is_personal(recorded.event)}
        await self._keys.load(self._connection, people)
        made = {person: self._keys.new(person) for person in people if not self._keys.usable(person)}
        await self._copy(_KEYS, [*made.items()])
        await self._copy(_NAMES, await names_of(self._connection, batch))
        async with self._connection.cursor() as cursor, cursor.copy(_EVENTS) as copy:
            copy.set_types(["uuid", "int8", "text", "bytea", "int8"])
            for recorded in batch:
                topic, state = topic_of(type(recorded.event)), self._mapper.encode(recorded)
                await copy.write_row((uuid.UUID(recorded.stream.id), recorded.version, topic, state, recorded.position))
        # Whoever was erased while the other log was read aloud is in the first part of the file as they were.
        if erased := [recorded.stream.id for recorded in batch if isinstance(recorded.event, UserErased)]:
            await self._connection.execute("DELETE FROM personal_keys WHERE user_id = ANY(%s::uuid[])", (erased,))
            await self._connection.execute("DELETE FROM found_names WHERE user_id = ANY(%s::uuid[])", (erased,))
            for person in erased:
                self._keys.put(person, None)
        self.events += len(batch)
        self.position = batch[-1].position

    async def _copy(self, statement: LiteralString, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        async with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                await copy.write_row(row)


def _in_order(lines: Iterable[bytes], latest: datetime) -> Iterator[Recorded]:
    """The events of the lines. Raises `Refused` with the number of the line that is none, comes too early, or is of a time after
    `latest`."""
    before: Recorded | None = None
    for number, line in enumerate(lines, 1):
        try:
            recorded = read_line(line)
        except Unreadable as error:
            cut = "" if line.endswith(b"\n") else ", and the file ends within it"
            raise Refused(f"line {number}: {error}{cut}") from error
        if before is not None and recorded.position <= before.position:
            raise Refused(f"line {number}: position {recorded.position} comes after {before.position}: positions must grow")
        if before is not None and recorded.time < before.time:
            raise Refused(f"line {number}: its time is before that of the line above: times never go back")
        if recorded.time > latest:
            raise Refused(f"line {number}: its time is still to come, and whatever happens before it would have to bear it, too")
        yield recorded
        before = recorded


def _batches(events: Iterator[Recorded], size: int) -> Iterator[Sequence[Recorded]]:
    while batch := [*islice(events, size)]:
        yield batch


async def _check_versions(connection: AsyncConnection[Any]) -> None:
    cursor = await connection.execute(_OUT_OF_ORDER)
    if row := await cursor.fetchone():
        stream, version, expected, position = row
        raise Refused(
            f"position {position}: stream {stream} has version {version} where {expected} should come:"
            " a file is imported whole, as `replay` without filters prints it"
        )
