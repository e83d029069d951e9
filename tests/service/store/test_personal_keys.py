"""Personal data lies sealed in the log; dropping the key erases it from every reading of history."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import Recorded, Stream
from domain.users.events import UserCreated
from service.store.append import SideWrite, Work
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.read import read_stream
from tests.service.store.conftest import Store
from tests.support.spec import NOON, context


async def create(store: Store) -> Stream:
    stream = Stream("user", str(uuid.uuid4()))
    raw = store.keys.new(stream.id)
    event = Recorded(
        UserCreated("zelda", "zelda@example.com", "Zelda Z", "password", "active"), stream, 1, str(uuid.uuid4()), NOON, context().metadata
    )
    write = SideWrite("INSERT INTO personal_keys (user_id, key) VALUES (%s, %s)", (stream.id, raw))
    await store.writer.commit(Work((event,), side_writes=(write,), people=frozenset({stream.id})))
    return stream


async def reread(connection: AsyncConnection[Any], stream: Stream) -> UserCreated:
    (recorded,) = await read_stream(connection, EventMapper(KeyRing()), stream.id)
    assert isinstance(recorded.event, UserCreated)
    return recorded.event


async def test_the_log_does_not_show_personal_data(store: Store) -> None:
    await create(store)
    async with store.pool.connection() as connection:
        cursor = await connection.execute("SELECT convert_from(state, 'UTF8') FROM ledger_events")
        text = str(await cursor.fetchall())
    assert "zelda" not in text.lower()
    assert "password" in text


async def test_whoever_holds_the_key_reads_it(store: Store) -> None:
    stream = await create(store)
    async with store.pool.connection() as connection:
        event = await reread(connection, stream)
    assert (event.username, event.email, event.name) == ("zelda", "zelda@example.com", "Zelda Z")


async def test_without_the_key_the_event_is_still_there_and_says_nothing(store: Store) -> None:
    stream = await create(store)
    async with store.pool.connection() as connection:
        await connection.execute("DELETE FROM personal_keys")
        event = await reread(connection, stream)
    assert (event.username, event.email, event.name) == ("", "", "")
    assert event.login_type == "password"


async def test_a_key_that_is_dropped_while_it_is_read_stays_dropped(store: Store) -> None:
    stream = await create(store)
    ring = KeyRing()
    admin = await store.connect()
    async with store.pool.connection() as connection, admin:
        async with admin.transaction():
            await admin.execute("LOCK TABLE personal_keys")
            reading = asyncio.create_task(ring.load(connection, [stream.id]))
            await asyncio.sleep(0.05)
            ring.put(stream.id, None)
        await reading
    assert not ring.usable(stream.id)
