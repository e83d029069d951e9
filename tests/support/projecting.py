"""Read models from events: append a history, fold it with any batch size, look at the tables."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
from psycopg import AsyncConnection, sql

from domain.kernel.codec import topic_of
from domain.kernel.events import Recorded
from projections import live
from projections.engine import schema
from projections.engine.batch import project
from projections.engine.fill import fill_from
from projections.engine.model import ReadModel
from projections.engine.tables import Rows


class Projecting:
    """Folds histories into a schema of their own, so that several foldings of one history can be compared."""

    def __init__(self, connection: AsyncConnection[Any], models: Sequence[ReadModel]) -> None:
        self.connection = connection
        self.models = models

    async def fold(self, history: Sequence[Recorded], *, batch: int = 1000, keep_rows: bool = False) -> str:
        """Fold `history` (positions ascending) into a new schema in batches of `batch`; the connection then looks at it.

        `keep_rows` carries the working set from batch to batch, as a rebuild does. Returns the schema's name.
        """
        name = f"fold_{uuid.uuid4().hex[:12]}"
        await schema.create(self.connection, self.models, name)
        positions = {model.name: 0 for model in self.models}
        rows = Rows() if keep_rows else None
        for start in range(0, len(history), batch):
            async with self.connection.transaction():
                await project(self.connection, self.models, positions, history[start : start + batch], rows=rows)
            positions = dict.fromkeys(positions, history[start : start + batch][-1].position)
        return name

    async def fill(self, history: Sequence[Recorded], *, page: int, keep_rows: int) -> str:
        """Fold `history` as a rebuild does, which writes as late as it may and holds `keep_rows` rows at the most."""
        name = f"fill_{uuid.uuid4().hex[:12]}"
        await schema.create(self.connection, self.models, name, with_indexes=False)
        upto = history[-1].position if history else 0
        await fill_from(self.connection, self.models, name, _pages(history, page), upto=upto, keep_rows=keep_rows)
        return name

    async def tables(self, name: str) -> dict[str, list[str]]:
        """Every table of the schema as sorted text rows."""
        cursor = await self.connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> 'positions'", (name,)
        )
        tables = {}
        for (table,) in await cursor.fetchall():
            rows = await self.connection.execute(sql.SQL("SELECT t::text FROM {}.{} t").format(sql.Identifier(name), sql.Identifier(table)))
            tables[table] = sorted(row[0] for row in await rows.fetchall())
        return tables

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table in the schema that the connection looks at."""
        cursor = await self.connection.execute(sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(table)))
        return [orjson.loads(row[0]) for row in await cursor.fetchall()]

    async def same_for_every_batch_size(self, history: Sequence[Recorded], sizes: Sequence[int] = (1, 7, 1000)) -> None:
        """Whatever the batches, the tables come out equal, with and without a working set kept between batches; and so they do
        when they are rebuilt, whether all of it fits into memory or next to nothing."""
        first = await self.tables(await self.fold(history, batch=sizes[0]))
        for size in sizes[1:]:
            assert await self.tables(await self.fold(history, batch=size)) == first, f"batches of {size} differ from {sizes[0]}"
        assert await self.tables(await self.fold(history, batch=sizes[-2], keep_rows=True)) == first, "a kept working set differs"
        for page, keep in ((1000, 1000), (2, 3), (1, 0)):
            rebuilt = await self.tables(await self.fill(history, page=page, keep_rows=keep))
            assert rebuilt == first, f"rebuilt in pages of {page}, with {keep} rows in memory, they differ"


async def _pages(history: Sequence[Recorded], size: int) -> AsyncIterator[Sequence[Recorded]]:
    for start in range(0, len(history), size):
        yield history[start : start + size]


async def open_projecting(database_url: str, models: Sequence[ReadModel]) -> Projecting:
    """A `Projecting` over a connection of its own; close `.connection` when done."""
    connection = await AsyncConnection.connect(database_url, autocommit=True)
    await live.configure(connection)
    return Projecting(connection, models)


async def store(connection: AsyncConnection[Any], mapper: Any, history: Sequence[Recorded]) -> None:
    """Write a history straight into the log, for tests of what reads it."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO ledger_events (originator_id, originator_version, topic, state) VALUES (%s, %s, %s, %s)",
            [(r.stream.id, r.version, topic_of(type(r.event)), mapper.encode(r)) for r in history],
        )
