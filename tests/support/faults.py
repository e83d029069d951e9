"""The service as processes of their own, so that they can be killed: started, told to end, killed, asked for their log."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from tests.support.api import PASSWORD, Client

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
EMAIL = "admin@example.com"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended; `stderr` is its log, `seconds` how long it took since it was told to."""

    status: int
    stdout: str
    stderr: str
    seconds: float


class Process:
    """`python -m service serve`, started and known by its pid."""

    def __init__(self, process: asyncio.subprocess.Process, announced: str, log: Path) -> None:
        self.process = process
        self.announced = announced
        self.url = announced.removeprefix("listening on ") if announced.startswith("listening on ") else ""
        self._log = log

    async def kill(self) -> None:
        """SIGKILL: nothing is said, nothing is finished."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def terminate(self, patience: float = 30.0) -> Ended:
        """SIGTERM, then wait for the end."""
        started = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        async with asyncio.timeout(patience):
            rest = await self.process.stdout.read()
            status = await self.process.wait()
        return Ended(status, rest.decode(), self.log(), time.monotonic() - started)

    def log(self) -> str:
        """What it has written to stderr so far."""
        return self._log.read_text(errors="replace")


@dataclass(slots=True)
class Deployment:
    """Processes that share one data directory (or one database) and their settings."""

    folder: Path
    session: aiohttp.ClientSession
    settings: Mapping[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        """That of a process: nothing of LEDGER_* comes from outside."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
        return {
            **inherited,
            "LEDGER_ADDRESS": "127.0.0.1:0",
            "LEDGER_DATA_DIR": str(self.folder / "data"),
            "LEDGER_RATE_LIMIT": "0",
            "LEDGER_LOG_FORMAT": "text",
            "LEDGER_FIRST_USER_EMAIL": EMAIL,
            "LEDGER_FIRST_USER_USERNAME": "admin",
            "LEDGER_FIRST_USER_PASSWORD": PASSWORD,
            **self.settings,
            **changes,
        }

    async def start(self, *, root: Path = ROOT, **changes: str) -> Process:
        """One more process, ready; `changes` are settings of it alone, `root` is where its release lies."""
        log = self.folder / f"stderr-{len(self.processes)}.log"
        with log.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "service", "serve"),
                cwd=root,
                env=self.environment(changes),
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                line = (await process.stdout.readline()).decode().strip()
        except TimeoutError:
            line = ""
        started = Process(process, line, log)
        self.processes.append(started)
        assert line, f"the service did not start: {started.log()}"
        return started

    async def begin(self, *arguments: str, root: Path = ROOT) -> asyncio.subprocess.Process:
        """Another subcommand on the same database, running."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "service", *arguments),
            cwd=root,
            env=self.environment({}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def tool(self, *arguments: str, patience: float = 60.0, root: Path = ROOT) -> Ended:
        """Another subcommand on the same database, run to its end."""
        started = time.monotonic()
        process = await self.begin(*arguments, root=root)
        try:
            async with asyncio.timeout(patience):
                stdout, stderr = await process.communicate()
        except TimeoutError:
            process.kill()
            stdout, stderr = await process.communicate()
            raise AssertionError(f"{' '.join(arguments)} did not end in {patience:g} s: {stdout.decode()} {stderr.decode()}") from None
        return Ended(process.returncode or 0, stdout.decode(), stderr.decode(), time.monotonic() - started)

    async def events(self, *arguments: str) -> list[dict[str, Any]]:
        """What `replay` prints."""
        ended = await self.tool("replay", *arguments)
        assert ended.status == 0, ended.stderr
        return [orjson.loads(line) for line in ended.stdout.splitlines()]

    async def verified(self, *, root: Path = ROOT) -> None:
        """`verify` finds that the read models say what the log says."""
        ended = await self.tool("verify", root=root)
        assert ended.status == 0, ended.stdout + ended.stderr

    async def sign_in(self, process: Process) -> Client:
        """The first user, at one of the processes."""
        anonymous = Client(self.session, process.url)
        token = (await anonymous.post("/users/login", {"email": EMAIL, "password": PASSWORD}, want=201)).json["session_token"]
        return Client(self.session, process.url, token)

    def postgres_pids(self) -> list[int]:
        """The postmaster of the embedded server and every backend of it, the postmaster first."""
        postmaster = int((self.folder / "data" / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
        return [postmaster, *(pid for pid, parent in _parents() if parent == postmaster)]


@contextlib.asynccontextmanager
async def deployment(**settings: str) -> AsyncIterator[Deployment]:
    """A place for processes; whatever still runs at the end is told to end, then killed.

    It does not live below pytest's own temporary directory: other runs on the machine clear that one.
    """
    folder = Path(tempfile.mkdtemp(prefix="ledger-place-"))
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as session:
        place = Deployment(folder, session, settings)
        try:
            yield place
        finally:
            for process in place.processes:
                if process.process.returncode is None:
                    try:
                        await process.terminate(15)
                    except TimeoutError:
                        await process.kill()
            shutil.rmtree(folder, ignore_errors=True)


def _parents() -> list[tuple[int, int]]:
    """(pid, parent's pid) of every process, from /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The command's name is in brackets and may hold anything; the fields after it do not.
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
                found.append((int(entry.name), int(fields[1])))
    return found
