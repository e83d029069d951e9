"""One batch of events into all read models that have not seen them: load, fold, write, render, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from projections.engine.model import ReadModel
from projections.engine.tables import Rows


async def project(
    connection: AsyncConnection[Any],
    models: Sequence[ReadModel],
    positions: Mapping[str, int],
    events: Sequence[Recorded],
    *,
    rows: Rows | None = None,
) -> None:
    """Fold `events` (in position order) into `models`; a model is given only events beyond its own position."""
    rows = Rows() if rows is None else rows
    for chunk in _chunks(models, events):
        await _fold(connection, models, positions, chunk, rows)
    for model in models:
        await model.render(connection, rows)
    rows.touched.clear()


def _chunks(models: Sequence[ReadModel], events: Sequence[Recorded]) -> list[Sequence[Recorded]]:
    """Events up to and including each one that some model answers with a set-based statement."""
    chunks: list[Sequence[Recorded]] = []
    start = 0
    for index, recorded in enumerate(events):
        if any(model.bulks(type(recorded.event)) for model in models):
            chunks.append(events[start : index + 1])
            start = index + 1
    if start < len(events):
        chunks.append(events[start:])
    return chunks


async def _fold(
    connection: AsyncConnection[Any], models: Sequence[ReadModel], positions: Mapping[str, int], events: Sequence[Recorded], rows: Rows
) -> None:
    wanted = [
        (model, recorded)
        for recorded in events
        for model in models
        if recorded.position > positions[model.name] and model.handles(type(recorded.event))
    ]
    await rows.load(connection, (key for model, recorded in wanted for key in model.reads(recorded)))
    position = 0
    for model, recorded in wanted:
        if recorded.position != position:
            rows.settle(position)
            position = recorded.position
        model.apply(rows, recorded)
    rows.settle(position)
    await rows.flush(connection)
    last = events[-1]
    ran = False
    for model in models:
        if last.position > positions[model.name]:
            for run in model.bulks(type(last.event)):
                await run(connection, last.event, last)
                ran = True
    if ran:
        rows.forget()
