"""Runs one script as a process group of its own: output line by line, a time limit, and an account of how it ended.

Source: contract/lifecycle.md B8 (statuses) and D5, contract/template-archive.md (`scripts`).
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

OK = "ok"
FAILED = "exit_failure"
TIMED_OUT = "timed_out"
PIPES_LEFT_OPEN = "pipes_left_open"

Emit = Callable[[str, str], None]
"""Takes `(level, line)`."""

#: What agents and their scripts take over from the environment of this machine; all else is declared.
INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "SHELL")

_SHELL = ("/bin/sh",)
_READ_BYTES = 64 * 1024
#: A line that does not end is cut after so many characters.
_LONGEST_LINE = 16 * 1024
#: How long a script that has ended may leave its output open in something that it started.
_PIPE_SECONDS = 2.0
#: What a shell says of a program that it could not start.
_CANNOT_RUN = 126


@dataclass(frozen=True, slots=True)
class Place:
    """Where scripts run: their directory, home and environment."""

    directory: Path
    home: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a script ended; `exit_code` is -1 when it was killed for taking too long, 128 + n after signal n."""

    started_at: datetime
    ended_at: datetime
    exit_code: int
    status: str


async def run_script(script: Mapping[str, Any], place: Place, emit: Emit) -> Ended:
    """Run a script of the assignment to its end. Cancelling kills everything that it has started and not detached."""
    started_at = datetime.now(UTC)
    with contextlib.ExitStack() as stack:
        write = _log_file(script, place, stack, emit)
        try:
            process = await asyncio.create_subprocess_exec(
                *_command(script, place),
                cwd=place.directory,
                env=dict(place.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            emit("error", f"The script cannot be run: {error.strerror}")
            return Ended(started_at, datetime.now(UTC), _CANNOT_RUN, FAILED)
        assert process.stdout is not None
        assert process.stderr is not None
        pumps = [
            asyncio.create_task(_pump(process.stdout, "info", emit, write)),
            asyncio.create_task(_pump(process.stderr, "error", emit, write)),
        ]
        try:
            status = await _end(process, script["timeout"], pumps)
        finally:
            _kill(process)
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
    code = process.returncode or 0
    if status == TIMED_OUT:
        code = -1
    elif code:
        status, code = FAILED, code if code > 0 else 128 - code
    return Ended(started_at, datetime.now(UTC), code, status)


async def _end(process: asyncio.subprocess.Process, seconds: float, pumps: list[asyncio.Task[None]]) -> str:
    try:
        async with asyncio.timeout(seconds or None):
            await process.wait()
    except TimeoutError:
        _kill(process)
        await process.wait()
        await asyncio.wait(pumps, timeout=_PIPE_SECONDS)
        return TIMED_OUT
    _, open_ones = await asyncio.wait(pumps, timeout=_PIPE_SECONDS)
    return PIPES_LEFT_OPEN if open_ones else OK


def _kill(process: asyncio.subprocess.Process) -> None:
    """End the script's whole group, unless it has ended by itself: what it left in the background on purpose lives on."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _command(script: Mapping[str, Any], place: Place) -> list[str]:
    """The interpreter that the first line names, else the shell, and the file that holds the script: arguments have a limit."""
    text = script["script"]
    folder = place.home / ".scripts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / script["id"]
    path.write_text(text)
    path.chmod(0o700)
    first = text.partition("\n")[0].strip()
    words = first[2:].split(maxsplit=1) if first.startswith("#!") else []
    return [*(words or _SHELL), str(path)]


def _log_file(script: Mapping[str, Any], place: Place, stack: contextlib.ExitStack, emit: Emit) -> Callable[[bytes], object]:
    """Where the output is kept in the workspace too, if the script names a file; relative names are below home."""
    name = script["log_path"]
    if not name:
        return lambda _chunk: None
    path = place.home / expanded(name, place)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file: IO[bytes] = stack.enter_context(path.open("wb", buffering=0))
    except OSError as error:
        emit("warn", f"The log file {path} cannot be written: {error.strerror}")
        return lambda _chunk: None
    return file.write


def expanded(name: str, place: Place) -> str:
    """A path of the template with `~` and `$HOME` replaced."""
    if name == "~" or name.startswith("~/"):
        name = str(place.home) + name[1:]
    return name.replace("${HOME}", str(place.home)).replace("$HOME", str(place.home))


async def _pump(stream: asyncio.StreamReader, level: str, emit: Emit, write: Callable[[bytes], object]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    while chunk := await stream.read(_READ_BYTES):
        with contextlib.suppress(OSError):
            # A full disk must not stop the script.
            write(chunk)
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in lines:
            emit(level, line.rstrip("\r"))
        while len(rest) > _LONGEST_LINE:
            emit(level, rest[:_LONGEST_LINE])
            rest = rest[_LONGEST_LINE:]
    rest += decoder.decode(b"", final=True)
    if rest:
        emit(level, rest)
