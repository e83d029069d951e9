"""`replay` and `import` as processes, end to end: the whole log to nowhere, through a pipe, and into another database."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from ops.bench.deployment import add_deployment
from ops.bench.filling import new_id
from ops.bench.measure import Series, alone, paced
from service.embedded import EmbeddedPostgres
from service.store.prepare import prepare

EVENTS = 400_000
ROUNDS = 3
#: Of events per second, to a pipe (issue 7).
WANTED = 50_000


async def bench(directory: Path) -> list[dict[str, Any]]:
    """Two reports: letting the log go, and taking it in. CPU time is that of the command's process, its start included."""
    source, target = EmbeddedPostgres(), EmbeddedPostgres()
    dsn = await source.start(directory / "source")
    try:
        await prepare(dsn)
        events = (await add_deployment(dsn, _somewhere(), EVENTS)).events
        nowhere = Series(f"replay of {events:,} events > /dev/null")
        piped = Series("replay | cat > /dev/null")
        for _ in range(ROUNDS):
            for series, through in ((nowhere, ()), (piped, ("cat",))):
                series.add(events, *await asyncio.to_thread(_command, ("replay",), dsn, None, subprocess.DEVNULL, through))
        imported = Series("import, read models included")
        with tempfile.TemporaryFile() as file:
            await asyncio.to_thread(_command, ("replay",), dsn, None, file, ())
            for number in range(ROUNDS):
                other = await target.start(directory / f"target-{number}")
                try:
                    file.seek(0)
                    imported.add(events, *await asyncio.to_thread(_command, ("import",), other, file, subprocess.DEVNULL, ()))
                finally:
                    await target.stop()
        return [paced(alone("replay, as a process", nowhere, piped), piped, WANTED), alone("import, as a process", imported)]
    finally:
        await source.stop()


def _somewhere() -> dict[str, Any]:
    """What the filled deployment takes for its first organization and template."""
    return {"organization_id": new_id(), "template_id": new_id(), "latest_build": {"template_version_id": new_id()}}


def _command(
    arguments: Sequence[str], dsn: str, stdin: IO[bytes] | None, out: IO[bytes] | int, through: Sequence[str]
) -> tuple[float, tuple[()], float]:
    """Seconds from the start to the end of both processes, and the CPU seconds of the first one."""
    environment: Mapping[str, str] = {**os.environ, "LEDGER_DATABASE_URL": dsn}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "service", *arguments], env=environment, stdin=stdin, stdout=subprocess.PIPE if through else out
    )
    reader = subprocess.Popen(through, stdin=process.stdout, stdout=out) if through else None
    if process.stdout is not None:
        process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    ended = [process.returncode, *([reader.wait()] if reader else [])]
    seconds = time.perf_counter() - started
    if any(ended):
        raise RuntimeError(f"{' '.join(arguments)} ended with {ended}")
    return seconds, (), usage.ru_utime + usage.ru_stime
