"""All that a database holds, as text: for tests of what must be nowhere in it."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

_TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"


async def everything(pool: AsyncConnectionPool[AsyncConnection[Any]]) -> dict[str, str]:
    """Every table by `schema.name`, read models and what lies beside the log included; bytes as what they spell."""
    found = {}
    async with pool.connection() as connection:
        for schema, table in await (await connection.execute(_TABLES)).fetchall():
            rows = await connection.execute(sql.SQL("SELECT * FROM {}.{}").format(sql.Identifier(schema), sql.Identifier(table)))
            found[f"{schema}.{table}"] = "\n".join(
                str([bytes(v).decode(errors="replace") if isinstance(v, bytes | memoryview) else v for v in row])
                for row in await rows.fetchall()
            )
    return found


def holding(tables: dict[str, str], text: str) -> list[str]:
    """The names of those tables in which the text occurs, in any case."""
    return [name for name, rows in tables.items() if text.lower() in rows.lower()]
