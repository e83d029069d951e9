"""Who uses which schema of read models. Releases that differ have schemas of their own, beside each other in one database.

A claim is a shared advisory lock: it ends with the connection, however that ends. A schema that nobody claims is left over from a
release that runs no more, or from a tool that was killed, and may go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection

from projections.engine import schema

log = logging.getLogger(__name__)

_KEY: LiteralString = "hashtextextended('schema ' || %s, 0)"
_SCHEMAS: LiteralString = r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ledger\_read\_%' AND nspname NOT LIKE '%\_past'"
#: A release that was stopped may be started again: so long it finds its read models as it left them.
GRACE_SECONDS = 15 * 60.0


async def claim(connection: AsyncConnection[Any], name: str) -> None:
    """This connection uses the schema, which need not exist yet, until it is closed or `release`d."""
    await connection.execute(f"SELECT pg_advisory_lock_shared({_KEY})", (name,))


async def release(connection: AsyncConnection[Any], name: str) -> None:
    """The connection uses it no more."""
    await connection.execute(f"SELECT pg_advisory_unlock_shared({_KEY})", (name,))


@contextlib.asynccontextmanager
async def _unclaimed(connection: AsyncConnection[Any], name: str) -> Any:
    cursor = await connection.execute(f"SELECT pg_try_advisory_lock({_KEY})", (name,))
    row = await cursor.fetchone()
    is_free = bool(row and row[0])
    try:
        yield is_free
    finally:
        if is_free:
            await connection.execute(f"SELECT pg_advisory_unlock({_KEY})", (name,))


async def sweep(connection: AsyncConnection[Any]) -> None:
    """Drop what killed tools left behind."""
    for name in await _schemas(connection):
        if schema.is_passing(name):
            async with _unclaimed(connection, name) as is_free:
                if is_free:
                    log.info("what a rebuild left behind is dropped", extra={"schema": name})
                    await schema.drop(connection, name)


async def _schemas(connection: AsyncConnection[Any]) -> list[str]:
    return [row[0] for row in await (await connection.execute(_SCHEMAS)).fetchall()]


class Retirement:
    """Drops the read models of other releases once nobody has used them for `grace_seconds`. Any process may do it."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[AsyncConnection[Any]]],
        live: str,
        *,
        grace_seconds: float = GRACE_SECONDS,
        poll_seconds: float = 60.0,
    ) -> None:
        self._connect = connect
        self._live = live
        self._grace_seconds = grace_seconds
        self._poll_seconds = poll_seconds
        self._unused_since: dict[str, float] = {}

    async def run(self) -> None:
        """Look around for ever."""
        while True:
            try:
                async with await self._connect() as connection:
                    await sweep(connection)
                    await self.look(connection)
            except psycopg.Error as error:
                log.warning("read models of other releases not looked at", extra={"reason": type(error).__name__})
            await asyncio.sleep(self._poll_seconds)

    async def look(self, connection: AsyncConnection[Any]) -> None:
        """Note what is unused now; drop what has been all the time."""
        now = time.monotonic()
        for name in await _schemas(connection):
            if name == self._live or schema.is_passing(name):
                continue
            async with _unclaimed(connection, name) as is_free:
                if not is_free:
                    self._unused_since.pop(name, None)
                elif now - self._unused_since.setdefault(name, now) >= self._grace_seconds:
                    log.info("read models of another release are dropped: nobody uses them", extra={"schema": name})
                    await schema.drop(connection, name)
                    del self._unused_since[name]
