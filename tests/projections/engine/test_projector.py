"""The projector: exactly once, restartable anywhere, loud when it cannot go on."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from domain.workspaces.events import WorkspaceACLCleared, WorkspaceRenamed, WorkspaceTTLSet
from projections.engine import schema
from projections.engine.model import ReadModel
from projections.engine.projector import LostPosition, Projector, advance
from projections.engine.rebuild import rebuild
from projections.engine.tables import Rows
from projections.engine.tail import head, read_page
from projections.engine.verify import verify
from projections.live import LIVE_SCHEMA
from tests.projections.engine.conftest import Engine, created, history, names_model
from tests.support.projecting import open_projecting

A, B, C = (str(uuid.UUID(int=n)) for n in (10, 11, 12))
STEPS = history(
    (A, created("a")), (B, created("b")), (A, WorkspaceTTLSet(5)), (B, WorkspaceACLCleared()), (A, WorkspaceRenamed("o", "a2")),
    (C, created("c")), (C, WorkspaceTTLSet(7)), (A, WorkspaceTTLSet(9)), (A, WorkspaceACLCleared()), (C, WorkspaceTTLSet(8)),
)  # fmt: skip


async def names(engine: Engine) -> list[tuple[Any, ...]]:
    connection = await engine.connect()
    async with connection:
        return await (await connection.execute("SELECT name, ttl_ms, changes, doc, position FROM names ORDER BY id")).fetchall()


async def prepared(engine: Engine, models: Sequence[ReadModel]) -> None:
    connection = await engine.connect()
    async with connection:
        await rebuild(connection, engine.mapper, models)


@contextlib.asynccontextmanager
async def projecting(engine: Engine, models: Sequence[ReadModel], **options: Any) -> AsyncIterator[Projector]:
    projector = Projector(engine.connect, engine.mapper, models, poll_seconds=0.02, **options)
    task = asyncio.create_task(projector.run())
    try:
        yield projector
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def reach(projector: Projector, position: int) -> None:
    async with asyncio.timeout(30):
        while projector.position < position:
            await asyncio.sleep(0.005)


EXPECTED = [("a2", None, 3, "a2!", 8), ("b", None, 0, "b!", 2), ("c", 8, 2, "c!", 10)]


async def test_tables_do_not_depend_on_the_size_of_batches(engine: Engine) -> None:
    projecting = await open_projecting(engine.url, [names_model()])
    async with projecting.connection:
        await projecting.same_for_every_batch_size(STEPS, sizes=(1, 2, 3, 1000))


@pytest.mark.parametrize("batch", [1, 3, 500])
async def test_the_live_projector_folds_everything_once(engine: Engine, batch: int) -> None:
    await prepared(engine, [names_model()])
    await engine.append(STEPS[:4])
    async with projecting(engine, [names_model()], batch=batch) as projector:
        await reach(projector, 4)
        await engine.append(STEPS[4:])
        projector.wake()
        await reach(projector, 10)
    assert await names(engine) == EXPECTED


async def test_a_lost_notification_costs_only_the_poll(engine: Engine) -> None:
    await prepared(engine, [names_model()])
    async with projecting(engine, [names_model()]) as projector:
        await engine.append(STEPS)
        await reach(projector, 10)


async def test_a_dropped_connection_in_the_middle_loses_and_doubles_nothing(engine: Engine) -> None:
    await prepared(engine, [names_model()])
    await engine.append(STEPS)
    async with projecting(engine, [names_model()], batch=1) as projector:
        for _ in range(5):
            await asyncio.sleep(0.01)
            admin = await engine.connect()
            async with admin:
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
        await reach(projector, 10)
    assert await names(engine) == EXPECTED


async def test_two_projectors_never_fold_the_same_event_twice(engine: Engine) -> None:
    await prepared(engine, [names_model()])
    async with projecting(engine, [names_model()], batch=1) as one, projecting(engine, [names_model()], batch=1) as two:
        await engine.append(STEPS)
        async with asyncio.timeout(30):
            while max(one.position, two.position) < 10:
                await asyncio.sleep(0.005)
        assert not (one.leading and two.leading)
    assert await names(engine) == EXPECTED


async def test_a_batch_against_moved_positions_changes_nothing(engine: Engine) -> None:
    model = names_model()
    await prepared(engine, [model])
    await engine.append(STEPS)
    connection = await engine.connect()
    async with connection:
        events, reached = await read_page(connection, engine.mapper, 0, 100)
        await advance(connection, [model], {"names": 0}, events, reached, Rows())
        with pytest.raises(LostPosition):
            await advance(connection, [model], {"names": 0}, events, reached, Rows())
    assert await names(engine) == EXPECTED


async def test_what_fails_on_rows_that_somebody_else_brought_further_stops_no_model(engine: Engine) -> None:
    model = names_model()

    @model.bulk(WorkspaceTTLSet, changes=model.tables)
    async def refuse(connection: AsyncConnection[Any], _event: Any, recorded: Recorded) -> None:
        # As a table refuses a version that ends before it begins.
        cursor = await connection.execute("SELECT 1 FROM names WHERE position >= %s", (recorded.position,))
        if await cursor.fetchall():
            raise ValueError("this was folded before")

    await prepared(engine, [model])
    await engine.append(STEPS[:6])
    projector = Projector(engine.connect, engine.mapper, [model], poll_seconds=60)
    task = asyncio.create_task(projector.run())
    try:
        await reach(projector, 6)
        await engine.append(STEPS[6:])
        async with await engine.connect() as connection:
            events, reached = await read_page(connection, engine.mapper, 6, 100)
            await advance(connection, [model], {"names": 6}, events, reached, Rows())
        # It still believes to stand at 6, and finds out what it is told here.
        await engine.append([replace(STEPS[-1], version=STEPS[-1].version + 1)])
        projector.wake()
        await reach(projector, 11)
        assert projector.halted == {}
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await names(engine) == [*EXPECTED[:2], ("c", 8, 3, "c!", 11)]


async def test_a_poisoned_event_stops_its_model_loudly_and_no_other(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    class Other(ReadModel):
        @property
        def schema(self) -> str:
            return "CREATE TABLE others (id uuid PRIMARY KEY)"

    models = [names_model(poison="c"), Other("others", ())]
    await prepared(engine, models)
    async with projecting(engine, models, batch=2) as projector:
        await engine.append(STEPS)
        await reach(projector, 10)
        assert list(projector.halted) == ["names"]
    assert any("read model stopped" in record.message for record in caplog.records)
    connection = await engine.connect()
    async with connection:
        assert await schema.positions(connection) == {"names": 4, "others": 10}
    async with projecting(engine, [names_model(), models[1]]) as mended:
        await reach(mended, 10)
        async with asyncio.timeout(30):
            while await names(engine) != EXPECTED:
                await asyncio.sleep(0.01)


async def test_rebuild_switches_beside_a_running_projector(engine: Engine) -> None:
    await prepared(engine, [names_model()])
    async with projecting(engine, [names_model()]) as projector:
        await engine.append(STEPS[:6])
        await reach(projector, 6)
        await prepared(engine, [names_model()])
        await engine.append(STEPS[6:])
        await reach(projector, 10)
    assert await names(engine) == EXPECTED


async def test_verify_finds_no_difference_and_then_the_one_that_was_made(engine: Engine) -> None:
    await prepared(engine, [names_model()])
    async with projecting(engine, [names_model()]) as projector:
        await engine.append(STEPS)
        await reach(projector, 10)
    live, shadow = await engine.connect(), await engine.connect()
    async with live, shadow:
        clean = await verify(live, shadow, engine.mapper, [names_model()])
        assert (clean.position, clean.behind, clean.rows, clean.differences) == (10, 0, 3, ())
        await live.execute("UPDATE names SET name = 'forged' WHERE name = 'b'")
        found = await verify(live, shadow, engine.mapper, [names_model()])
        assert {(d.side, d.table) for d in found.differences} == {("live", "names"), ("rebuilt", "names")}
        assert any("forged" in d.row for d in found.differences if d.side == "live")
        assert await head(live) == 10
        with pytest.raises(psycopg.errors.UndefinedTable):
            await live.execute(f"SELECT 1 FROM {LIVE_SCHEMA}_{shadow.info.backend_pid}_shadow.names")
        # Nobody projects: what is behind the log is right as far as it goes, and it is told how far that is.
        await engine.append([replace(STEPS[-1], version=STEPS[-1].version + 1)])
        late = await verify(live, shadow, engine.mapper, [names_model()])
        assert (late.position, late.behind) == (10, 1)


async def test_a_database_that_takes_no_writes_for_a_while_stops_no_model(engine: Engine) -> None:
    await prepared(engine, [names_model()])
    await engine.append(STEPS)
    refusals = 2

    async def connect() -> psycopg.AsyncConnection[Any]:
        nonlocal refusals
        connection = await engine.connect()
        if refusals:
            refusals -= 1
            await connection.execute("SET default_transaction_read_only TO on")
        return connection

    projector = Projector(connect, engine.mapper, [names_model()], poll_seconds=0.02)
    task = asyncio.create_task(projector.run())
    try:
        async with asyncio.timeout(30):
            while await names(engine) != EXPECTED:
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
    assert (refusals, projector.halted) == (0, {})


async def test_rows_that_a_rebuild_has_mended_are_not_written_back_as_they_were(engine: Engine) -> None:
    steps = history((A, created("a")), (A, WorkspaceTTLSet(5)), (A, WorkspaceTTLSet(9)))
    await prepared(engine, [names_model()])
    async with projecting(engine, [names_model()]) as projector:
        await engine.append(steps[:1])
        await reach(projector, 1)
    admin = await engine.connect()
    async with admin, projecting(engine, [names_model()]) as projector:
        await admin.execute("UPDATE names SET changes = 70")
        await engine.append(steps[1:2])
        await reach(projector, 2)
        # Nothing is appended meanwhile: the new tables stand where the old ones stood.
        await prepared(engine, [names_model()])
        await engine.append(steps[2:])
        await reach(projector, 3)
        async with asyncio.timeout(30):
            while (await names(engine))[0][1] != 9:
                await asyncio.sleep(0.01)
    assert await names(engine) == [("a", 9, 2, "a!", 3)]
