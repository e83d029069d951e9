"""A reader that follows positions while many write, clash and roll back: it misses nothing, repeats nothing."""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid

from domain.kernel.events import Recorded, Stream
from domain.workspaces.events import WorkspaceTTLSet
from projections.engine.tail import read_page
from service.store.append import VersionConflict, Work
from service.store.connect import connector
from service.store.group_commit import GroupCommit
from tests.service.store.conftest import Store
from tests.support.spec import NOON, context

WRITERS = 4
COMMITS = 120


async def test_a_tailing_reader_sees_every_position_once_and_in_order(store: Store) -> None:
    streams = [Stream("workspace", str(uuid.UUID(int=n + 1))) for n in range(8)]
    writers = [GroupCommit(connector(store.url), store.mapper, max_batch=random.choice((1, 3, 256))) for _ in range(WRITERS)]
    for writer in writers:
        await writer.start()
    acknowledged: set[int] = set()
    clashes = 0
    seen: list[int] = []
    writing = True

    async def write(writer: GroupCommit, seed: int) -> None:
        nonlocal clashes
        chosen = random.Random(seed)
        versions = dict.fromkeys(streams, 0)
        for _ in range(COMMITS):
            stream = chosen.choice(streams)
            count = chosen.randint(1, 4)
            first = versions[stream] + 1
            events = tuple(
                Recorded(WorkspaceTTLSet(n), stream, first + n, str(uuid.uuid4()), NOON, context().metadata) for n in range(count)
            )
            try:
                stored = await writer.commit(Work(events))
            except VersionConflict:
                # Another writer was faster: its events are there now, ours burned some positions.
                clashes += 1
                versions[stream] += 1
            else:
                versions[stream] += count
                acknowledged.update(e.position for e in stored)

    async def follow() -> None:
        connection = await store.connect()
        async with connection:
            position = 0
            while True:
                # Asked before the read: what is committed by then must be in this read or in an earlier one.
                last = not writing
                events, position = await read_page(connection, store.mapper, position, 50)
                seen.extend(e.position for e in events)
                if last and not events:
                    return
                await asyncio.sleep(0)

    async def roll_back() -> None:
        connection = await store.connect()
        async with connection:
            while writing:
                with contextlib.suppress(RuntimeError):
                    async with connection.transaction():
                        await connection.execute("LOCK TABLE ledger_events IN EXCLUSIVE MODE")
                        await connection.execute(
                            "INSERT INTO ledger_events (originator_id, originator_version, topic, state) VALUES (%s, 1, 'x/1', '')",
                            (str(uuid.uuid4()),),
                        )
                        raise RuntimeError
                await asyncio.sleep(0.002)

    reader, spoiler = asyncio.create_task(follow()), asyncio.create_task(roll_back())
    await asyncio.gather(*(write(writer, n) for n, writer in enumerate(writers * 2)))
    writing = False
    await asyncio.gather(reader, spoiler)
    for writer in writers:
        await writer.stop()
    assert clashes > 0, "the writers never met"
    assert seen == sorted(set(seen))
    assert set(seen) == acknowledged
