"""Where this process' view of the read models stands, and those who wait for it to reach a position."""

from __future__ import annotations

import asyncio
import heapq
import itertools

#: So many who gave up may stay in line before it is worth letting them go.
_IDLERS = 64


class Positions:
    """`advance` moves the position and wakes the waiters that it satisfies."""

    def __init__(self, position: int = 0) -> None:
        self.current = position
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._gave_up = 0

    @property
    def waiting(self) -> int:
        """How many are kept in line, some of whom may have given up."""
        return len(self._waiting)

    def advance(self, position: int) -> None:
        """The read models, and all that this process holds of them, show everything up to `position`."""
        if position <= self.current:
            return
        self.current = position
        while self._waiting and self._waiting[0][0] <= position:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
            else:
                self._gave_up -= 1

    async def wait_until(self, position: int, seconds: float = 5.0) -> None:
        """Return once `position` is reached. Raises `TimeoutError` after `seconds`."""
        if position <= self.current:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (position, next(self._order), future))
        try:
            async with asyncio.timeout(seconds):
                await future
        finally:
            if future.cancelled():
                self._leave()

    def _leave(self) -> None:
        """Anybody may ask for a position that never comes: whoever gave up must not stay in line for ever."""
        self._gave_up += 1
        if self._gave_up > max(_IDLERS, len(self._waiting) // 2):
            self._waiting = [one for one in self._waiting if not one[2].done()]
            heapq.heapify(self._waiting)
            self._gave_up = 0
