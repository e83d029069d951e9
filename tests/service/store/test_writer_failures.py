"""The one writer when things break around it: everybody who waits is answered, truly, and the next change is stored."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from service.store.append import APPEND_LOCK, Work
from service.store.connect import connector
from service.store.group_commit import Busy, GroupCommit
from tests.service.store.conftest import Store
from tests.service.store.test_append import change, log_of, new_stream

WAIT_SECONDS = 30.0
#: Sessions of this test's own database: the server has those of other tests, too, who wait for locks of their own.
_WAITING = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def test_nobody_is_told_that_a_change_was_not_stored_when_that_is_not_known(store: Store) -> None:
    is_away = False

    async def connect() -> AsyncConnection[Any]:
        if is_away:
            raise psycopg.OperationalError("away")
        return await connector(store.url)()

    writer = GroupCommit(connect, store.mapper)
    await writer.start()
    admin = await store.connect()
    async with admin:
        async with admin.transaction():
            await admin.execute("LOCK TABLE ledger_events IN EXCLUSIVE MODE")
            waiting = asyncio.create_task(writer.commit(Work((change(new_stream(), 1),))))
            await _blocked(store)
            is_away = True
            await admin.execute(f"SELECT pg_terminate_backend(pid) {_WAITING}")
            with pytest.raises(Busy) as refusal:
                await asyncio.wait_for(waiting, WAIT_SECONDS)
        assert "not known" in refusal.value.detail
        is_away = False
        await asyncio.wait_for(writer.commit(Work((change(new_stream(), 1),))), WAIT_SECONDS)
    await writer.stop()


async def test_a_database_that_takes_no_writes_is_busy_and_is_asked_anew(store: Store) -> None:
    async def read_only() -> AsyncConnection[Any]:
        connection = await connector(store.url)()
        await connection.execute(f"SET default_transaction_read_only TO {mode}")
        return connection

    mode = "on"
    writer = GroupCommit(read_only, store.mapper)
    await writer.start()
    with pytest.raises(Busy):
        await writer.commit(Work((change(new_stream(), 1),)))
    mode = "off"
    await writer.commit(Work((change(new_stream(), 1),)))
    await writer.stop()
    assert len(await log_of(store)) == 1


async def test_nobody_waits_long_for_a_log_that_somebody_else_keeps_to_himself(store: Store) -> None:
    writer = GroupCommit(connector(store.url), store.mapper, lock_ms=50)
    await writer.start()
    async with await store.connect() as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
        with pytest.raises(Busy, match="does not answer"):
            await asyncio.wait_for(writer.commit(Work((change(new_stream(), 1),))), WAIT_SECONDS)
    await asyncio.wait_for(writer.commit(Work((change(new_stream(), 1),))), WAIT_SECONDS)
    await writer.stop()
    assert len(await log_of(store)) == 1


async def test_a_change_that_comes_after_the_end_is_refused(store: Store) -> None:
    writer = GroupCommit(connector(store.url), store.mapper)
    await writer.start()
    last = asyncio.create_task(writer.commit(Work((change(new_stream(), 1),))))
    await asyncio.sleep(0)
    await writer.stop()
    assert (await last)[0].position == 1
    with pytest.raises(Busy):
        await asyncio.wait_for(writer.commit(Work((change(new_stream(), 1),))), WAIT_SECONDS)


@pytest.mark.parametrize("listener", ["observe_batch", "committed"])
async def test_a_fault_in_who_is_told_of_commits_ends_no_writer(store: Store, listener: str) -> None:
    def fail(*_args: int) -> None:
        raise RuntimeError

    setattr(store.writer, listener, fail)
    for _ in range(2):
        await asyncio.wait_for(store.writer.commit(Work((change(new_stream(), 1),))), WAIT_SECONDS)
    assert len(await log_of(store)) == 2


async def _blocked(store: Store) -> None:
    """Return once somebody waits for a lock."""
    async with asyncio.timeout(WAIT_SECONDS), store.pool.connection() as connection:
        while not (await (await connection.execute(f"SELECT count(*) {_WAITING}")).fetchall())[0][0]:
            await asyncio.sleep(0.01)
