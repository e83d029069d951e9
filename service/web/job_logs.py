"""Who follows the logs of jobs in this process, woken when lines were stored or the job ended; nobody polls in between.

NOTIFY names the job whose lines were stored; the feed names the stream whose job may have ended. Both only wake: what there
is to read is read from the database.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import AsyncConnection

from projections.engine.tail import Listener
from service.store.connect import Connect
from service.store.job_logs import CHANNEL
from service.web.feed import Change


class JobLogHub:
    """Wakes readers by job id and by the stream that the job belongs to; a follower of the feed."""

    def __init__(self, connect: Connect) -> None:
        self._readers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._listener = Listener(connect, (CHANNEL,), lambda _channel, job_id: self._wake(job_id), self._wake_all)
        self.is_closed = False

    async def start(self) -> None:
        """Listen."""
        await self._listener.start()

    async def stop(self) -> None:
        """End listening."""
        await self._listener.stop()

    def close(self) -> None:
        """Let every reader go: the process is stopping."""
        self.is_closed = True
        self._wake_all()

    @contextlib.contextmanager
    def reading(self, job_id: str, stream_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be something new of the job; its reader clears it before looking."""
        event = asyncio.Event()
        for key in (job_id, stream_id):
            self._readers[key].add(event)
        try:
            yield event
        finally:
            for key in (job_id, stream_id):
                self._readers[key].discard(event)
                if not self._readers[key]:
                    del self._readers[key]

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Wake those whose job changed."""
        if self._readers:
            for stream_id in {change.stream_id for change in changes}:
                self._wake(stream_id)

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have happened."""
        self._wake_all()

    def _wake(self, key: str) -> None:
        for event in self._readers.get(key, ()):
            event.set()

    def _wake_all(self) -> None:
        for events in self._readers.values():
            for event in events:
                event.set()
