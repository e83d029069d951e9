"""One batch of events into all read models that have not seen them: load, fold, write, render, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import Event, Recorded
from projections.engine.model import Apply, Bulk, ReadModel, Reads
from projections.engine.tables import Rows, Table


class _Dispatch:
    """What a set of models does about each event, looked up once per kind of event instead of once per event and model."""

    def __init__(self, models: Sequence[ReadModel]) -> None:
        self.models = tuple(models)
        self._folds: dict[type[Event], tuple[tuple[str, Reads, Apply], ...]] = {}
        self._bulks: dict[type[Event], tuple[tuple[str, Sequence[Table], Bulk], ...]] = {}

    def folds(self, event: type[Event]) -> tuple[tuple[str, Reads, Apply], ...]:
        """`(model, reads, apply)` in the order of the models."""
        found = self._folds.get(event)
        if found is None:
            found = tuple((model.name, reads, apply) for model in self.models for reads, apply in model.folds_of(event))
            self._folds[event] = found
        return found

    def bulks(self, event: type[Event]) -> tuple[tuple[str, Sequence[Table], Bulk], ...]:
        """`(model, changed tables, statement)` in the order of the models."""
        found = self._bulks.get(event)
        if found is None:
            found = self._bulks[event] = tuple(
                (model.name, changes, run) for model in self.models for changes, run in model.bulks_of(event)
            )
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
    await fold(connection, models, positions, events, rows)
    await render(connection, models, rows)


async def fold(
    connection: AsyncConnection[Any], models: Sequence[ReadModel], positions: Mapping[str, int], events: Sequence[Recorded], rows: Rows
) -> None:
    """Only change the rows: what is rendered of them is left for later."""
    dispatch = _dispatch(models)
    for chunk in _chunks(dispatch, events):
        await _fold(connection, dispatch, positions, chunk, rows)


async def render(connection: AsyncConnection[Any], models: Sequence[ReadModel], rows: Rows) -> None:
    """Render what was touched since the last time."""
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
    steps = [(recorded, dispatch.folds(type(recorded.event))) for recorded in events]
    if events[0].position <= max(positions.values(), default=0):
        steps = [(recorded, tuple(step for step in folds if recorded.position > positions[step[0]])) for recorded, folds in steps]
    await rows.load(connection, (key for recorded, folds in steps for _, reads, _ in folds for key in reads(recorded.event, recorded)))
    for recorded, folds in steps:
        event = recorded.event
        for _, _, apply in folds:
            apply(rows, event, recorded)
        if folds:
            rows.settle(recorded.position)
    await rows.flush(connection)
    last = events[-1]
    ran = False
    for name, changes, run in dispatch.bulks(type(last.event)):
        if last.position > positions[name] and await rows.expose(changes):
            await run(connection, last.event, last)
            ran = True
    if ran:
        rows.forget()
