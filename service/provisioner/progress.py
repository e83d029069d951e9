"""How a job that runs tells of itself and hears that it shall stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from service.store.job_logs import DAEMON, MAX_BYTES, TOOL, LogLine, size_of

Print = Callable[[Sequence[LogLine]], Awaitable[None]]

#: Lines that are due within this time of each other are stored together.
_TOGETHER_SECONDS = 0.05
#: So much waits at the most.
_MANY_BYTES = 64 * 1024
_MANY_LINES = 500


class JobCanceled(Exception):
    """The job was asked to stop."""


class JobFailed(Exception):
    """The job cannot be carried out; `message` is for its reader, `code` the job's error code or ""."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Progress:
    """One job's output and its ear. `cancel` may be called at any moment; the next pause ends with `JobCanceled`.

    Lines are stored when the job pauses, or are many; those of a job that never pauses are stored with its end.
    """

    def __init__(self, print_lines: Print, now: Callable[[], datetime], *, room: int = MAX_BYTES) -> None:
        """`room` is how many bytes are known to fit into the job's log."""
        self._print = print_lines
        self._canceled = asyncio.Event()
        self._waiting: list[LogLine] = []
        self._bytes = 0
        self._room = room
        self.now = now

    def cancel(self) -> None:
        """Ask the job to stop."""
        self._canceled.set()

    @property
    def is_canceled(self) -> bool:
        """Whether the job was asked to stop."""
        return self._canceled.is_set()

    async def say(self, stage: str, *outputs: str, level: str = "info") -> None:
        """Lines of the daemon about what it does; none means that the stage itself is the news."""
        for output in outputs or ("",):
            await self._add(LogLine(self.now(), stage, output.replace("\0", ""), DAEMON, level))

    async def run(self, stage: str, seconds: float, outputs: Sequence[str]) -> None:
        """Let `seconds` pass with the tool's lines spread over them, the first at once. Raises `JobCanceled` the moment it is asked."""
        self._check()
        step = seconds / len(outputs) if outputs else 0.0
        started = asyncio.get_running_loop().time()
        for number, output in enumerate(outputs):
            due = started + number * step - asyncio.get_running_loop().time()
            if due > _TOGETHER_SECONDS:
                await self._pause(due)
            await self._add(LogLine(self.now(), stage, output.replace("\0", ""), TOOL))
        await self._pause(started + seconds - asyncio.get_running_loop().time())

    async def flush(self) -> None:
        """Store what waits, for whoever follows while the job is busy."""
        lines, self._waiting, self._bytes = self._waiting, [], 0
        if lines:
            self._room -= sum(size_of(line) for line in lines)
            await self._print(lines)

    async def last_lines(self) -> Sequence[LogLine]:
        """What waits, to be stored with the end of the job; nothing when it might not fit: then it is stored at once."""
        if self._bytes > self._room:
            await self.flush()
        lines, self._waiting, self._bytes = self._waiting, [], 0
        return lines

    async def _add(self, line: LogLine) -> None:
        self._waiting.append(line)
        self._bytes += size_of(line)
        if self._bytes > _MANY_BYTES or len(self._waiting) > _MANY_LINES:
            await self.flush()

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            await self.flush()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._canceled.wait()
        self._check()

    def _check(self) -> None:
        if self._canceled.is_set():
            raise JobCanceled
