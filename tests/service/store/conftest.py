"""A writer, and the streams these tests write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from projections import live
from service.store.connect import connector
from service.store.group_commit import GroupCommit
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.repository import Repository


@dataclass
class Store:
    """The parts of the write side over one database."""

    url: str
    keys: KeyRing
    mapper: EventMapper
    writer: GroupCommit
    pool: AsyncConnectionPool[Any]
    repository: Repository

    async def connect(self) -> AsyncConnection[Any]:
        """A connection of its own."""
        connection: AsyncConnection[Any] = await connector(self.url)()
        return connection


@pytest.fixture
async def store(migrated_url: str) -> AsyncIterator[Store]:
    """A started writer and repository."""
    keys = KeyRing()
    mapper = EventMapper(keys)
    writer = GroupCommit(connector(migrated_url), mapper)
    await writer.start()
    kwargs = {"autocommit": True}
    async with AsyncConnectionPool(migrated_url, min_size=1, max_size=4, kwargs=kwargs, configure=live.configure, open=False) as pool:
        yield Store(migrated_url, keys, mapper, writer, pool, Repository(pool, mapper))
        await writer.stop()
