"""What an agent reads of its machine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from service.agent import readings


def test_memory_is_what_programs_cannot_have(tmp_path: Path) -> None:
    source = tmp_path / "meminfo"
    source.write_text("MemTotal:       16777216 kB\nMemFree:         1048576 kB\nMemAvailable:   12582912 kB\nHugePages_Total:       0\n")
    assert readings.memory(source) == "4.0 of 16.0 GiB"


def test_load_is_the_last_minute_s(tmp_path: Path) -> None:
    source = tmp_path / "loadavg"
    source.write_text("0.418 0.20 0.10 1/300 4711\n")
    assert re.fullmatch(r"0\.42 of \d+", readings.load(source))


def test_a_disk_is_measured_where_the_folder_lies(tmp_path: Path) -> None:
    assert re.fullmatch(r"\d+\.\d of \d+\.\d GiB", readings.disk(tmp_path))
    with pytest.raises(OSError, match="No such file"):
        readings.disk(tmp_path / "nowhere")


async def test_what_cannot_be_read_is_told_with_the_reason(tmp_path: Path) -> None:
    told: asyncio.Queue[Sequence[Mapping[str, Any]]] = asyncio.Queue()
    task = asyncio.create_task(readings.watch_machine(tmp_path / "nowhere", told.put, interval_seconds=0.01))
    async with asyncio.timeout(30):
        first, again = await told.get(), await told.get()
    task.cancel()
    found = {value["key"]: value for value in first}
    assert list(found) == ["load", "memory", "home_disk"]
    assert (found["home_disk"]["value"], "No such file" in found["home_disk"]["error"]) == ("", True)
    assert again[0]["collected_at"] > first[0]["collected_at"]
