"""The append: all or nothing, versions checked, positions in commit order, times that never go back."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from importlib import resources

import psycopg
import pytest

from domain.kernel.events import Recorded, Stream
from domain.workspaces.events import WorkspaceFavorited, WorkspaceTTLSet
from projections.engine.tail import read_page
from service.store.append import APPEND_LOCK, NoneSince, SideWrite, VersionConflict, Work
from tests.service.store.conftest import Store
from tests.support.spec import NOON, context


def change(stream: Stream, version: int, time: datetime = NOON, ttl: int = 60_000) -> Recorded:
    """One event at the given version."""
    return Recorded(WorkspaceTTLSet(ttl), stream, version, str(uuid.uuid4()), time, context().metadata)


def new_stream() -> Stream:
    return Stream("workspace", str(uuid.uuid4()))


async def log_of(store: Store) -> list[Recorded]:
    connection = await store.connect()
    async with connection:
        events, _ = await read_page(connection, store.mapper, 0, 10_000)
    return list(events)


async def test_what_was_committed_is_read_back_whole(store: Store) -> None:
    stream = new_stream()
    work = Work((change(stream, 1), Recorded(WorkspaceFavorited(), stream, 2, str(uuid.uuid4()), NOON, context().metadata)))
    stored = await store.writer.commit(work)
    assert await log_of(store) == list(stored)
    assert [e.position for e in stored] == sorted(e.position for e in stored)
    assert stored[0].position > 0


async def test_a_second_event_at_a_version_is_a_conflict_and_stores_nothing(store: Store) -> None:
    taken, fresh = new_stream(), new_stream()
    await store.writer.commit(Work((change(taken, 1),)))
    with pytest.raises(VersionConflict):
        await store.writer.commit(Work((change(fresh, 1), change(taken, 1))))
    assert len(await log_of(store)) == 1


async def test_a_conflict_harms_no_neighbour_of_its_batch(store: Store) -> None:
    taken = new_stream()
    await store.writer.commit(Work((change(taken, 1),)))
    works = [Work((change(new_stream(), 1),)) for _ in range(20)]
    works.insert(7, Work((change(taken, 1),)))
    results = await asyncio.gather(*(store.writer.commit(w) for w in works), return_exceptions=True)
    assert [i for i, r in enumerate(results) if isinstance(r, BaseException)] == [7]
    assert isinstance(results[7], VersionConflict)
    assert len(await log_of(store)) == 21


async def test_a_fact_that_moved_on_is_a_conflict(store: Store) -> None:
    fact, target = new_stream(), new_stream()
    await store.writer.commit(Work((change(fact, 1), change(fact, 2))))
    with pytest.raises(VersionConflict):
        await store.writer.commit(Work((change(target, 1),), held=((fact, 1),)))
    await store.writer.commit(Work((change(target, 1),), held=((fact, 2),)))
    with pytest.raises(VersionConflict):
        await store.writer.commit(Work((change(target, 2),), held=((new_stream(), 1),)))


async def test_side_writes_share_the_fate_of_the_events(store: Store) -> None:
    stream, user, other = new_stream(), str(uuid.uuid4()), str(uuid.uuid4())
    insert = "INSERT INTO password_hashes (user_id, hash) VALUES (%s, %s)"
    await store.writer.commit(Work((change(stream, 1),), side_writes=(SideWrite(insert, (user, "one")),)))
    with pytest.raises(VersionConflict):
        await store.writer.commit(Work((change(stream, 2),), side_writes=(SideWrite(insert, (user, "two")),)))
    with pytest.raises(VersionConflict):
        await store.writer.commit(Work((change(stream, 1),), side_writes=(SideWrite(insert, (other, "three")),)))
    async with store.pool.connection() as connection:
        cursor = await connection.execute("SELECT user_id, hash FROM password_hashes")
        assert await cursor.fetchall() == [(user, "one")]
    assert len(await log_of(store)) == 1


async def test_a_side_write_that_the_database_refuses_harms_no_other(store: Store) -> None:
    insert = "INSERT INTO password_hashes (user_id, hash) VALUES (%s, %s)"
    bad = Work((change(new_stream(), 1),), side_writes=(SideWrite(insert, (str(uuid.uuid4()), None)),))
    good = [Work((change(new_stream(), 1),)) for _ in range(5)]
    results = await asyncio.gather(*(store.writer.commit(w) for w in (*good, bad)), return_exceptions=True)
    assert [isinstance(r, psycopg.errors.NotNullViolation) for r in results] == [False] * 5 + [True]
    await store.writer.commit(Work((change(new_stream(), 1),)))
    assert len(await log_of(store)) == 6


async def test_a_side_write_that_cannot_be_sent_takes_its_events_with_it_and_harms_no_other(store: Store) -> None:
    insert = "INSERT INTO password_hashes (user_id, hash) VALUES (%s, %s)"
    writes = (SideWrite(insert, (str(uuid.uuid4()), "good")), SideWrite(insert, (str(uuid.uuid4()), "no\0text")))
    good = [Work((change(new_stream(), 1),)) for _ in range(5)]
    bad = Work((change(new_stream(), 1),), side_writes=writes)
    results = await asyncio.gather(*(store.writer.commit(w) for w in (*good, bad)), return_exceptions=True)
    assert [isinstance(r, psycopg.DataError) for r in results] == [False] * 5 + [True]
    await store.writer.commit(Work((change(new_stream(), 1),)))
    assert len(await log_of(store)) == 6
    async with store.pool.connection() as connection:
        assert await (await connection.execute("SELECT count(*) FROM password_hashes")).fetchone() == (0,)


async def test_times_never_decrease_as_positions_grow(store: Store) -> None:
    ahead = NOON + timedelta(seconds=5)
    await store.writer.commit(Work((change(new_stream(), 1, ahead),)))
    (late,) = await store.writer.commit(Work((change(new_stream(), 1, NOON),)))
    assert late.time == ahead
    assert [e.time for e in await log_of(store)] == [ahead, ahead]


async def test_times_never_decrease_inside_a_batch(store: Store) -> None:
    works = [Work((change(new_stream(), 1, NOON - timedelta(seconds=n)),)) for n in range(50)]
    await asyncio.gather(*(store.writer.commit(w) for w in works))
    times = [e.time for e in await log_of(store)]
    assert times == sorted(times)


async def test_a_caller_that_gives_up_does_not_stop_its_append(store: Store) -> None:
    stream = new_stream()
    task = asyncio.create_task(store.writer.commit(Work((change(stream, 1),))))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.writer.commit(Work((change(stream, 2),)))
    assert [e.version for e in await log_of(store)] == [1, 2]


async def test_the_writer_outlives_a_dropped_connection(store: Store) -> None:
    await store.writer.commit(Work((change(new_stream(), 1),)))
    async with store.pool.connection() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    await store.writer.commit(Work((change(new_stream(), 1),)))
    assert len(await log_of(store)) == 2


async def test_microseconds_and_zone_survive(store: Store) -> None:
    time = datetime(2026, 11, 5, 1, 2, 3, 456_780, tzinfo=UTC)
    await store.writer.commit(Work((change(new_stream(), 1, time),)))
    assert (await log_of(store))[0].time == time


async def test_a_fact_that_a_neighbour_of_the_batch_changes_is_a_conflict(store: Store) -> None:
    fact, target = new_stream(), new_stream()
    await store.writer.commit(Work((change(fact, 1),)))
    works = [Work((change(fact, 2),)), Work((change(target, 1),), held=((fact, 1),)), Work((change(new_stream(), 1),))]
    changed, relied, other = await asyncio.gather(*(store.writer.commit(w) for w in works), return_exceptions=True)
    assert isinstance(relied, VersionConflict)
    assert not isinstance(changed, BaseException)
    assert not isinstance(other, BaseException)


async def test_what_a_decision_did_not_know_of_is_a_conflict(store: Store) -> None:
    def ending(ttl: str, since: int) -> Work:
        return Work((change(new_stream(), 1),), none_since=(NoneSince("WorkspaceTTLSet", "ttl_ms", ttl, since),))

    (first,) = await store.writer.commit(Work((change(new_stream(), 1, ttl=120_000),)))
    with pytest.raises(VersionConflict):
        await store.writer.commit(ending("120000", first.position - 1))
    await store.writer.commit(ending("120000", first.position))
    await store.writer.commit(ending("180000", first.position - 1))
    same_batch = [Work((change(new_stream(), 1, ttl=240_000),)), ending("240000", first.position)]
    known, unknown = await asyncio.gather(*(store.writer.commit(w) for w in same_batch), return_exceptions=True)
    assert not isinstance(known, BaseException)
    assert isinstance(unknown, VersionConflict)


async def test_an_append_waits_for_no_vacuum(store: Store) -> None:
    await store.writer.commit(Work((change(new_stream(), 1),)))
    async with await store.connect() as other:
        await other.execute("BEGIN")
        # What VACUUM and ANALYZE hold on the table they work on.
        await other.execute("LOCK TABLE ledger_events IN SHARE UPDATE EXCLUSIVE MODE")
        async with asyncio.timeout(30):
            await store.writer.commit(Work((change(new_stream(), 1),)))
        await other.execute("ROLLBACK")


def test_the_statement_that_appends_takes_the_lock_of_those_that_look() -> None:
    sql = resources.files("service.store.migrations").joinpath("0001_log.sql").read_text()
    assert f"pg_advisory_xact_lock({APPEND_LOCK})" in sql
