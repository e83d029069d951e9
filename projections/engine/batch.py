"""One batch of events into all read models that have not seen them: load, fold, write, render, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import Event, Recorded
from projections.engine.model import Apply, Bulk, ReadModel, Reads
from projections.engine.tables import Rows


class _Dispatch:
    """What a set of models does about each event, looked up once per kind of event instead of once per event and model."""

    def __init__(self, models: Sequence[ReadModel]) -> None:
        self.models = tuple(models)
        self._folds: dict[type[Event], tuple[tuple[str, Reads, Apply], ...]] = {}
        self._bulks: dict[type[Event], tuple[tuple[str, Bulk], ...]] = {}

    def folds(self, event: type[Event]) -> tuple[tuple[str, Reads, Apply], ...]:
        """`(model, reads, apply)` in the order of the models."""
        found = self._folds.get(event)
        if found is None:
            found = tuple((model.name, reads, apply) for model in self.models for reads, apply in model.folds_of(event))
            self._folds[event] = found
        return found

    def bulks(self, event: type[Event]) -> tuple[tuple[str, Bulk], ...]:
        """`(model, statement)` in the order of the models."""
        found = self._bulks.get(event)
        if found is None:
            found = self._bulks[event] = tuple((model.name, run) for model in self.models for run in model.bulks_of(event))
        return found


_dispatches: dict[tuple[int, ...], _Dispatch] = {}


def _dispatch(models: Sequence[ReadModel]) -> _Dispatch:
    """The one of these models; it holds them, so that their identities stay theirs."""
    key = tuple(id(model) for model in models)
    found = _dispatches.get(key)
    if found is None:
        found = _dispatches[key] = _Dispatch(models)
    return found


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
    dispatch = _dispatch(models)
    for chunk in _chunks(dispatch, events):
        await _fold(connection, dispatch, positions, chunk, rows)
    for model in models:
        await model.render(connection, rows)
    rows.touched.clear()


def _chunks(dispatch: _Dispatch, events: Sequence[Recorded]) -> list[Sequence[Recorded]]:
    """Events up to and including each one that some model answers with a set-based statement."""
    chunks: list[Sequence[Recorded]] = []
    start = 0
    for index, recorded in enumerate(events):
        if dispatch.bulks(type(recorded.event)):
            chunks.append(events[start : index + 1])
            start = index + 1
    if start < len(events):
        chunks.append(events[start:])
    return chunks


async def _fold(
    connection: AsyncConnection[Any], dispatch: _Dispatch, positions: Mapping[str, int], events: Sequence[Recorded], rows: Rows
) -> None:
    wanted = [
        (recorded, reads, apply)
        for recorded in events
        for name, reads, apply in dispatch.folds(type(recorded.event))
        if recorded.position > positions[name]
    ]
    await rows.load(connection, (key for recorded, reads, _ in wanted for key in reads(recorded.event, recorded)))
    position = 0
    for recorded, _, apply in wanted:
        if recorded.position != position:
            rows.settle(position)
            position = recorded.position
        apply(rows, recorded.event, recorded)
    rows.settle(position)
    await rows.flush(connection)
    last = events[-1]
    ran = False
    for name, run in dispatch.bulks(type(last.event)):
        if last.position > positions[name]:
            await run(connection, last.event, last)
            ran = True
    if ran:
        rows.forget()
