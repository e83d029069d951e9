"""Folds the log into new tables: all of it at once, or what was appended since.

The design is argued in ops/design/rebuild.md.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from projections.engine import schema
from projections.engine.batch import fold, project, render
from projections.engine.filling import KEPT_ROWS, Filling, pending
from projections.engine.model import ReadModel
from projections.engine.read_ahead import pages
from projections.engine.tables import Rows
from projections.engine.tail import Decoder, noted, read_page
from projections.engine.writers import Writers, writing

#: So many documents may wait for being rendered once, at the end.
MOST_TOUCHED = 500_000

Progress = Callable[[int, int], None]


async def _at_once(_events: int, _seconds: float) -> None:
    """As fast as it goes."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a rebuild goes along: `progress(position, last position)` while events are folded, `phase(what is done now)`, and
    `rest(events, seconds)` after each page of events with how many and how long it took; `page` is how many events at once;
    there is one connection that writes for each processor but `spare`."""

    progress: Progress = lambda _done, _total: None
    phase: Callable[[str], None] = lambda _name: None
    rest: Callable[[int, float], Awaitable[None]] = _at_once
    page: int = 5000
    spare: int = 0


#: As fast as it goes, without a word.
STRAIGHT = Course()


async def fill(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    name: str,
    *,
    upto: int,
    course: Course = STRAIGHT,
    keep_rows: int = KEPT_ROWS,
) -> None:
    """Fold the log up to position `upto` into the empty tables of schema `name`, which the connection looks at.

    At most `keep_rows` rows are held in memory, and a page of events more.
    """
    async with contextlib.aclosing(pages(connection, decoder, models, name, upto=upto, page=course.page)) as log:
        await fill_from(connection, models, name, log, upto=upto, course=course, keep_rows=keep_rows)


async def fill_from(
    connection: AsyncConnection[Any],
    models: Sequence[ReadModel],
    name: str,
    log: AsyncIterable[Sequence[Recorded]],
    *,
    upto: int,
    course: Course = STRAIGHT,
    keep_rows: int = KEPT_ROWS,
) -> None:
    """As `fill`, from pages of events in order. What `schema.create` left for the end is made afterwards."""
    start = {model.name: 0 for model in models}
    course.phase("events")
    async with writing(connection, name, spare=course.spare) as writers:
        rows = Filling(writers, keep=keep_rows)
        started = time.monotonic()
        async for events in log:
            await fold(connection, models, start, events, rows)
            if pending(rows.touched) > MOST_TOUCHED:
                await rows.write_out()
                await render(connection, models, rows)
            if events:
                course.progress(events[-1].position, upto)
            await course.rest(len(events), time.monotonic() - started)
            started = time.monotonic()
        await rows.write_out()
        course.phase("indexes and documents")
        await _finish(connection, models, rows, writers)
    await schema.move(connection, models, upto)


async def _finish(connection: AsyncConnection[Any], models: Sequence[ReadModel], rows: Filling, writers: Writers) -> None:
    """Render documents and make indexes, at once as far as neither needs the other.

    Rendering looks neighbours up, which need theirs first, and writes rows once more, which costs less while these have none. What
    comes after all that is rendered cannot be needed for it, and of versions nothing is.
    """
    last = max((at for at, model in enumerate(models) if model.renders), default=-1)
    neighbours = [model for model in models[: last + 1] if not model.renders]
    _make(writers, (index for model in neighbours for index in model.own_indexes))
    await writers.done()
    _make(writers, (index for model in models[last + 1 :] for index in model.own_indexes))
    _make(writers, (index for model in models for index in model.indexes_of_versions))
    _look_through(writers, (model for model in models if not model.renders))
    await render(connection, models, rows)
    rendered = [model for model in models if model.renders]
    _make(writers, (index for model in rendered for index in model.own_indexes))
    await writers.done()
    _look_through(writers, rendered)
    await writers.done()


def _make(writers: Writers, indexes: Iterable[str]) -> None:
    for index in indexes:
        writers.execute(index, index)


def _look_through(writers: Writers, models: Iterable[ReadModel]) -> None:
    """Tell the planner what the tables hold, and whoever reads nothing but indexes of versions that they may."""
    for table in (table for model in models for table in model.tables):
        for name in table.names:
            is_read_by_index = name != table.name and table.past_indexes
            writers.execute(name, f"VACUUM (ANALYZE) {name}" if is_read_by_index else f"ANALYZE {name}")


async def catch_up(
    connection: AsyncConnection[Any],
    decoder: Decoder,
    models: Sequence[ReadModel],
    start: int,
    *,
    upto: int,
    course: Course = STRAIGHT,
) -> int:
    """Fold what lies between `start` and `upto` into the schema that the connection looks at; returns the position reached."""
    reached = start
    rows = Rows()
    while True:
        events, position = await read_page(connection, decoder, reached, course.page, upto, unknown=noted)
        if position == reached:
            return reached
        async with connection.transaction():
            await project(connection, models, {m.name: reached for m in models}, events, rows=rows)
            await schema.move(connection, models, position)
        reached = position
        if rows.size > KEPT_ROWS:
            rows = Rows()
        course.progress(reached, upto)
