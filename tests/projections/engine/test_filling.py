"""The working set of a rebuild: bounded, loud when it cannot write, and never asked for what it knows."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import psycopg
import pytest

from domain.workspaces.events import WorkspaceACLCleared, WorkspaceCreated, WorkspaceTTLSet
from projections.engine import schema
from projections.engine.batch import fold
from projections.engine.fill import fill
from projections.engine.filling import Filling
from projections.engine.rebuild import rebuild
from projections.engine.tail import head
from projections.engine.writers import writing
from tests.projections.engine.conftest import NAMES, Engine, created, history, names_model

MANY = [str(uuid.UUID(int=n)) for n in range(100, 160)]
LIVES = history(*((id, created(id)) for id in MANY), *((id, WorkspaceTTLSet(n)) for n, id in enumerate(reversed(MANY))))


@pytest.mark.parametrize("keep", [0, 1, 10, 1000])
async def test_no_more_rows_are_held_than_allowed(engine: Engine, keep: int) -> None:
    model = names_model()
    async with await engine.connect() as connection:
        await schema.create(connection, [model], "filled")
        async with writing(connection, "filled") as writers:
            rows = Filling(writers, keep=keep)
            for start in range(0, len(LIVES), 6):
                await fold(connection, [model], {"names": 0}, LIVES[start : start + 6], rows)
                assert rows.size <= keep
            await rows.write_out()
        cursor = await connection.execute("SELECT count(*), sum(changes), sum(ttl_ms) FROM names")
        assert await cursor.fetchone() == (60, 60, sum(range(60)))


async def test_what_fits_is_never_asked_for(engine: Engine) -> None:
    model = names_model()
    async with await engine.connect() as connection:
        await schema.create(connection, [model], "filled")
        async with writing(connection, "filled") as writers:
            rows = Filling(writers, keep=len(MANY))
            # Whoever asks a closed connection fails.
            await connection.close()
            await fold(connection, [model], {"names": 0}, LIVES, rows)
            await rows.write_out()


async def test_what_was_never_written_is_not_asked_for_however_few_rows_are_held(engine: Engine) -> None:
    model = names_model()
    births = LIVES[: len(MANY)]
    async with await engine.connect() as connection, await engine.connect() as other:
        await schema.create(connection, [model], "filled")
        async with writing(connection, "filled") as writers:
            rows = Filling(writers, keep=4)
            await connection.close()
            for start in range(0, len(births), 6):
                await fold(connection, [model], {"names": 0}, births[start : start + 6], rows)
            await rows.write_out()
        cursor = await other.execute("SELECT count(*) FROM filled.names")
        assert await cursor.fetchone() == (len(births),)


async def test_a_set_based_change_sees_what_was_held_and_is_seen_afterwards(engine: Engine) -> None:
    one, other = MANY[:2]
    await engine.append(
        history(
            (one, created("a")), (one, WorkspaceTTLSet(5)), (one, WorkspaceACLCleared()), (other, created("b")), (one, WorkspaceTTLSet(6))
        )
    )
    async with await engine.connect() as connection:
        await schema.create(connection, [names_model()], "filled", with_indexes=False)
        await fill(connection, engine.mapper, [names_model()], "filled", upto=await head(connection))
        cursor = await connection.execute("SELECT name, ttl_ms, changes, doc, position FROM names ORDER BY name")
        assert await cursor.fetchall() == [("a", 6, 2, "a!", 5), ("b", None, 0, "b!", 4)]


async def test_a_row_that_the_table_refuses_ends_the_rebuild_and_leaves_what_is_live(engine: Engine) -> None:
    async with await engine.connect() as connection:
        await rebuild(connection, engine.mapper, [names_model()])
        await engine.append(history((MANY[0], created("a"))))
        refusing = names_model()

        @refusing.on(WorkspaceCreated)
        def on_created(rows: Any, _event: Any, recorded: Any) -> None:
            rows.put(NAMES, {"id": recorded.stream.id, "changes": 0})

        with pytest.raises(psycopg.errors.NotNullViolation):
            await rebuild(connection, engine.mapper, [refusing])
        assert await schema.positions(connection) == {"names": 0}
    # Nobody holds the lock, no thread is left.
    async with asyncio.timeout(30), await engine.connect() as connection:
        await rebuild(connection, engine.mapper, [names_model()])
