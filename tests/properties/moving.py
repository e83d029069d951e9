"""Law: what was replayed and imported elsewhere is the same deployment: the same read models byte for byte, and the same replay."""

from __future__ import annotations

import orjson

from projections.engine.tail import head
from service import bootstrap
from service.store.log_reader import LogReader, Selection
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.properties.histories import MOST_EVENTS, History
from tests.support.moving import imported, read_models
from tests.support.postgres import PostgresServer


async def moved_is_the_same(postgres: PostgresServer, history: History) -> None:
    """The log of a service that has ended, read aloud, imported into an empty database, and read aloud there."""
    lines = await _replayed(history.url)
    assert lines.count(b"\n") == len(history.log)
    elsewhere = postgres.database()
    try:
        await imported(elsewhere, lines)
        assert await _replayed(elsewhere) == lines
        assert await read_models(elsewhere) == await read_models(history.url)
    finally:
        postgres.drop(elsewhere)


async def _replayed(url: str) -> bytes:
    """What `replay` prints; tests of the command itself hold it to that."""
    async with bootstrap.connected(url) as connection:
        reader = LogReader(EventMapper(KeyRing()))
        documents, _ = await reader.documents_after(connection, 0, Selection(), limit=MOST_EVENTS, upto=await head(connection))
        return b"".join(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE) for document in documents)
