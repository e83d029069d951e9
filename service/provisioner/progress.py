"""How a job that runs tells of itself and hears that it shall stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from service.store.job_logs import DAEMON, TOOL, LogLine

Print = Callable[[Sequence[LogLine]], Awaitable[None]]

#: Lines that are due within this time of each other are stored together.
_TOGETHER_SECONDS = 0.05


class JobCanceled(Exception):
    """The job was asked to stop."""


class JobFailed(Exception):
    """The job cannot be carried out; `message` is for its reader, `code` the job's error code or ""."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Progress:
    """One job's output and its ear. `cancel` may be called at any moment; the next pause ends with `JobCanceled`."""

    def __init__(self, print_lines: Print, now: Callable[[], datetime]) -> None:
        self._print = print_lines
        self._canceled = asyncio.Event()
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
        await self._print([LogLine(self.now(), stage, output.replace("\0", ""), DAEMON, level) for output in outputs or ("",)])

    async def run(self, stage: str, seconds: float, outputs: Sequence[str]) -> None:
        """Let `seconds` pass with the tool's lines spread over them, the first at once. Raises `JobCanceled` the moment it is asked."""
        self._check()
        step = seconds / len(outputs) if outputs else 0.0
        started = asyncio.get_running_loop().time()
        waiting: list[LogLine] = []
        for number, output in enumerate(outputs):
            due = started + number * step - asyncio.get_running_loop().time()
            if due > _TOGETHER_SECONDS:
                await self._flush(waiting)
                await self._pause(due)
            waiting.append(LogLine(self.now(), stage, output.replace("\0", ""), TOOL))
        await self._flush(waiting)
        await self._pause(started + seconds - asyncio.get_running_loop().time())

    async def _flush(self, waiting: list[LogLine]) -> None:
        if waiting:
            await self._print(list(waiting))
            waiting.clear()

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._canceled.wait()
        self._check()

    def _check(self) -> None:
        if self._canceled.is_set():
            raise JobCanceled
