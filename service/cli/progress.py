"""How far something is, on stderr: a bar that is drawn again and again on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time

_WIDTH = 40
_TERMINAL_SECONDS = 0.1
#: Rare enough for whoever keeps what is printed, soon enough for whoever wonders whether anything still moves.
_LINE_SECONDS = 10.0


class ProgressBar:
    """`bar(done, total)` says how far it is, at most ten times a second on a terminal and every ten seconds elsewhere; a total of 0
    is not known."""

    def __init__(self, label: str, *, line_seconds: float = _LINE_SECONDS) -> None:
        self._label = label
        self._started = time.monotonic()
        self._draws = sys.stderr.isatty()
        self._every = _TERMINAL_SECONDS if self._draws else line_seconds
        self._last = 0.0 if self._draws else self._started
        self._is_within_line = False

    def __call__(self, done: int, total: int) -> None:
        """Say that `done` of `total` are."""
        now = time.monotonic()
        is_end = self._draws and 0 < total <= done
        if now - self._last < self._every and not is_end:
            return
        self._last = now
        count = f"{done}/{total}" if total else f"{done}"
        rate = f"{done / max(now - self._started, 1e-6):,.0f}/s"
        if not self._draws:
            print(f"{self._label} {count}  {rate}", file=sys.stderr, flush=True)
            return
        filled = _WIDTH * done // max(total, 1)
        bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] " if total else ""
        print(f"\r{self._label} {bar}{count}  {rate} ", end="\n" if is_end else "", file=sys.stderr, flush=True)
        self._is_within_line = not is_end

    def phase(self, name: str) -> None:
        """Say what is done now, where anybody looks or has waited for long."""
        if self._draws or time.monotonic() - self._started >= self._every:
            print("\n" if self._is_within_line else "", f"{self._label}: {name}", sep="", file=sys.stderr, flush=True)
            self._is_within_line = False
