"""One process does the work; another takes over when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import psycopg
from psycopg import AsyncConnection

from service.automation.leader import Leader
from service.store.connect import connector

LOCK = 4711


class Work:
    """Counts how often it was begun, and holds on until it is ended or its connection fails."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.connection: AsyncConnection[Any] | None = None

    async def __call__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self.begun.set()
        while True:
            await connection.execute("SELECT pg_sleep(0.05)")


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, psycopg.Error):
        await task


async def test_only_one_leads_and_the_next_takes_over(migrated_url: str) -> None:
    works = [Work(), Work()]
    leaders = [Leader(connector(migrated_url), LOCK, "test", poll_seconds=0.02) for _ in works]
    tasks = []
    async with asyncio.timeout(30):
        for leader, work in zip(leaders, works, strict=True):
            tasks.append(asyncio.create_task(leader.run(work)))
            if not works[0].begun.is_set():
                await works[0].begun.wait()
        assert [leader.leading for leader in leaders] == [True, False]
        await _stop(tasks[0])
        await works[1].begun.wait()
        assert [leader.leading for leader in leaders] == [False, True]
        await _stop(tasks[1])


async def test_a_leader_whose_connection_is_cut_leads_again_on_another(migrated_url: str) -> None:
    work = Work()
    leader = Leader(connector(migrated_url), LOCK, "test", poll_seconds=0.02)
    async with asyncio.timeout(30):
        task = asyncio.create_task(leader.run(work))
        await work.begun.wait()
        cut = work.connection
        assert cut is not None
        work.begun.clear()
        async with await AsyncConnection.connect(migrated_url, autocommit=True) as other:
            await other.execute("SELECT pg_terminate_backend(%s)", (cut.info.backend_pid,))
        await work.begun.wait()
        assert work.connection is not cut
        await _stop(task)
