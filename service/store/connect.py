"""Opens connections to the ledger's database, set up as every part of the service expects them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from psycopg import AsyncConnection

from projections import live

Connect = Callable[[], Awaitable[AsyncConnection[Any]]]

#: For whoever repeats the same statements about rows whose keys it knows. Planning a document's statement for the keys at hand
#: takes many times what running it does. A plan that is kept must also suit its tables as they grow: one that looks up keys does,
#: one that was made while it was cheaper to read a table whole, or to join all of it, does not. Before PostgreSQL 18 what has to
#: be done all the same counts as endlessly costly, for which a program would be compiled.
_PLAN_ONCE = (
    "SET plan_cache_mode TO force_generic_plan",
    "SET enable_seqscan TO off",
    "SET enable_hashjoin TO off",
    "SET enable_mergejoin TO off",
    "SET enable_material TO off",
    "SET jit TO off",
)


def connector(dsn: str, *, plans_once: bool = False) -> Connect:
    """A function that opens autocommit connections which see the live read models; `plans_once`: their prepared statements are
    planned once, for any parameters, and look rows up by index."""

    async def connect() -> AsyncConnection[Any]:
        connection = await AsyncConnection.connect(dsn, autocommit=True, connect_timeout=5)
        await live.configure(connection)
        for setting in _PLAN_ONCE if plans_once else ():
            await connection.execute(setting)
        return connection

    return connect
