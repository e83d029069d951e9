"""`replay --follow` killed, and the database killed under it, while sixteen callers write: no line is lost, none is there twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator

import orjson

from tests.faults.conftest import Running
from tests.support.faults import ROOT, Deployment

KILLS = 5


class Follower:
    """A `replay --follow` whose lines are collected as far as they came out whole."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._read = b""
        self._task = asyncio.create_task(self._collect(), name="follower")

    @property
    def lines(self) -> list[bytes]:
        """The whole ones so far."""
        return self._read.splitlines(keepends=True)[: self._read.count(b"\n")]

    async def until(self, position: int) -> None:
        """Return once the event at `position`, or a later one, has come out."""
        async with asyncio.timeout(30):
            while not self.lines or _position(self.lines[-1]) < position:
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """SIGKILL; what is still in the pipe counts, as it would for a reader that lives on."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._task

    async def interrupt(self) -> tuple[int, str]:
        """SIGINT, as Ctrl-C does; its exit status and what it said."""
        self._process.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            await self._task
            assert self._process.stderr is not None
            said = (await self._process.stderr.read()).decode()
            return await self._process.wait(), said

    async def _collect(self) -> None:
        assert self._process.stdout is not None
        # Few bytes at a time, so that it is often cut off within a line.
        while chunk := await self._process.stdout.read(777):
            self._read += chunk


@contextlib.asynccontextmanager
async def following(place: Deployment, after: int) -> AsyncIterator[Follower]:
    """One that starts after a position; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "service", "replay", "--follow", "--from", str(after)),
        cwd=ROOT,
        env=place.environment({}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    follower = Follower(process)
    try:
        yield follower
    finally:
        await follower.kill()


async def test_a_killed_follower_goes_on_after_its_last_whole_line(running: Running) -> None:
    chance = random.Random(11)
    lines: list[bytes] = []
    async with running.writers() as writers:
        for _ in range(KILLS):
            async with following(running.place, _position(lines[-1]) if lines else 0) as follower:
                await follower.until(_position(lines[-1]) + 1 if lines else 1)
                await writers.wait_for(chance.randrange(1, 40))
                await follower.kill()
            lines += follower.lines
    last = max(change.position for change in writers.acknowledged)
    async with following(running.place, _position(lines[-1])) as follower:
        await follower.until(last)
        status, said = await follower.interrupt()
    lines += follower.lines
    assert (status, said) == (130, "")
    ended = await running.place.tool("replay")
    assert b"".join(lines).decode() == "".join(ended.stdout.splitlines(keepends=True)[: len(lines)])
    assert {change.position for change in writers.acknowledged} <= {_position(line) for line in lines}


async def test_a_follower_waits_for_a_killed_database_and_goes_on(running: Running) -> None:
    async with following(running.place, 0) as follower:
        async with running.writers() as writers:
            await follower.until(1)
            await writers.wait_for(100)
            for pid in running.place.postgres_pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await writers.wait_for(200)
        await follower.until(max(change.position for change in writers.acknowledged))
        status, said = await follower.interrupt()
    assert status == 130
    assert "the database is away, waiting for it" in said
    assert "Traceback" not in said
    ended = await running.place.tool("replay")
    lines = [line.decode() for line in follower.lines]
    assert lines == ended.stdout.splitlines(keepends=True)[: len(lines)]
    assert {change.position for change in writers.acknowledged} <= {_position(line) for line in follower.lines}


def _position(line: bytes) -> int:
    return int(orjson.loads(line)["position"])
