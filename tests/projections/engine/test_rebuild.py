"""Rebuilds beside what lives: of some read models, held back by readers, at a pace, and side by side with other releases."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from psycopg import AsyncConnection

from domain.workspaces.events import WorkspaceRenamed, WorkspaceTTLSet
from projections.engine import connections, schema
from projections.engine.claims import claim, sweep
from projections.engine.fill import Course
from projections.engine.model import ReadModel
from projections.engine.pace import Pace
from projections.engine.projector import Projector
from projections.engine.rebuild import ensure, rebuild
from projections.engine.switch import HOLD, LET_GO
from projections.engine.tables import Rows, Table
from projections.live import LIVE_SCHEMA
from tests.projections.engine.conftest import Engine, created, history, names_model
from tests.projections.engine.test_projector import EXPECTED, STEPS, names, projecting, reach

A = str(uuid.UUID(int=10))
TITLES = Table("titles", key=("id",), columns={"id": "uuid", "title": "text"}, remembered=("title",))


class _TitlesModel(ReadModel):
    @property
    def schema(self) -> str:
        return f"CREATE TABLE titles (id uuid PRIMARY KEY, title text NOT NULL);\n{self._versions_schema}"


def titles_model() -> ReadModel:
    """A read model with a past, beside the one of the names."""
    model = _TitlesModel("titles", (TITLES,))

    @model.on(WorkspaceRenamed)
    def on_renamed(rows: Rows, event: Any, recorded: Any) -> None:
        rows.put(TITLES, {"id": recorded.stream.id, "title": event.name})

    return model


def both() -> list[ReadModel]:
    return [names_model(), titles_model()]


async def titles(engine: Engine, position: int) -> list[Any]:
    async with await engine.connect() as connection, connection.transaction():
        await connection.execute("SELECT set_config('ledger.at', %s, true)", (str(position),))
        past = await (await connection.execute(f"SELECT title FROM {LIVE_SCHEMA}_past.titles")).fetchall()
        return [*await (await connection.execute("SELECT title FROM titles")).fetchall(), *past]


async def prepared(engine: Engine, models: Sequence[ReadModel], **options: Any) -> int:
    async with await engine.connect() as connection:
        return await rebuild(connection, engine.mapper, models, **options)


async def test_one_read_model_is_rebuilt_beside_the_projector_of_all(engine: Engine) -> None:
    await prepared(engine, both())
    async with projecting(engine, both(), batch=2) as projector:
        await engine.append(STEPS[:6])
        await reach(projector, 6)
        async with await engine.connect() as connection:
            await connection.execute("UPDATE names SET name = 'forged', changes = 70")
        assert await prepared(engine, both(), only=("names",)) == 6
        await engine.append(STEPS[6:])
        await reach(projector, 10)
    assert await names(engine) == EXPECTED
    assert await titles(engine, 10) == [("a2",), ("a2",)]
    assert await titles(engine, 4) == [("a2",)], "the views of the past were made anew"
    async with await engine.connect() as connection:
        assert await schema.positions(connection) == {"names": 10, "titles": 10}


async def test_a_read_model_that_an_event_had_stopped_stands_where_the_others_do(engine: Engine) -> None:
    poisoned = [names_model(poison="c"), titles_model()]
    await prepared(engine, poisoned)
    async with projecting(engine, poisoned, batch=2) as projector:
        await engine.append(STEPS)
        await reach(projector, 10)
        assert list(projector.halted) == ["names"]
    assert await prepared(engine, both(), only=("names",)) == 10
    assert await names(engine) == EXPECTED


@pytest.mark.parametrize("only", [(), ("names",)], ids=["all", "some"])
async def test_a_rebuild_that_cannot_fold_an_event_leaves_what_lives_and_nothing_else(engine: Engine, only: tuple[str, ...]) -> None:
    await engine.append(STEPS)
    await prepared(engine, both())
    with pytest.raises(ValueError, match="poisoned"):
        await prepared(engine, [names_model(poison="c"), titles_model()], only=only)
    assert await names(engine) == EXPECTED
    async with await engine.connect() as connection:
        assert not await schema.exists(connection, schema.beside(LIVE_SCHEMA))


async def test_the_past_survives_the_rebuild_of_the_model_that_has_it(engine: Engine) -> None:
    await engine.append(STEPS)
    await prepared(engine, both())
    before = await titles(engine, 10)
    await prepared(engine, both(), only=("titles",))
    assert await titles(engine, 10) == before == [("a2",), ("a2",)]


@pytest.mark.parametrize("only", [(), ("names",)], ids=["all", "some"])
async def test_the_switch_steps_back_for_who_reads(engine: Engine, only: tuple[str, ...]) -> None:
    await engine.append(STEPS)
    await prepared(engine, both())
    async with await engine.connect() as reader, await engine.connect() as other:
        async with reader.transaction():
            await reader.execute("SELECT count(*) FROM names")
            await reader.execute(HOLD, (LIVE_SCHEMA,))
            rebuilding = asyncio.create_task(prepared(engine, both(), only=only))
            for _ in range(20):
                # Others are never in line behind it for long.
                async with asyncio.timeout(10):
                    assert (await (await other.execute("SELECT count(*) FROM names")).fetchone()) == (3,)
                await asyncio.sleep(0.05)
            assert not rebuilding.done()
        await reader.execute(LET_GO, (LIVE_SCHEMA,))
        assert await rebuilding == 10
    assert await names(engine) == EXPECTED


async def test_read_models_that_are_there_are_not_made_again(engine: Engine) -> None:
    async with await engine.connect() as one, await engine.connect() as other:
        await schema.drop(one, LIVE_SCHEMA)
        made = await asyncio.gather(*(ensure(connection, engine.mapper, both()) for connection in (one, other)))
        assert sorted(made) == [False, True]
        assert not await ensure(one, engine.mapper, both())


async def test_projectors_of_two_releases_fold_side_by_side(engine: Engine) -> None:
    async def connect_to(name: str) -> AsyncConnection[Any]:
        connection = await engine.connect()
        await connections.configure(connection, name)
        return connection

    projectors = []
    for name in ("ledger_read_one", "ledger_read_other"):
        async with await connect_to(name) as connection:
            await ensure(connection, engine.mapper, both())
        projectors.append(Projector(lambda name=name: connect_to(name), engine.mapper, both(), poll_seconds=0.02))  # type: ignore[misc]
    tasks = [asyncio.create_task(projector.run()) for projector in projectors]
    await engine.append(STEPS)
    for projector in projectors:
        await reach(projector, 10)
        assert projector.leading
    for task in tasks:
        task.cancel()


async def test_what_is_claimed_is_not_swept_away(engine: Engine) -> None:
    async with await engine.connect() as owner, await engine.connect() as other:
        for name in ("ledger_read_x_next", "ledger_read_y_next"):
            await schema.create(owner, both(), name)
        await claim(owner, "ledger_read_x_next")
        await sweep(other)
        assert await schema.exists(other, "ledger_read_x_next")
        assert not await schema.exists(other, "ledger_read_y_next")
    async with await engine.connect() as other, asyncio.timeout(30):
        while await schema.exists(other, "ledger_read_x_next"):
            await sweep(other)


async def test_a_rebuild_says_where_it_is(engine: Engine) -> None:
    await engine.append(STEPS)
    said: list[Any] = []
    course = Course(progress=lambda done, total: said.append((done, total)), phase=said.append, page=4)
    await prepared(engine, both(), course=course)
    assert said == ["events", (4, 10), (8, 10), (10, 10), "indexes and documents", "switch"]


async def test_no_more_events_are_folded_in_a_second_than_allowed(engine: Engine) -> None:
    await engine.append(history(*((str(uuid.uuid4()), created(str(n))) for n in range(30))))
    await prepared(engine, both())
    async with await engine.connect() as connection:
        started = asyncio.get_running_loop().time()
        await rebuild(connection, engine.mapper, both(), course=Course(rest=Pace(connection, LIVE_SCHEMA, most=60).rest, page=10))
        assert asyncio.get_running_loop().time() - started >= 0.4


async def test_a_rebuild_rests_while_the_projector_is_behind(engine: Engine) -> None:
    await prepared(engine, both())
    async with await engine.connect() as connection:
        pace = Pace(connection, LIVE_SCHEMA)
        loop = asyncio.get_running_loop()
        await engine.append(history((A, created("a")), *((A, WorkspaceTTLSet(n)) for n in range(1500))))
        started = loop.time()
        await pace.rest(10, 0.2)
        assert loop.time() - started >= 0.2
