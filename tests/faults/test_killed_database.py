"""kill -9 of the embedded PostgreSQL, postmaster and backends: the service says so, comes back by itself, and loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import aiohttp

from tests.faults.conftest import Running
from tests.support.api import Answer
from tests.support.writers import nothing_is_lost


async def test_callers_are_told_to_come_back_until_the_database_is_there_again(running: Running) -> None:
    reads: list[tuple[str, Answer]] = []
    async with running.writers() as writers, _reading(running, reads):
        await writers.wait_for(200)
        for pid in running.place.postgres_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # It comes back of itself: nobody restarts anything here.
        await writers.wait_for(200)

    answers = [answer for _, answer in (*reads, *writers.answers)]
    assert {answer.status for answer in answers} <= {200, 201, 204, 503}
    assert all(answer.status == 200 for path, answer in reads if path == "//healthz"), "it lives, whatever the database does"
    refused = [answer for answer in answers if answer.status == 503]
    assert refused, "nobody noticed that the database was away"
    assert all(answer.headers.get("Retry-After", "").isdigit() and answer.json["message"] for answer in refused)
    assert running.process.process.returncode is None
    await nothing_is_lost(running.place, running.client, writers.acknowledged)
    await running.place.verified()


@contextlib.asynccontextmanager
async def _reading(running: Running, answers: list[tuple[str, Answer]]) -> AsyncIterator[None]:
    """Somebody who lists and looks things up all the while."""

    async def read() -> None:
        while True:
            for path in ("/workspaces?q=name:ws", f"/workspaces/{running.workspace_ids[0]}", "/users", "/groups", "//healthz"):
                with contextlib.suppress(aiohttp.ClientError):
                    answers.append((path, await running.client.get(path)))
            await asyncio.sleep(0.02)

    task = asyncio.create_task(read(), name="reader")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
