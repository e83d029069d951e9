"""Opens connections to the ledger's database, set up as every part of the service expects them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from psycopg import AsyncConnection

from projections.engine import connections

Connect = Callable[[], Awaitable[AsyncConnection[Any]]]


def connector(dsn: str) -> Connect:
    """A function that opens autocommit connections which see the live read models."""

    async def connect() -> AsyncConnection[Any]:
        connection = await AsyncConnection.connect(dsn, autocommit=True, connect_timeout=5)
        await connections.configure(connection)
        return connection

    return connect
