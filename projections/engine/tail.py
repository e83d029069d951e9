"""Reading the log in position order. NOTIFY wakes a reader, a poll heals a lost one; the log alone is the truth."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, LiteralString, NamedTuple, Protocol

import psycopg
from psycopg import AsyncConnection

from domain.kernel.codec import UnknownEvent
from domain.kernel.events import Recorded

log = logging.getLogger(__name__)

ENDLESS = 2**62
_PAGE: LiteralString = """
    SELECT originator_id::text, originator_version, topic, state, notification_id
    FROM ledger_events
    WHERE notification_id > %s AND notification_id <= %s
    ORDER BY notification_id
    LIMIT %s
"""


class StoredRow(NamedTuple):
    """An event as the log's table holds it: the arguments of `Decoder.decode`, in their order."""

    stream_id: str
    version: int
    topic: str
    state: bytes
    position: int


class Decoder(Protocol):
    """Turns stored rows into events; `load_keys` fetches what personal fields need."""

    def decode(self, originator_id: str, version: int, topic: str, state: bytes, position: int) -> Recorded:
        """One event. Raises `UnknownEvent`."""

    def has_personal_fields(self, topic: str) -> bool:
        """Whether decoding this topic needs the keys of its stream's person."""

    async def load_keys(self, connection: AsyncConnection[Any], people: Iterable[str]) -> None:
        """Fetch personal keys."""


async def read_page(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    after: int,
    limit: int,
    upto: int = ENDLESS,
    unknown: Callable[[StoredRow], None] | None = None,
) -> tuple[Sequence[Recorded], int]:
    """At most `limit` events after position `after` and not beyond `upto`, and the position that has then been read.

    What becomes of events that this release cannot read: `decoded`.
    """
    cursor = connection.cursor(binary=True)
    await cursor.execute(_PAGE, (after, upto, limit), prepare=True)
    rows = await cursor.fetchall()
    return await decoded(connection, decoder, rows, unknown), rows[-1][4] if rows else after


def noted(row: StoredRow) -> None:
    """Says that an unknown event is passed over."""
    log.warning("event of unknown type passed over", extra={"topic": row[2], "position": row[4]})


async def decoded(
    connection: AsyncConnection[Any], decoder: Decoder, rows: Sequence[StoredRow], unknown: Callable[[StoredRow], None] | None = None
) -> list[Recorded]:
    """The events of stored rows, with the personal keys that they need.

    Those that this release cannot read are told to `unknown` and passed over. Without it, raises `UnknownEvent`.
    """
    people = {row[0] for row in rows if decoder.has_personal_fields(row[2])}
    if people:
        await decoder.load_keys(connection, people)
    events = []
    for row in rows:
        try:
            events.append(decoder.decode(*row))
        except UnknownEvent:
            if unknown is None:
                raise
            unknown(row)
    return events


async def head(connection: AsyncConnection[Any]) -> int:
    """The position of the newest event, 0 for an empty log."""
    cursor = await connection.execute("SELECT notification_id FROM ledger_events ORDER BY notification_id DESC LIMIT 1")
    row = await cursor.fetchone()
    return row[0] if row else 0


class Listener:
    """LISTENs on channels over a connection of its own and calls back per notification; reconnects with back-off.

    `on_notify(channel, payload)` is called on the event loop; `on_gap()` whenever notifications may have been missed
    (after each connect), so that the owner reads the log again.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[AsyncConnection[Any]]],
        channels: Sequence[str],
        on_notify: Callable[[str, str], None],
        on_gap: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._channels = channels
        self._on_notify = on_notify
        self._on_gap = on_gap
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        #: The server's process whose notifications are passed over, if any: one's own, where one knows already.
        self.own_pid: Callable[[], int | None] = lambda: None

    async def start(self) -> None:
        """Start listening and return once the first LISTEN is in place: what is read afterwards cannot be missed."""
        self._task = asyncio.create_task(self._run(), name="listener")
        await self._listening.wait()

    async def stop(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        delay = 0.05
        while True:
            connection: AsyncConnection[Any] | None = None
            try:
                connection = await self._connect()
                for channel in self._channels:
                    await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
                delay = 0.05
                self._listening.set()
                self._on_gap()
                async for notify in connection.notifies():
                    if notify.pid != self.own_pid():
                        self._on_notify(notify.channel, notify.payload)
            except psycopg.Error as error:
                log.warning("listening interrupted", extra={"reason": str(error).splitlines()[0] if str(error) else type(error).__name__})
            except Exception:
                # Whoever was told failed: it may have missed this one, which the next connection makes up for.
                log.exception("listening failed")
            finally:
                if connection is not None:
                    with contextlib.suppress(psycopg.Error):
                        await connection.close()
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)
