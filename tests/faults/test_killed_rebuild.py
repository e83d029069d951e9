"""kill -9 of what makes read models, at any moment: those that serve are whole, and nothing is in the way of the next one."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg import AsyncConnection

from projections.engine import schema
from projections.engine.switch import HOLD, LET_GO
from projections.live import LIVE_SCHEMA
from service.store.connect import connector
from service.store.prepare import prepare
from tests.support.api import Client
from tests.support.faults import Deployment, deployment
from tests.support.long_log import append_lives, caught_up
from tests.support.postgres import PostgresServer
from tests.support.workspaces import publish, workspace

#: So many that a fold of their events goes on for a while after it has begun.
LIVES = 500
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Busy:
    """A serving process with a log that takes a while to fold."""

    dsn: str
    place: Deployment
    client: Client
    template_id: str

    async def works(self, name: str) -> None:
        """A change is made, shown, and the read models are those of the log."""
        await workspace(self.client, self.template_id, name)
        await self.place.verified()


@pytest.fixture(scope="session")
def long_template(template_database: Callable[[str, Callable[[str], None]], str]) -> str:
    """A template database with somebody's template and a log that takes a while to fold, and its read models."""

    async def live(url: str) -> None:
        await prepare(url)
        async with deployment(LEDGER_DATABASE_URL=url) as place:
            process = await place.start()
            client = await place.sign_in(process)
            await publish(client, (await client.get("/organizations/default", want=200)).json["id"])
            await append_lives(url, LIVES)
            await caught_up(client)
            await process.terminate()

    return template_database("long", lambda url: asyncio.run(live(url)))


@pytest.fixture
def long_url(postgres: PostgresServer, long_template: str) -> Iterator[str]:
    """A copy of it; dropped afterwards."""
    url = postgres.database(long_template)
    yield url
    postgres.drop(url)


@pytest.fixture
async def busy(long_url: str) -> AsyncIterator[Busy]:
    async with deployment(LEDGER_DATABASE_URL=long_url) as place:
        client = await place.sign_in(await place.start())
        (template,) = (await client.get("/templates", want=200)).json
        yield Busy(long_url, place, client, template["id"])


async def until(connection: AsyncConnection[Any], statement: str, seconds: float = 60.0) -> None:
    """Return as soon as the statement gives true."""
    async with asyncio.timeout(seconds):
        while not (await (await connection.execute(statement)).fetchone() or (False,))[0]:
            await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def unfinished(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """What makes read models does not come past its switch meanwhile: it may be quicker than whoever looks for its beginning."""
    await connection.execute(HOLD, (LIVE_SCHEMA,))
    try:
        yield
    finally:
        await connection.execute(LET_GO, (LIVE_SCHEMA,))


async def leftovers(connection: AsyncConnection[Any]) -> list[str]:
    statement = r"SELECT nspname FROM pg_namespace WHERE nspname ~ '^ledger_read_.*_(next|old|shadow)(_past)?$'"
    return [row[0] for row in await (await connection.execute(statement)).fetchall()]


BEGUN = f"SELECT to_regclass('{schema.beside(LIVE_SCHEMA)}.positions') IS NOT NULL"
SWITCHING = """
    SELECT EXISTS (
      SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE '%switch of%' AND wait_event = 'advisory' AND pid <> pg_backend_pid()
    )
"""


@pytest.mark.parametrize("arguments", [(), ("workspaces", "timers")], ids=["all", "some"])
async def test_killed_while_it_folds(busy: Busy, arguments: tuple[str, ...]) -> None:
    async with await connector(busy.dsn)() as connection:
        for number in range(2):
            async with unfinished(connection):
                rebuilding = await busy.place.begin("rebuild", *arguments)
                await until(connection, BEGUN)
                await asyncio.sleep(random.random() / 4)
                rebuilding.kill()
                await rebuilding.wait()
            await busy.works(f"after-{number}")
        assert (await busy.place.tool("rebuild", *arguments)).status == 0
        assert await leftovers(connection) == []
    await busy.works("in-the-end")


@pytest.mark.parametrize("arguments", [(), ("workspaces", "history")], ids=["all", "some"])
async def test_killed_around_the_switch(busy: Busy, arguments: tuple[str, ...]) -> None:
    async with await connector(busy.dsn)() as connection:
        for number in range(ROUNDS):
            # Held back until it stands before its switch, so that it is killed there and not long before or afterwards.
            async with unfinished(connection):
                rebuilding = await busy.place.begin("rebuild", *arguments)
                await until(connection, SWITCHING)
            await asyncio.sleep(random.random() / 50)
            with contextlib.suppress(ProcessLookupError):
                rebuilding.kill()
            await rebuilding.wait()
            await workspace(busy.client, busy.template_id, f"after-{number}")
        await busy.place.verified()
        assert (await busy.place.tool("rebuild", *arguments)).status == 0
        assert await leftovers(connection) == []
    await busy.works("afterwards")


async def test_killed_while_it_compares_leaves_nothing_for_long(busy: Busy) -> None:
    async with await connector(busy.dsn)() as connection:
        verifying = await busy.place.begin("verify")
        await until(connection, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname LIKE '%\\_shadow')")
        verifying.kill()
        await verifying.wait()
        await busy.place.verified()
        assert await leftovers(connection) == []


async def test_told_to_end_while_a_release_makes_its_first_read_models(long_url: str) -> None:
    async with deployment(LEDGER_DATABASE_URL=long_url) as place, await connector(long_url)() as connection:
        await schema.drop(connection, LIVE_SCHEMA)
        async with unfinished(connection):
            starting = await place.begin("serve")
            await until(connection, BEGUN)
            starting.terminate()
            async with asyncio.timeout(10):
                assert await starting.wait() == 0
        assert not await schema.exists(connection, LIVE_SCHEMA)
        await place.start()
        await place.verified()


async def test_killed_while_a_release_makes_its_first_read_models(long_url: str) -> None:
    async with deployment(LEDGER_DATABASE_URL=long_url) as place, await connector(long_url)() as connection:
        await schema.drop(connection, LIVE_SCHEMA)
        for _ in range(2):
            async with unfinished(connection):
                starting = await place.begin("serve")
                await until(connection, BEGUN)
                await asyncio.sleep(random.random() / 4)
                starting.kill()
                await starting.wait()
        client = await place.sign_in(await place.start())
        await client.get("/users/me", want=200)
        assert await leftovers(connection) == []
        await place.verified()
