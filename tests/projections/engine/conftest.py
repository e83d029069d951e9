"""A small read model of its own, and a log to feed it: the engine is tested apart from the features."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg import AsyncConnection

from domain.kernel.events import Event, Recorded, Stream
from domain.workspaces.events import WorkspaceACLCleared, WorkspaceCreated, WorkspaceRenamed, WorkspaceTTLSet
from projections.engine.model import ReadModel
from projections.engine.tables import Rows, Table
from service.store.connect import connector
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.support.projecting import store
from tests.support.spec import NOON, context

NAMES = Table("names", key=("id",), columns={"id": "uuid", "name": "text", "ttl_ms": "bigint", "changes": "bigint"})
SCHEMA = """
CREATE TABLE names (id uuid PRIMARY KEY, name text NOT NULL, ttl_ms bigint, changes bigint NOT NULL, doc text, position bigint);
"""


class NamesModel(ReadModel):
    """`ReadModel` with its schema given instead of read from a package."""

    @property
    def schema(self) -> str:
        return SCHEMA


def names_model(*, poison: str = "") -> ReadModel:
    """Counts changes per workspace; clears every TTL when any ACL is cleared; renders a document; fails on the name `poison`."""
    model = NamesModel("names", (NAMES,))

    @model.on(WorkspaceCreated)
    def on_created(rows: Rows, event: Any, recorded: Recorded) -> None:
        if event.name == poison:
            raise ValueError("poisoned")
        rows.put(NAMES, {"id": recorded.stream.id, "name": event.name, "ttl_ms": event.ttl_ms, "changes": 0})
        rows.touch("name", recorded.stream.id, recorded.position)

    @model.on(WorkspaceRenamed, WorkspaceTTLSet)
    def on_changed(rows: Rows, event: Any, recorded: Recorded) -> None:
        row = rows.edit(NAMES, recorded.stream.id)
        assert row is not None
        row["changes"] += 1
        if isinstance(event, WorkspaceRenamed):
            row["name"] = event.name
        else:
            row["ttl_ms"] = event.ttl_ms
        rows.touch("name", recorded.stream.id, recorded.position)

    @model.bulk(WorkspaceACLCleared, changes=(NAMES,))
    async def on_cleared(connection: AsyncConnection[Any], event: Any, recorded: Recorded) -> None:
        await connection.execute("UPDATE names SET ttl_ms = NULL")

    @model.finish
    async def render(connection: AsyncConnection[Any], rows: Rows) -> None:
        touched = rows.touched["name"]
        await connection.execute(
            "UPDATE names n SET doc = n.name || '!', position = t.position"
            " FROM unnest(%s::uuid[], %s::bigint[]) t (id, position) WHERE n.id = t.id",
            (list(touched), list(touched.values())),
        )

    return model


def history(*steps: tuple[str, Event]) -> list[Recorded]:
    """Recorded events for `(stream id, event)` steps, positions from 1."""
    versions: dict[str, int] = {}
    events = []
    for position, (id, event) in enumerate(steps, 1):
        versions[id] = versions.get(id, 0) + 1
        stream = Stream("workspace", id)
        events.append(Recorded(event, stream, versions[id], str(uuid.uuid4()), NOON, context().metadata, position))
    return events


def created(name: str) -> WorkspaceCreated:
    """A workspace of that name."""
    return WorkspaceCreated(str(uuid.UUID(int=1)), str(uuid.UUID(int=2)), str(uuid.UUID(int=3)), name, None, None, "never", None)


@dataclass
class Engine:
    """Connections to one database with a log."""

    url: str
    mapper: EventMapper

    async def connect(self) -> AsyncConnection[Any]:
        """A connection that sees the live read models."""
        return await connector(self.url)()

    async def append(self, events: Sequence[Recorded]) -> None:
        """Write events into the log."""
        connection = await self.connect()
        async with connection:
            await store(connection, self.mapper, events)


@pytest.fixture
async def engine(migrated_url: str) -> Engine:
    """A database without read models of its own."""
    return Engine(migrated_url, EventMapper(KeyRing()))
