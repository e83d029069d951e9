"""Wakes whoever follows something that lies beside the log: NOTIFY carries the subject's id, the data is read from its table.

A lost notification costs latency only: `Wakeup.wait` returns after a while by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from psycopg import AsyncConnection

from projections.engine.tail import Listener


class Wakeup:
    """One follower's bell."""

    def __init__(self, poll_seconds: float) -> None:
        self._event = asyncio.Event()
        self._poll_seconds = poll_seconds

    def ring(self) -> None:
        """There may be something new."""
        self._event.set()

    async def wait(self) -> None:
        """Return when it rang since the last wait, or after the poll time; what is read afterwards is complete."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds):
                await self._event.wait()
        self._event.clear()


class Wakeups:
    """Listens on `channels` over one connection for all followers of this process."""

    def __init__(
        self, connect: Callable[[], Awaitable[AsyncConnection[Any]]], channels: Sequence[str], *, poll_seconds: float = 2.0
    ) -> None:
        self._poll_seconds = poll_seconds
        self._followers: dict[str, set[Wakeup]] = {}
        self._listener = Listener(connect, channels, self._heard, self.ring_all)

    async def start(self) -> None:
        """Listen."""
        await self._listener.start()

    async def stop(self) -> None:
        """End listening, and wake everybody so that they see that the service stops."""
        self.ring_all()
        await self._listener.stop()

    @contextlib.contextmanager
    def follow(self, subject_id: str) -> Iterator[Wakeup]:
        """A bell that rings for this subject while the context lasts."""
        bell = Wakeup(self._poll_seconds)
        self._followers.setdefault(subject_id, set()).add(bell)
        try:
            yield bell
        finally:
            bells = self._followers[subject_id]
            bells.discard(bell)
            if not bells:
                del self._followers[subject_id]

    def _heard(self, _channel: str, subject_id: str) -> None:
        for bell in self._followers.get(subject_id, ()):
            bell.ring()

    def ring_all(self) -> None:
        """Wake everybody: something may have been missed, or the service stops."""
        for bells in self._followers.values():
            for bell in bells:
                bell.ring()
