"""How fast a rebuild may go beside a service: no faster than told, and half as fast while the live projector is behind."""

from __future__ import annotations

import asyncio
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

#: So many positions behind is more than a batch that is just being folded.
_BEHIND = 1000
_LONGEST_SECONDS = 1.0
_LAG: LiteralString = """
    SELECT coalesce((SELECT max(notification_id) FROM ledger_events), 0) - coalesce((SELECT max(position) FROM {}.positions), 0)
"""


class Pace:
    """`rest` is called after each page of events. `most` is in events per second, 0 = as many as there are.

    A projector that does not move at all, because no process runs one, halves the speed; it stops nothing.
    """

    def __init__(self, connection: AsyncConnection[Any], live: str, *, most: float = 0) -> None:
        self._connection = connection
        self._lag = sql.SQL(_LAG).format(sql.Identifier(live))
        self._most = most

    async def rest(self, events: int, seconds: float) -> None:
        """Sleep as long as it takes, after `events` that took `seconds`."""
        pause = events / self._most - seconds if self._most else 0.0
        if await self._is_behind():
            pause = max(pause, min(seconds, _LONGEST_SECONDS))
        await asyncio.sleep(max(pause, 0.0))

    async def _is_behind(self) -> bool:
        row = await (await self._connection.execute(self._lag)).fetchone()
        return row is not None and row[0] > _BEHIND
