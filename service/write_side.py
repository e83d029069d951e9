"""The write side of a process: a part of the composition root that tools need without the rest."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from psycopg_pool import AsyncConnectionPool

from projections import live
from service.commands.bus import CommandBus
from service.commands.router import COMMANDS
from service.observability import metrics
from service.store.connect import connector
from service.store.group_commit import GroupCommit
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.repository import Repository


@dataclass(frozen=True, slots=True)
class WriteSide:
    """What carries out commands; a service has it, and so has a tool that changes something beside one."""

    mapper: EventMapper
    keys: KeyRing
    pool: AsyncConnectionPool[Any]
    repository: Repository
    writer: GroupCommit
    bus: CommandBus


@contextlib.asynccontextmanager
async def write_side(dsn: str) -> AsyncIterator[WriteSide]:
    """The bus and what it stands on, started; at the end what was handed over is stored first."""
    keys = KeyRing()
    mapper = EventMapper(keys)
    async with contextlib.AsyncExitStack() as stack:
        pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
            dsn, min_size=2, max_size=12, kwargs={"autocommit": True}, configure=live.configure, open=False, timeout=5, check=None
        )
        await pool.open(wait=True, timeout=10)
        stack.push_async_callback(pool.close)

        writer = GroupCommit(connector(dsn), mapper)
        writer.observe_batch = metrics.observe_batch
        await writer.start()
        stack.push_async_callback(writer.stop)

        repository = Repository(pool, mapper)
        bus = CommandBus(COMMANDS, repository, writer, pool, keys)
        bus.count_conflict = metrics.count_conflict
        yield WriteSide(mapper, keys, pool, repository, writer, bus)
