"""What an agent tells of the machine it lives on, as its metadata: load, memory, the disk of its home. All that an archive declares
of an agent is scripts and apps, so these are the agent's own choice. Source: contract/lifecycle.md D8 (values), proc(5).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

INTERVAL_SECONDS = 10
_TIMEOUT_SECONDS = 1
_GIB = 1 << 30
_LOAD = Path("/proc/loadavg")
_MEMORY = Path("/proc/meminfo")

Report = Callable[[Sequence[Mapping[str, Any]]], Awaitable[None]]
"""Takes the values that are news."""


def load(source: Path = _LOAD) -> str:
    """Processes that ran or waited to, on average of the last minute, and processors: `0.42 of 8`. Raises `OSError`, `ValueError`."""
    return f"{float(source.read_text().split()[0]):.2f} of {os.cpu_count() or 1}"


def memory(source: Path = _MEMORY) -> str:
    """Used and whole: `3.1 of 15.6 GiB`. Raises `OSError`, `KeyError`, `ValueError`."""
    lines = (line.split(":", 1) for line in source.read_text().splitlines() if ":" in line)
    kib = {name: int(amount.split()[0]) for name, amount in lines if amount.split()}
    return _share((kib["MemTotal"] - kib["MemAvailable"]) << 10, kib["MemTotal"] << 10)


def disk(folder: Path) -> str:
    """Used and whole of the file system that the folder lies on. Raises `OSError`."""
    found = os.statvfs(folder)
    return _share((found.f_blocks - found.f_bfree) * found.f_frsize, found.f_blocks * found.f_frsize)


async def watch_machine(home: Path, report: Report, *, interval_seconds: float = INTERVAL_SECONDS) -> None:
    """Read and report until cancelled."""
    while True:
        await report(await asyncio.to_thread(_read, home))
        await asyncio.sleep(interval_seconds)


def _read(home: Path) -> list[dict[str, Any]]:
    return [
        _reading("load", "Load", load),
        _reading("memory", "Memory", memory),
        _reading("home_disk", "Home disk", lambda: disk(home)),
    ]


def _reading(key: str, name: str, read: Callable[[], str]) -> dict[str, Any]:
    """A value, or why there is none: not every system has what is read."""
    value, error = "", ""
    try:
        value = read()
    except (OSError, KeyError, ValueError) as failure:
        error = str(failure) or type(failure).__name__
    return {
        "key": key,
        "display_name": name,
        "interval": INTERVAL_SECONDS,
        "timeout": _TIMEOUT_SECONDS,
        "value": value,
        "error": error,
        "collected_at": datetime.now(UTC).isoformat(),
    }


def _share(used: int, whole: int) -> str:
    return f"{used / _GIB:.1f} of {whole / _GIB:.1f} GiB"
