"""The live projector: one per schema of read models (advisory lock), folding batches into every read model, exactly once, restartable."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from projections.engine import schema
from projections.engine.batch import project
from projections.engine.connections import looked_at
from projections.engine.model import ReadModel
from projections.engine.tables import Rows
from projections.engine.tail import Decoder, noted, read_page

log = logging.getLogger(__name__)

_LOCK: LiteralString = "SELECT pg_try_advisory_lock(hashtextextended('projector of ' || %s, 0))"
#: Whoever listens hears of it once the transaction is committed.
_ADVANCE: LiteralString = """
    WITH moved AS (
      UPDATE positions p
      SET position = %s
      FROM unnest(%s::text[], %s::bigint[]) AS known (model, position)
      WHERE p.model = known.model AND p.position = known.position
      RETURNING p.tableoid
    )
    SELECT count(*), max(tableoid::bigint), pg_notify(current_schema() || '_feed', %s) FROM moved
"""
#: What fails like this fails for reasons outside of the events: away, out of space, read-only for the moment.
_ENVIRONMENT = (psycopg.OperationalError, psycopg.InternalError, psycopg.InterfaceError)
#: Rows kept in memory from batch to batch: what was changed last is likely to be changed next.
KEPT_ROWS = 20_000


def feed_channel(live: str) -> str:
    """Where is told how far the read models in the schema `live` have come."""
    return f"{live}_feed"


class LostPosition(Exception):
    """Somebody else moved the positions: read them again."""


class Projector:
    """`run` until cancelled; `wake` after anything was appended. `halted` names models stopped by an event they cannot fold."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[AsyncConnection[Any]]],
        decoder: Decoder,
        models: Sequence[ReadModel],
        *,
        batch: int = 500,
        poll_seconds: float = 1.0,
    ) -> None:
        self._connect = connect
        self._decoder = decoder
        self._models = tuple(models)
        self._batch = batch
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()
        self.halted: dict[str, str] = {}
        self.leading = False
        self.position = 0
        #: Called after each batch with its number of events and the seconds it took.
        self.observe: Callable[[int, float], None] = lambda events, seconds: None

    def wake(self) -> None:
        """There may be new events."""
        self._wake.set()

    async def run(self) -> None:
        """Lead or stand by for ever; a lost connection is opened again with back-off."""
        delay = 0.05
        while True:
            connection: AsyncConnection[Any] | None = None
            before = self.position
            try:
                connection = await self._connect()
                await self._lead(connection)
            except _ENVIRONMENT as error:
                log.warning("projector lost the database", extra={"reason": type(error).__name__})
            except Exception:
                log.exception("projector failed")
            finally:
                self.leading = False
                if connection is not None:
                    with contextlib.suppress(psycopg.Error):
                        await connection.close()
            if self.position > before:
                delay = 0.05
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)

    async def _lead(self, connection: AsyncConnection[Any]) -> None:
        live = await looked_at(connection)
        while True:
            cursor = await connection.execute(_LOCK, (live,))
            row = await cursor.fetchone()
            if row and row[0]:
                break
            await asyncio.sleep(self._poll_seconds)
        self.leading = True
        positions = await schema.positions(connection)
        rows = Rows()
        while True:
            # Cleared before the read: an append during the read sets it again, so that none is waited for in vain.
            self._wake.clear()
            active = [m for m in self._models if m.name not in self.halted]
            start = min((positions[m.name] for m in active), default=0)
            events, reached = await read_page(connection, self._decoder, start, self._batch, unknown=noted)
            if active and reached > start:
                started = time.perf_counter()
                try:
                    await advance(connection, active, positions, events, reached, rows)
                    positions = _moved(positions, active, reached)
                except LostPosition:
                    rows, positions = Rows(), await schema.positions(connection)
                    continue
                except _ENVIRONMENT:
                    raise
                except Exception:
                    rows = Rows()
                    found = await schema.positions(connection)
                    if found != positions:
                        # It was folded onto rows that somebody else had brought further: nothing is wrong with the events.
                        positions = found
                        continue
                    log.exception("batch could not be folded; trying model by model")
                    for model in active:
                        positions = await self._apply(connection, model, positions, events, reached)
                if rows.size > KEPT_ROWS:
                    rows = Rows()
                self.position = reached
                self.observe(len(events), time.perf_counter() - started)
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await self._wake.wait()

    async def _apply(
        self, connection: AsyncConnection[Any], model: ReadModel, positions: dict[str, int], events: Sequence[Recorded], reached: int
    ) -> dict[str, int]:
        try:
            await advance(connection, (model,), positions, events, reached, Rows())
        except (*_ENVIRONMENT, LostPosition):
            raise
        except Exception:
            self._halt(model, events)
            return positions
        return _moved(positions, (model,), reached)

    def _halt(self, model: ReadModel, events: Sequence[Recorded]) -> None:
        log.exception("read model stopped: it cannot fold an event", extra={"model": model.name, "from_position": events[0].position})
        self.halted[model.name] = f"stopped at or after position {events[0].position}"


def _moved(positions: dict[str, int], models: Sequence[ReadModel], reached: int) -> dict[str, int]:
    return {**positions, **{m.name: reached for m in models if positions[m.name] < reached}}


async def advance(
    connection: AsyncConnection[Any],
    models: Sequence[ReadModel],
    positions: dict[str, int],
    events: Sequence[Recorded],
    reached: int,
    rows: Rows,
) -> None:
    """Fold a batch and move the positions of `models` to `reached` in one transaction; tell the feed.

    `rows` may hold what earlier batches left: the leader alone writes these tables. After any failure it must be thrown away.
    Raises `LostPosition`, with nothing changed, when another projector was faster or a rebuild has put other tables in place.
    """
    behind = [m.name for m in models if positions[m.name] < reached]
    # One pipeline: statements travel together, and the server is waited for only where a result is needed.
    async with connection.pipeline(), connection.transaction():
        known = [positions[name] for name in behind]
        cursor = await connection.execute(_ADVANCE, (reached, behind, known, str(reached)), prepare=True)
        await project(connection, models, positions, events, rows=rows)
        moved = await cursor.fetchone()
        if moved is None or moved[0] != len(behind) or rows.origin not in (None, moved[1]):
            raise LostPosition
        rows.origin = moved[1]
