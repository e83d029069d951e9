"""Makes all read models while the log that they are made of is stored, and has them take over in the very transaction that stores it.

Nobody sees events without their read models, and events of which none can be made are not stored. What a fold needs it finds in the
tables that are being filled, never in the log; so it does not matter that the log cannot be seen yet.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from projections.engine import schema
from projections.engine.connections import looked_at
from projections.engine.fill import STRAIGHT, Course, fill_from
from projections.engine.model import ReadModel
from projections.engine.rebuild import alone
from projections.engine.switch import switch
from projections.engine.tail import Decoder


class Along:
    """Read models beside the live ones; made by `along`."""

    def __init__(self, connection: AsyncConnection[Any], decoder: Decoder, models: Sequence[ReadModel], live: str, course: Course) -> None:
        self._connection = connection
        self._decoder = decoder
        self._models = models
        self._live = live
        self._course = course

    async def fill(self, log: AsyncIterable[Sequence[Recorded]]) -> None:
        """Fold pages of events, the oldest first. Raises whatever a fold or a table raises that will not have one of them."""
        # How far the log goes is known when it ends.
        await fill_from(self._connection, self._models, schema.beside(self._live), log, upto=0, course=self._course)

    async def take_over(self, storing: AsyncConnection[Any], position: int) -> None:
        """Put them, filled up to `position`, in the place of the live ones, in the transaction in which `storing` is.

        Readers of read models wait from here to its end, which should therefore be near.
        """
        await schema.move(self._connection, self._models, position)
        await switch(storing, self._decoder, self._models, self._models, self._live, position, self._course)


@contextlib.asynccontextmanager
async def along(
    connection: AsyncConnection[Any], decoder: Decoder, models: Sequence[ReadModel], course: Course = STRAIGHT
) -> AsyncIterator[Along]:
    """The only rebuild of the read models that the connection looks at, for as long as this lasts; the transaction that stores the
    log is to end before. Nothing is left of what has not taken over. The connection is not the one that stores."""
    live = await looked_at(connection)
    async with alone(connection, live):
        await schema.create(connection, models, schema.beside(live), with_indexes=False)
        yield Along(connection, decoder, models, live, course)
        await schema.drop(connection, schema.old(live))
