"""When what a job prints is stored: nobody waits for a line longer than a pause, and no line costs a transaction of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from service.provisioner.progress import JobCanceled, Progress
from service.store.job_logs import LogLine


class Log:
    """Takes lines as they are stored, in batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    async def __call__(self, lines: Sequence[LogLine]) -> None:
        self.batches.append([line.output for line in lines])


def progress(log: Log, **options: int) -> Progress:
    return Progress(log, lambda: datetime.now(UTC), **options)


async def test_a_job_that_never_pauses_leaves_its_lines_for_its_end() -> None:
    log = Log()
    job = progress(log)
    await job.say("Setting up", "one")
    await job.run("Starting", 0.0, ["two", "three"])
    await job.say("Cleaning up")
    assert [line.output for line in await job.last_lines()] == ["one", "two", "three", ""]
    assert log.batches == []
    assert await job.last_lines() == []


async def test_a_pause_stores_what_waits() -> None:
    log = Log()
    job = progress(log)
    await job.say("Setting up", "one")
    await job.run("Starting", 0.2, ["two", "three"])
    assert log.batches == [["one", "two"], ["three"]]


async def test_a_cancel_keeps_what_was_said_before_it() -> None:
    log = Log()
    job = progress(log)
    running = asyncio.create_task(job.run("Starting", 60.0, ["one", "two"]))
    async with asyncio.timeout(30):
        while not log.batches:
            await asyncio.sleep(0.01)
        job.cancel()
        with pytest.raises(JobCanceled):
            await running
    await job.say("Canceled", "bye")
    assert [line.output for line in await job.last_lines()] == ["bye"]


async def test_many_lines_do_not_wait() -> None:
    log = Log()
    job = progress(log)
    await job.run("Starting", 0.0, ["x" * 30_000] * 4)
    assert [len(batch) for batch in log.batches] == [3]
    assert len(await job.last_lines()) == 1


async def test_lines_that_may_not_fit_are_stored_before_the_end() -> None:
    log = Log()
    job = progress(log, room=10)
    await job.say("Setting up", "12345")
    await job.flush()
    await job.say("Cleaning up", "123456")
    assert await job.last_lines() == []
    assert log.batches == [["12345"], ["123456"]]
