"""How a process follows the log and the read models: every holder of cached knowledge is told, then the position moves.

NOTIFY says that something happened; what happened is always read from the database. A lost notification costs latency.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, LiteralString, NamedTuple, Protocol

import psycopg
from psycopg import AsyncConnection

from projections.engine.claims import claim
from projections.engine.positions import Positions
from projections.engine.projector import feed_channel
from projections.engine.switch import RESET
from projections.engine.tail import Listener
from projections.live import LIVE_SCHEMA

log = logging.getLogger(__name__)

_CHANGES: LiteralString = """
    SELECT notification_id, originator_id, originator_version, topic
    FROM ledger_events
    WHERE notification_id > %s AND notification_id <= %s
    ORDER BY notification_id
"""
#: The furthest one: a read model that was stopped by an event must not hold up all others.
_POSITION: LiteralString = "SELECT max(position) FROM positions"
#: Beyond this many missed events it is cheaper to forget everything than to look at each.
MANY = 20_000


class Change(NamedTuple):
    """One event as followers see it; `name` is the event's name without its version."""

    position: int
    stream_id: str
    version: int
    name: str


class Follower(Protocol):
    """Somebody who holds knowledge that events make stale."""

    async def follow(self, connection: AsyncConnection[Any], previous: int, position: int, changes: Sequence[Change]) -> None:
        """The read models moved from `previous` to `position`; `changes` are the events between."""

    async def reset(self, connection: AsyncConnection[Any], position: int) -> None:
        """Forget everything: what happened up to `position` is not told one by one."""


class Feed:
    """Tells its followers, in order, of everything the read models have taken in; then advances `positions`."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[AsyncConnection[Any]]],
        positions: Positions,
        *,
        live: str = LIVE_SCHEMA,
        poll_seconds: float = 1.0,
    ) -> None:
        self._connect = connect
        self._live = live
        self._positions = positions
        self._poll_seconds = poll_seconds
        self._followers: list[Follower] = []
        self._wake = asyncio.Event()
        self._must_reset = True
        self._told = 0
        self._listener = Listener(connect, (feed_channel(live),), self._heard, self._wake.set)
        self._task: asyncio.Task[None] | None = None
        self._started = asyncio.Event()
        self.healthy = False

    def add(self, follower: Follower) -> None:
        """Tell this one too; called before `start`, in the order in which followers depend on each other."""
        self._followers.append(follower)

    async def start(self) -> None:
        """Listen, then follow; returns when the first position is known."""
        await self._listener.start()
        self._task = asyncio.create_task(self._run(), name="feed")
        await self._started.wait()

    async def stop(self) -> None:
        """End following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._listener.stop()

    def _heard(self, _channel: str, payload: str) -> None:
        if payload.startswith(RESET):
            self._must_reset = True
        elif payload.isdigit():
            self._told = max(self._told, int(payload))
        self._wake.set()

    async def _run(self) -> None:
        delay = 0.05
        while True:
            connection: AsyncConnection[Any] | None = None
            try:
                connection = await self._connect()
                # As long as somebody follows them these read models are in use.
                await claim(connection, self._live)
                while True:
                    self._wake.clear()
                    await self._tick(connection)
                    self.healthy = True
                    self._started.set()
                    delay = 0.05
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._poll_seconds):
                            await self._wake.wait()
            except psycopg.Error as error:
                log.warning("feed lost the database", extra={"reason": type(error).__name__})
            except Exception:
                # A follower that failed half-way may hold stale knowledge: start afresh.
                log.exception("feed failed")
            finally:
                self.healthy = False
                self._must_reset = True
                if connection is not None:
                    with contextlib.suppress(psycopg.Error):
                        await connection.close()
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)

    async def _tick(self, connection: AsyncConnection[Any]) -> None:
        previous = self._positions.current
        position = self._told
        if self._must_reset or position <= previous:
            # Nobody told us of anything new: woken by the clock, or after a gap.
            cursor = await connection.execute(_POSITION, prepare=True)
            row = await cursor.fetchone()
            position = int(row[0]) if row and row[0] is not None else 0
        if self._must_reset or position < previous or position - previous > MANY:
            self._must_reset = False
            for follower in self._followers:
                await follower.reset(connection, position)
        elif position > previous:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_CHANGES, (previous, position), prepare=True)
            changes = [Change(r[0], r[1], r[2], r[3].rpartition("/")[0]) for r in await cursor.fetchall()]
            for follower in self._followers:
                await follower.follow(connection, previous, position, changes)
        self._positions.advance(position)


class RepositoryFollower:
    """Drops cached aggregates that another process has moved on."""

    def __init__(self, foreign: Callable[[str, int], None], clear: Callable[[], None]) -> None:
        self._foreign = foreign
        self._clear = clear

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Compare versions: own events are in the cache already."""
        for change in changes:
            self._foreign(change.stream_id, change.version)

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have happened."""
        self._clear()
