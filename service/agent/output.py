"""What scripts print, on its way to the agent's log: collected for a moment, sent in batches, in order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.agent.server import Refused, Server, TokenVoid

log = logging.getLogger(__name__)

#: Lines that come within this time travel together.
_TOGETHER_SECONDS = 0.2
_MOST_LINES = 500
_MOST_BYTES = 128 * 1024
#: The service keeps no more of an agent's log than this, so more need not wait for it either.
_WAITING_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a source, which is a script's."""

    source_id: str
    created_at: datetime
    level: str
    text: str


class Output:
    """`print` takes lines at any moment; `run` sends them; `flush` waits until all of them are sent."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_full = False

    def print(self, source_id: str, level: str, text: str) -> None:
        """One more line; beyond what the service would keep it is dropped."""
        size = len(text.encode())
        if self._is_full or self._bytes + size > _WAITING_BYTES:
            return
        self._lines.append(Line(source_id, datetime.now(UTC), level, text))
        self._bytes += size
        self._idle.clear()
        self._wake.set()

    async def flush(self, patience: float) -> None:
        """Wait, `patience` seconds at most, until what was printed is sent."""
        try:
            async with asyncio.timeout(patience):
                await self._idle.wait()
        except TimeoutError:
            log.warning("log lines were not sent in time", extra={"lines": len(self._lines)})

    async def run(self) -> None:
        """Send until cancelled; ends when the service takes no more."""
        while not self._is_full:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(_TOGETHER_SECONDS)
            while self._lines:
                await self._send(self._batch())
            self._idle.set()

    def _batch(self) -> list[Line]:
        """The longest run of lines of one source that fits."""
        batch = [self._lines.popleft()]
        size = len(batch[0].text.encode())
        while self._lines and self._lines[0].source_id == batch[0].source_id and len(batch) < _MOST_LINES and size < _MOST_BYTES:
            batch.append(self._lines.popleft())
            size += len(batch[-1].text.encode())
        self._bytes -= size
        return batch

    async def _send(self, batch: list[Line]) -> None:
        body = {"log_source_id": batch[0].source_id, "logs": [_document(line) for line in batch]}
        try:
            await self._server.send("PATCH", "logs", body)
        except (Refused, TokenVoid) as refusal:
            log.warning("the log takes no more lines", extra={"reason": type(refusal).__name__})
            self._is_full = True
            self._lines.clear()


def _document(line: Line) -> dict[str, Any]:
    return {"created_at": line.created_at.isoformat(), "level": line.level, "output": line.text}
