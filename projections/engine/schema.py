"""Creates the schema that holds the read models' tables, and knows for which release they were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.engine.connections import LIVE_SCHEMA
from projections.engine.model import ReadModel

_POSITIONS: LiteralString = "CREATE TABLE positions (model text PRIMARY KEY, position bigint NOT NULL, fingerprint text NOT NULL)"


async def create(connection: AsyncConnection[Any], models: Sequence[ReadModel], schema: str) -> None:
    """Make `schema` anew with empty tables for `models`, all at position 0. Leaves `search_path` pointing at it."""
    await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    await connection.execute(sql.SQL("SET search_path TO {}, public").format(sql.Identifier(schema)))
    await connection.execute(_POSITIONS)
    for model in models:
        await connection.execute(model.schema)
        await connection.execute("INSERT INTO positions (model, position, fingerprint) VALUES (%s, 0, %s)", (model.name, model.fingerprint))


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
