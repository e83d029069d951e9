"""Counts the SQL statements that go through a pool, so that a loop of awaits over rows is a failing test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg_pool import AsyncConnectionPool


@contextlib.contextmanager
def recorded_statements(pool: AsyncConnectionPool[Any]) -> Iterator[list[str]]:
    """The statements sent over connections taken from `pool` meanwhile, in order."""
    statements: list[str] = []

    class Recording(AsyncCursor[Any]):
        async def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            statements.append(query if isinstance(query, str) else query.as_string(self))
            return await super().execute(query, *args, **options)

    take = pool.getconn

    async def getconn(*args: Any, **options: Any) -> AsyncConnection[Any]:
        connection: AsyncConnection[Any] = await take(*args, **options)
        connection.cursor_factory = Recording
        return connection

    pool.getconn = getconn  # type: ignore[method-assign]
    try:
        yield statements
    finally:
        pool.getconn = take  # type: ignore[method-assign]
