"""What one open stream has been told and not yet sent: only ever the newest state, so a slow reader costs one document."""

from __future__ import annotations

import asyncio
import contextlib

from service.observability import metrics
from service.watch.frames import Document


class Subscription:
    """Filled by the hub, drained by the stream's own task."""

    __slots__ = ("_newest", "_wake", "closing", "recheck")

    def __init__(self) -> None:
        self._newest: Document | None = None
        self._wake = asyncio.Event()
        self.recheck = False
        self.closing = False

    def offer(self, document: Document) -> None:
        """A newer state; one that was not sent yet is replaced."""
        if self._newest is not None:
            metrics.count_coalesced()
        self._newest = document
        self._wake.set()

    def look_again(self) -> None:
        """Rights may have changed: the reader must be checked before anything else is sent."""
        self.recheck = True
        self._wake.set()

    def close(self) -> None:
        """The service stops: end cleanly."""
        self.closing = True
        self._wake.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for something to do, at most `seconds`; False when nothing came."""
        if not self._wake.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)
        happened = self._wake.is_set()
        self._wake.clear()
        return happened

    def take(self) -> Document | None:
        """The newest unsent state, if any."""
        document, self._newest = self._newest, None
        return document
