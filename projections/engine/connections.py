"""How connections that serve read models are set up: where names are looked up, and how values arrive in Python."""

from __future__ import annotations

from typing import Any

import orjson
from psycopg import AsyncConnection, sql
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.types.json import set_json_loads


class _UuidText(Loader):
    """UUIDs arrive as the lower-case text that the whole service uses for ids."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode()


class _UuidBinary(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> str:
        h = bytes(data).hex()
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _loads(data: str | bytes) -> Any:
    return orjson.loads(data)


async def configure(connection: AsyncConnection[Any], schema: str) -> None:
    """Ids as text, JSON by orjson, read-model tables found in `schema`; leaves the connection idle."""
    connection.adapters.register_loader("uuid", _UuidText)
    connection.adapters.register_loader("uuid", _UuidBinary)
    set_json_loads(_loads, connection)
    await connection.execute(sql.SQL("SET search_path TO {}, public").format(sql.Identifier(schema)))
    await connection.execute("SET TIME ZONE 'UTC'")
    if not connection.autocommit:
        await connection.commit()


async def looked_at(connection: AsyncConnection[Any]) -> str:
    """The schema in which the connection finds read-model tables; it need not exist yet."""
    cursor = await connection.execute("SELECT trim('\" ' FROM split_part(current_setting('search_path'), ',', 1))")
    row = await cursor.fetchone()
    return str(row[0]) if row else ""
