"""Which deployment this is: an id that was drawn with the database."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection


async def deployment_id(connection: AsyncConnection[Any]) -> str:
    """The deployment's id (UUID text), the same for ever and in every process."""
    cursor = await connection.execute("SELECT id::text FROM deployment")
    (row,) = await cursor.fetchall()
    return str(row[0])
