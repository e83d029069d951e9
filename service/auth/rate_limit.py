"""How often something may be done: a sliding minute per key, in constant time and bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import NamedTuple

WINDOW_SECONDS = 60


@dataclass(slots=True)
class _Count:
    window: int
    now: int
    before: int


class Verdict(NamedTuple):
    """What a caller is told: the limit, how much of it is left, and in how many seconds the window ends."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int


class RateLimit:
    """At most `limit` hits per key within any minute, the minute before weighed by what still overlaps; 0 is no limit.

    Beyond `capacity` keys the oldest is forgotten: whoever floods with keys gains hits, never memory.
    """

    def __init__(self, limit: int, *, capacity: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._capacity = capacity
        self._clock = clock
        self._counts: dict[Hashable, _Count] = {}

    def hit(self, key: Hashable) -> Verdict:
        """Count one and say whether it may pass; what may not pass does not count."""
        now = self._clock()
        window = int(now // WINDOW_SECONDS)
        into = now - window * WINDOW_SECONDS
        count = self._counts.get(key)
        if count is None:
            count = self._remember(key, _Count(window, 0, 0))
        elif count.window != window:
            count.before = count.now if count.window == window - 1 else 0
            count.now, count.window = 0, window
        used = count.before * (WINDOW_SECONDS - into) / WINDOW_SECONDS + count.now
        allowed = used + 1 <= self.limit
        if allowed:
            count.now += 1
            used += 1
        return Verdict(allowed, self.limit, max(0, int(self.limit - used)), max(1, int(WINDOW_SECONDS - into)))

    def _remember(self, key: Hashable, count: _Count) -> _Count:
        if len(self._counts) >= self._capacity:
            del self._counts[next(iter(self._counts))]
        self._counts[key] = count
        return count
