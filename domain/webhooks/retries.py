"""When a delivery that failed is tried again: pure arithmetic, its chance drawn by the caller.

With the default numbers the waits are about 1 s, 3 s, 9 s, 27 s, 81 s, 4 min, 12 min, 36 min, 2 h, 5 h, then 6 h each, until
three days after the event was queued: some twenty attempts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Retries:
    """`first` and `longest` bound the wait, which grows by `factor`; `jitter` is the share by which it is drawn shorter or
    longer, so that receivers are not met by everything at once. After `horizon` there is no further attempt."""

    first: timedelta = timedelta(seconds=1)
    factor: float = 3.0
    longest: timedelta = timedelta(hours=6)
    jitter: float = 0.25
    horizon: timedelta = timedelta(days=3)

    def wait(self, attempts: int, drawn: float, asked: timedelta | None = None) -> timedelta:
        """How long to wait after `attempts` failed ones (at least one). `drawn` is from [0, 1); the receiver may have `asked` for
        more (`Retry-After`), never for less."""
        # Beyond the longest wait the power would only overflow.
        grown = self.first.total_seconds() * self.factor ** min(attempts - 1, 60)
        seconds = min(grown, self.longest.total_seconds()) * (1 + self.jitter * (2 * drawn - 1))
        return max(timedelta(seconds=seconds), asked or timedelta())

    def next_attempt(self, queued_at: datetime, now: datetime, attempts: int, drawn: float, asked: timedelta | None) -> datetime | None:
        """When to try again after a failure `now`; None when the horizon is passed. The last attempt is at the horizon itself."""
        last = queued_at + self.horizon
        return None if now >= last else min(now + self.wait(attempts, drawn, asked), last)
