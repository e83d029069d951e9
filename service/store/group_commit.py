"""One writer task: commands that arrive together are appended together; a clash harms only the command that clashes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection

from domain.kernel.errors import DomainError
from domain.kernel.events import Recorded
from service.store.append import VersionConflict, Work, append, stored
from service.store.connect import Connect
from service.store.mapper import EventMapper

log = logging.getLogger(__name__)

#: Nothing can be stored now, whatever it is.
_AWAY = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)
#: Others append for some milliseconds. Who has the log for much longer has it for good, or for as long as an import takes.
_LOCK_MS = 5000
_NO_ANSWER = "The database does not answer at the moment."


class Busy(DomainError):
    """The service cannot answer now; the same request may succeed in `retry_after` seconds."""

    def __init__(self, message: str, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(message, detail)
        self.retry_after = retry_after


@dataclass(slots=True)
class _Waiting:
    work: Work
    future: asyncio.Future[tuple[Recorded, ...]]


class GroupCommit:
    """The only writer of the log in this process; runs on the event loop with a connection of its own."""

    def __init__(
        self, connect: Connect, mapper: EventMapper, *, max_batch: int = 256, max_waiting: int = 8192, lock_ms: int = _LOCK_MS
    ) -> None:
        self._connect = connect
        self._lock_ms = lock_ms
        self._mapper = mapper
        self._max_batch = max_batch
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue(max_waiting)
        self._connection: AsyncConnection[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_ending = False
        self.observe_batch: Callable[[int], None] = lambda size: None
        #: Called after each commit; saves the projector of this process the way of the notification.
        self.committed: Callable[[], None] = lambda: None

    @property
    def backend_pid(self) -> int | None:
        """The server's process that the writer speaks to, whose notifications are this writer's."""
        connection = self._connection
        return None if connection is None or connection.closed else connection.info.backend_pid

    async def start(self) -> None:
        """Open the connection and start the writer. Raises `psycopg.OperationalError` when the database is away."""
        self._connection = await self._opened()
        self._is_ending = False
        self._task = asyncio.create_task(self._run(), name="group-commit")

    async def stop(self) -> None:
        """Commit what is waiting, then end; what comes later is refused."""
        self._is_ending = True
        if self._task is not None:
            await self._queue.put(None)
            await self._task
            self._task = None
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def commit(self, work: Work) -> tuple[Recorded, ...]:
        """The events with their positions once they are durable.

        Raises `VersionConflict` (nothing stored) and `Busy` (too much is waiting, or the database is away: nothing stored,
        unless it was lost at the very moment and did not come back to be asked; the detail says so). A caller that is
        cancelled does not stop the append.
        """
        if self._is_ending:
            raise Busy("The service is stopping.", "The change was not stored.")
        future: asyncio.Future[tuple[Recorded, ...]] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(_Waiting(work, future))
        except asyncio.QueueFull:
            raise Busy("Too many changes are waiting to be stored.", "Try again in a moment.") from None
        return await asyncio.shield(future)

    async def _run(self) -> None:
        ended = False
        while not ended:
            waiting = await self._queue.get()
            batch: list[_Waiting] = []
            while True:
                if waiting is None:
                    ended = True
                    break
                batch.append(waiting)
                if len(batch) >= self._max_batch or self._queue.empty():
                    break
                waiting = self._queue.get_nowait()
            if not batch:
                break
            for run in _runs(batch):
                await self._commit_batch(run)
            try:
                self.observe_batch(len(batch))
            except Exception:
                log.exception("a batch could not be observed")

    async def _commit_batch(self, batch: list[_Waiting]) -> None:
        try:
            results = await self._store([w.work for w in batch])
        except VersionConflict as conflict:
            if len(batch) == 1:
                _fail(batch[0], conflict)
                return
            for one in batch:
                await self._commit_batch([one])
        except (*_AWAY, Busy) as error:
            detail = error.detail if isinstance(error, Busy) else "The change was not stored."
            for one in batch:
                _fail(one, Busy(_NO_ANSWER, detail))
        except Exception as error:
            # A bug in one command's encoding must not take its neighbours, or the writer, with it.
            if len(batch) == 1:
                _fail(batch[0], error)
                return
            for one in batch:
                await self._commit_batch([one])
        else:
            for one, result in zip(batch, results, strict=True):
                if not one.future.done():
                    one.future.set_result(result)
            try:
                self.committed()
            except Exception:
                log.exception("a commit could not be told")

    async def _store(self, works: Sequence[Work]) -> list[tuple[Recorded, ...]]:
        people = {p for work in works for p in work.people}
        for _ in range(2):
            connection = await self._ready()
            if people:
                await self._mapper.load_keys(connection, people)
            try:
                return await append(connection, self._mapper, works)
            except psycopg.errors.ReadOnlySqlTransaction:
                # Another server may have taken over the writing, or this one will again for new sessions.
                await connection.close()
                raise
            except psycopg.OperationalError as error:
                if not connection.broken and not connection.closed:
                    raise
                # The connection died: whether the COMMIT arrived is unknown until the log is asked.
                log.warning("connection lost while appending")
                try:
                    found = await stored(await self._ready(), works)
                except _AWAY:
                    raise Busy(_NO_ANSWER, "Whether the change was stored is not known.") from error
                if found is not None:
                    return found
        raise Busy(_NO_ANSWER, "The change was not stored.")

    async def _ready(self) -> AsyncConnection[Any]:
        if self._connection is None or self._connection.closed or self._connection.broken:
            delay = 0.05
            for attempt in range(8):
                try:
                    self._connection = await self._opened()
                    break
                except psycopg.OperationalError:
                    if attempt == 7:
                        raise
                    await asyncio.sleep(delay)
                    delay = min(delay * 2, 1.0)
        assert self._connection is not None
        return self._connection

    async def _opened(self) -> AsyncConnection[Any]:
        connection = await self._connect()
        await connection.execute(psycopg.sql.SQL("SET lock_timeout TO {}").format(self._lock_ms))
        return connection


def _runs(batch: list[_Waiting]) -> list[list[_Waiting]]:
    """Cut a batch before each work that relies on what another of its run changes: the facts of all works of a transaction are
    compared with the log as it was before it, so two that contradict each other must not share one."""
    runs: list[list[_Waiting]] = [[]]
    changed: set[str] = set()
    for one in batch:
        work = one.work
        if runs[-1] and (work.none_since or any(stream.id in changed for stream, _ in work.held)):
            runs.append([])
            changed.clear()
        runs[-1].append(one)
        changed.update([recorded.stream.id for recorded in work.events])
    return runs


def _fail(waiting: _Waiting, error: BaseException) -> None:
    if not waiting.future.done():
        waiting.future.set_exception(error)
