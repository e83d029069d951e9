"""A progress bar on stderr, only when somebody looks."""

from __future__ import annotations

import sys
import time

_WIDTH = 40


class ProgressBar:
    """`bar(done, total)` draws at most ten times a second on a terminal and stays silent elsewhere; a total of 0 is not known."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._last = 0.0
        self._started = time.monotonic()
        self._visible = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """Draw `done` of `total`."""
        now = time.monotonic()
        if not self._visible or (now - self._last < 0.1 and (done < total or not total)):
            return
        self._last = now
        if not total:
            sys.stderr.write(f"\r{self._label} {done}  {done / max(now - self._started, 1e-6):,.0f}/s ")
            sys.stderr.flush()
            return
        filled = _WIDTH * done // max(total, 1)
        rate = done / max(now - self._started, 1e-6)
        sys.stderr.write(f"\r{self._label} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{total}  {rate:,.0f}/s ")
        if done >= total:
            sys.stderr.write("\n")
        sys.stderr.flush()
