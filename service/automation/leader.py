"""One of several processes does the work: whoever holds the advisory lock. The others stand by and take over when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from psycopg import AsyncConnection

log = logging.getLogger(__name__)

AUTOMATION_LOCK = 0x1ED6E203
PLAYER_LOCK = 0x1ED6E204
PROCESSES_LOCK = 0x1ED6E206
WEBHOOKS_LOCK = 0x1ED6E207
UNFINISHED_LOCK = 0x1ED6E208

Connect = Callable[[], Awaitable[AsyncConnection[Any]]]
Work = Callable[[AsyncConnection[Any]], Awaitable[None]]


class Leader:
    """`run` until cancelled. `work(connection)` is given the very connection that holds the lock, so that losing it ends the work.

    Two leaders at once are still possible for a moment (a lost connection that the server has not noticed): what the work
    does must be harmless when repeated.
    """

    def __init__(self, connect: Connect, lock: int, name: str, *, poll_seconds: float = 1.0) -> None:
        self._connect = connect
        self._lock = lock
        self._name = name
        self._poll_seconds = poll_seconds
        self.leading = False

    async def run(self, work: Work) -> None:
        """Stand by, lead, and after a failure stand by again, with back-off."""
        delay = 0.05
        while True:
            connection: AsyncConnection[Any] | None = None
            try:
                connection = await self._connect()
                await self._stand_by(connection)
                self.leading = True
                delay = 0.05
                await work(connection)
            except psycopg.OperationalError as error:
                log.warning("leader lost the database", extra={"work": self._name, "reason": type(error).__name__})
            except Exception:
                log.exception("leader failed", extra={"work": self._name})
            finally:
                self.leading = False
                if connection is not None:
                    with contextlib.suppress(psycopg.Error):
                        await connection.close()
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)

    async def _stand_by(self, connection: AsyncConnection[Any]) -> None:
        while True:
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (self._lock,))
            row = await cursor.fetchone()
            if row and row[0]:
                return
            await asyncio.sleep(self._poll_seconds)
