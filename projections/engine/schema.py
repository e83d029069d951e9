"""Creates the schemas that hold the read models' tables; their names say how the read models are made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.engine.model import ReadModel
from projections.engine.versions import past_of

_NEXT, _OLD, _SHADOW = "_next", "_old", "_shadow"
_POSITIONS: LiteralString = "CREATE TABLE positions (model text PRIMARY KEY, position bigint NOT NULL, fingerprint text NOT NULL)"


def name_of(models: Sequence[ReadModel]) -> str:
    """The schema of exactly these read models, made in exactly this way."""
    made = "\n".join(f"{model.name} {model.fingerprint}" for model in models)
    return f"ledger_read_{hashlib.sha256(made.encode()).hexdigest()[:12]}"


def beside(live: str) -> str:
    """Where what is to replace the read models in `live` is made."""
    return live + _NEXT


def old(live: str) -> str:
    """Where what was replaced lies until it is dropped."""
    return live + _OLD


def shadow(live: str, who: int) -> str:
    """Where `verify` makes what it compares with; `who` tells several apart."""
    return f"{live}_{who}{_SHADOW}"


def is_passing(name: str) -> bool:
    """Whether a schema is one that a tool makes for as long as it runs."""
    return name.endswith((_NEXT, _OLD, _SHADOW))


async def look_at(connection: AsyncConnection[Any], *schemas: str) -> None:
    """Have the connection find read-model tables in these schemas, in this order."""
    path = sql.SQL(", ").join(map(sql.Identifier, (*schemas, "public")))
    await connection.execute(sql.SQL("SET search_path TO {}").format(path))


async def create(
    connection: AsyncConnection[Any], models: Sequence[ReadModel], schema: str, *, with_indexes: bool = True, with_past: bool = True
) -> None:
    """Make `schema` anew with empty tables for `models`, all at position 0. The connection then looks at it.

    `with_indexes` False leaves those out that may be made last (`ReadModel.indexes`), `with_past` False the views of the past,
    which need the tables of all models.
    """
    await drop(connection, schema)
    await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    await look_at(connection, schema)
    await connection.execute(_POSITIONS)
    for model in models:
        tables = model.schema
        for index in () if with_indexes else model.indexes:
            tables = tables.replace(index, "")
        await connection.execute(tables)
        await connection.execute("INSERT INTO positions (model, position, fingerprint) VALUES (%s, 0, %s)", (model.name, model.fingerprint))
    if with_past:
        await create_past(connection, models, schema)
        await look_at(connection, schema)


async def create_past(connection: AsyncConnection[Any], models: Sequence[ReadModel], schema: str) -> None:
    """Make the views of the past of `schema`; the connection looks at them afterwards."""
    past = past_of(schema)
    await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(past)))
    # Whatever is computed of the past is computed of tables as they were: their views come first in the path.
    await look_at(connection, past, schema)
    for model in models:
        if views := model.views(schema):
            await connection.execute(views)


async def drop_past(connection: AsyncConnection[Any], schema: str) -> None:
    """Remove the views of the past of `schema`."""
    await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(past_of(schema))))


async def move(connection: AsyncConnection[Any], models: Sequence[ReadModel], position: int) -> None:
    """The models stand at `position` from now on, in the schema that the connection looks at."""
    await connection.execute("UPDATE positions SET position = %s WHERE model = ANY (%s)", (position, [model.name for model in models]))


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


async def positions(connection: AsyncConnection[Any]) -> dict[str, int]:
    """Each model's position, in the schema that the connection looks at."""
    cursor = await connection.execute("SELECT model, position FROM positions")
    return dict(await cursor.fetchall())


async def exists(connection: AsyncConnection[Any], schema: str) -> bool:
    """Whether there are read models in the schema."""
    cursor = await connection.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{schema}.positions",))
    row = await cursor.fetchone()
    return bool(row and row[0])
