"""Connections in threads of their own that write into a schema nobody reads yet, while the next events are folded.

What concerns one table is done in the order in which it was handed over, by one connection; different tables go different ways.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, Connection, sql

Job = Callable[[Connection[Any]], object]
#: A job, the table that it concerns, and what it holds in memory.
_Task = tuple[str, Job, int]

#: So many bytes may wait to be written: a few seconds' worth.
_MOST_PENDING = 64 << 20
_MOST_WRITERS = 4
_MEMORY_FOR_INDEXES = "256MB"


class Writers:
    """Made by `writing`. The first failure of any job is raised by whatever is called next."""

    def __init__(self, connect: Callable[[], Connection[Any]], count: int) -> None:
        self._connections = [connect() for _ in range(count)]
        self._queues: list[queue.SimpleQueue[_Task | None]] = [queue.SimpleQueue() for _ in range(count)]
        #: Held for whatever follows; notified when a job is done.
        self._moved = threading.Condition()
        #: How many jobs of each table are not done.
        self._pending: Counter[str] = Counter()
        self._pending_bytes = 0
        self._failure: BaseException | None = None
        self._ways: dict[str, int] = {}
        self._threads = [
            threading.Thread(target=self._work, args=way, name="writer", daemon=True)
            for way in zip(self._connections, self._queues, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def backend_pids(self) -> list[int]:
        """The server's processes that do the writing."""
        return [connection.info.backend_pid for connection in self._connections]

    def hand(self, table: str, job: Job, size: int = 0) -> None:
        """Have `job(connection)` done after all that was handed over for `table`; `size` in bytes is what it holds in memory. Each of
        its statements commits, unless it begins a transaction."""
        way = self._ways.setdefault(table, len(self._ways) % len(self._queues))
        with self._moved:
            self._pending[table] += 1
            self._pending_bytes += size
        self._queues[way].put((table, job, size))

    def execute(self, table: str, statement: LiteralString, parameters: Sequence[Any] | None = None) -> None:
        """Have a statement executed after all that was handed over for `table`."""
        self.hand(table, lambda connection: connection.execute(statement, parameters))

    def copy(self, table: str, statement: LiteralString, lines: Sequence[bytes]) -> None:
        """Have lines taken in by a COPY, after all that was handed over for `table`."""
        self.hand(table, partial(copied, statement, lines), sum(map(len, lines)))

    async def room(self) -> None:
        """Return once there is room for more."""
        if self._pending_bytes > _MOST_PENDING or self._failure is not None:
            await asyncio.to_thread(self._wait, lambda: self._pending_bytes <= _MOST_PENDING)

    async def done(self, *tables: str) -> None:
        """Return once everything handed over for these tables is written and committed; for any, if none is named."""
        if tables:
            await asyncio.to_thread(self._wait, lambda: not any(self._pending[table] for table in tables))
        else:
            await asyncio.to_thread(self._wait, lambda: not self._pending.total())

    async def close(self) -> None:
        """End the threads; what was not done by now is left undone."""
        is_busy = self._pending.total() > 0
        self._fail(InterruptedError("no more is written"))
        for connection, way in zip(self._connections, self._queues, strict=True):
            if is_busy:
                with contextlib.suppress(psycopg.Error):
                    connection.cancel()
            way.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        for connection in self._connections:
            with contextlib.suppress(psycopg.Error):
                connection.close()

    def _fail(self, error: BaseException) -> None:
        with self._moved:
            if self._failure is None:
                self._failure = error
            self._moved.notify_all()

    def _wait(self, until: Callable[[], bool]) -> None:
        with self._moved:
            self._moved.wait_for(lambda: self._failure is not None or until())
        if self._failure is not None:
            raise self._failure

    def _work(self, connection: Connection[Any], jobs: queue.SimpleQueue[_Task | None]) -> None:
        while (task := jobs.get()) is not None:
            table, run, size = task
            if self._failure is None:
                try:
                    run(connection)
                except BaseException as error:
                    self._fail(error)
            with self._moved:
                self._pending[table] -= 1
                self._pending_bytes -= size
                self._moved.notify_all()


def copied(statement: LiteralString, lines: Sequence[bytes], connection: Connection[Any]) -> None:
    """Take lines in by a COPY."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"\n".join(lines))


@contextlib.asynccontextmanager
async def writing(beside: AsyncConnection[Any], schema: str, *, spare: int = 0) -> AsyncIterator[Writers]:
    """Writers into `schema` of the database that a connection is open to: one for each processor but `spare`, four at most."""
    connect = sibling(beside, schema)
    writers = await asyncio.to_thread(Writers, connect, max(1, min(_MOST_WRITERS, (os.cpu_count() or 1) - spare)))
    try:
        yield writers
    finally:
        await writers.close()


def sibling(connection: AsyncConnection[Any], schema: str) -> Callable[[], Connection[Any]]:
    """Opens connections for threads, to the database and as the user of this one, which find tables in `schema`.

    What they write may be lost with the server: nobody reads it before it is made to last."""
    info = connection.info

    def connect() -> Connection[Any]:
        other = psycopg.connect(info.dsn, password=info.password or None, autocommit=True)
        other.execute(sql.SQL("SET search_path TO {}, public").format(sql.Identifier(schema)))
        other.execute("SET TIME ZONE 'UTC'")
        other.execute("SET synchronous_commit TO off")
        other.execute(sql.SQL("SET maintenance_work_mem TO {}").format(_MEMORY_FOR_INDEXES))
        return other

    return connect
