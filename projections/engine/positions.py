"""Where this process' view of the read models stands, and those who wait for it to reach a position."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class Positions:
    """`advance` moves the position and wakes the waiters that it satisfies."""

    def __init__(self, position: int = 0) -> None:
        self.current = position
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    def advance(self, position: int) -> None:
        """The read models, and all that this process holds of them, show everything up to `position`."""
        if position <= self.current:
            return
        self.current = position
        while self._waiting and self._waiting[0][0] <= position:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)

    async def wait_until(self, position: int, seconds: float = 5.0) -> None:
        """Return once `position` is reached. Raises `TimeoutError` after `seconds`."""
        if position <= self.current:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (position, next(self._order), future))
        async with asyncio.timeout(seconds):
            await future
