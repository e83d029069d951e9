"""Creates the schema that holds the read models' tables, and knows for which release they were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.engine.connections import LIVE_SCHEMA
from projections.engine.model import ReadModel
from projections.engine.versions import past_of

_POSITIONS: LiteralString = "CREATE TABLE positions (model text PRIMARY KEY, position bigint NOT NULL, fingerprint text NOT NULL)"


async def create(connection: AsyncConnection[Any], models: Sequence[ReadModel], schema: str, *, with_indexes: bool = True) -> None:
    """Make `schema` anew with empty tables for `models`, all at position 0. Leaves `search_path` pointing at it.

    `with_indexes` False leaves those out that may be made last (`add_indexes`).
    """
    past = past_of(schema)
    await drop(connection, schema)
    for name in (schema, past):
        await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    await connection.execute(sql.SQL("SET search_path TO {}, public").format(sql.Identifier(schema)))
    await connection.execute(_POSITIONS)
    for model in models:
        tables = model.schema
        for index in () if with_indexes else model.indexes:
            tables = tables.replace(index, "")
        await connection.execute(tables)
        await connection.execute("INSERT INTO positions (model, position, fingerprint) VALUES (%s, 0, %s)", (model.name, model.fingerprint))
    # Whatever is computed of the past is computed of tables as they were: their views come first in the path.
    await connection.execute(sql.SQL("SET search_path TO {}, {}, public").format(sql.Identifier(past), sql.Identifier(schema)))
    for model in models:
        if views := model.views(schema):
            await connection.execute(views)
    await connection.execute(sql.SQL("SET search_path TO {}, public").format(sql.Identifier(schema)))


async def add_indexes(connection: AsyncConnection[Any], models: Sequence[ReadModel]) -> None:
    """Make the indexes that `create` left out, in the schema that the connection looks at."""
    for model in models:
        for index in model.indexes:
            await connection.execute(index)


async def drop(connection: AsyncConnection[Any], schema: str) -> None:
    """Remove a schema of read models and its past, if they exist."""
    for name in (past_of(schema), schema):
        await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


async def rename(connection: AsyncConnection[Any], schema: str, new: str) -> None:
    """Give a schema of read models, and its past if it has one, another name. Views look at tables, not at names."""
    for name, to in ((schema, new), (past_of(schema), past_of(new))):
        cursor = await connection.execute("SELECT to_regnamespace(%s)", (name,))
        row = await cursor.fetchone()
        if row is not None and row[0] is not None:
            await connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to)))


async def positions(connection: AsyncConnection[Any], schema: str = LIVE_SCHEMA) -> dict[str, int]:
    """Each model's position."""
    cursor = await connection.execute(sql.SQL("SELECT model, position FROM {}.positions").format(sql.Identifier(schema)))
    return dict(await cursor.fetchall())


async def is_current(connection: AsyncConnection[Any], models: Sequence[ReadModel], schema: str = LIVE_SCHEMA) -> bool | None:
    """Whether the schema was made for exactly these models; None when it does not exist."""
    cursor = await connection.execute("SELECT to_regclass(%s)", (f"{schema}.positions",))
    row = await cursor.fetchone()
    if row is None or row[0] is None:
        return None
    cursor = await connection.execute(sql.SQL("SELECT model, fingerprint FROM {}.positions").format(sql.Identifier(schema)))
    return dict(await cursor.fetchall()) == {model.name: model.fingerprint for model in models}
