"""What one open stream has been told and not yet sent: only ever the newest state, so a slow reader costs one document."""

from __future__ import annotations

import asyncio

from service.auth.caller import Caller
from service.observability import metrics
from service.observability.metrics import StreamMeter
from service.watch.frames import Document
from service.watch.outlet import Outlet

METER = StreamMeter("workspace")


class Subscription:
    """Filled by the hub; drained by the stream's own task. `caller` is the reader as last checked.

    While the task waits for something to do (`is_idle`) the hub may write for it: thousands of readers of one change then
    cost a write each, and not a task's turn each.
    """

    __slots__ = ("_is_awake", "_waiter", "caller", "closing", "floor", "is_idle", "outlet", "recheck")

    def __init__(self, caller: Caller, outlet: Outlet) -> None:
        self.caller = caller
        self.outlet = outlet
        self.recheck = False
        self.closing = False
        #: A position below everything that may have changed the reader's rights since they were last checked.
        self.floor = 0
        self.is_idle = False
        self._is_awake = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def takes_now(self) -> bool:
        """Whether a frame may be written at once: the task has nothing to do first, and the reader has taken the last one."""
        return self.is_idle and not self.recheck and self.outlet.is_ready

    def wake(self) -> None:
        """Let the task look."""
        self.is_idle = False
        self._is_awake = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def look_again(self, floor: int) -> None:
        """Rights may have changed after position `floor`: the reader must be checked before anything else is sent."""
        self.floor = min(self.floor, floor) if self.recheck else floor
        self.recheck = True
        self.wake()

    def close(self) -> None:
        """The service stops: end cleanly."""
        self.closing = True
        self.wake()

    async def wait(self, until: float) -> None:
        """Wait for something to do, at most until this time of the event loop."""
        if not self._is_awake:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_at(until, self.wake)
            self.is_idle = True
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
                self.is_idle = False
        self._is_awake = False


class DocumentSubscription(Subscription):
    """One workspace, watched. `shown` is the document that the reader has; nothing is sent before there is one."""

    __slots__ = ("_newest", "shown")

    def __init__(self, caller: Caller, outlet: Outlet) -> None:
        super().__init__(caller, outlet)
        self.shown: Document | None = None
        self._newest: Document | None = None

    def offer(self, document: Document) -> None:
        """A newer state: written at once if the reader is waiting for it and its rights cannot have changed with it, else kept
        for the task; one that was not sent yet is replaced."""
        shown = self.shown
        if shown is not None and self.takes_now and document.workspace is shown.workspace and document.template is shown.template:
            if document.position > shown.position:
                if differs(document, shown):
                    self.outlet.push(document.frame(self.outlet.encode, self.caller.user_id))
                    METER.frame()
                self.shown = document
            return
        if self._newest is not None:
            metrics.count_coalesced()
        self._newest = document
        self.wake()

    def take(self) -> Document | None:
        """The newest unsent state, if any."""
        document, self._newest = self._newest, None
        return document


def differs(document: Document, shown: Document) -> bool:
    """Whether a reader would see any difference."""
    return document.body != shown.body or document.is_favorite != shown.is_favorite
