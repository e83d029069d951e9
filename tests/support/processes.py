"""Whether processes that somebody else started still live."""

from __future__ import annotations

import asyncio
from pathlib import Path


def lives(pid: int) -> bool:
    """Whether there is such a process, and it is not merely waiting to be buried."""
    try:
        return b") Z " not in Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False


async def gone(pid: int, seconds: float = 30) -> None:
    """Until the process has ended. Raises `TimeoutError`."""
    async with asyncio.timeout(seconds):
        while lives(pid):
            await asyncio.sleep(0.02)
