"""Which position a time means, and pages of the log by position."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from domain.workspaces.events import WorkspaceTTLSet
from service.store.log_reader import LogReader, Selection, position_at
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.projections.workspaces.histories import START, history, uid
from tests.support.projecting import store

MAPPER = EventMapper(KeyRing())
EVERYTHING = Selection()


@pytest.fixture
async def connection(migrated_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A connection to a log of its own."""
    async with await AsyncConnection.connect(migrated_url, autocommit=True) as opened:
        yield opened


async def fill(connection: AsyncConnection[Any], times: list[datetime], gaps: random.Random | None = None) -> list[tuple[int, datetime]]:
    """Events at these times, with gaps between their positions; returns position and time of each."""
    events = [
        replace(event, time=time)
        for event, time in zip(history(*[(uid("w"), WorkspaceTTLSet(n)) for n in range(len(times))]), times, strict=True)
    ]
    for event in events:
        await store(connection, MAPPER, [event])
        if gaps is not None and gaps.random() < 0.4:
            await connection.execute(
                "SELECT setval('ledger_events_notification_id_seq', nextval('ledger_events_notification_id_seq') + %s)",
                (gaps.randrange(9),),
            )
    cursor = await connection.execute("SELECT notification_id FROM ledger_events ORDER BY notification_id")
    return [(row[0], time) for row, time in zip(await cursor.fetchall(), times, strict=True)]


async def test_a_time_means_the_last_event_at_or_before_it(connection: AsyncConnection[Any]) -> None:
    chance = random.Random(7)
    moments, at = [], START
    for _ in range(60):
        at += timedelta(microseconds=chance.choice([0, 1, 5, 1_000_000]))
        moments.append(at)
    placed = await fill(connection, moments, chance)
    for probe in {moment + timedelta(microseconds=shift) for moment in moments for shift in (-1, 0, 1)}:
        expected = max((position for position, time in placed if time <= probe), default=0)
        assert await position_at(connection, probe) == expected


async def test_an_empty_log_has_no_position_for_any_time(connection: AsyncConnection[Any]) -> None:
    assert await position_at(connection, START) == 0


async def test_a_full_page_says_how_far_it_got_and_the_last_reaches_the_end(connection: AsyncConnection[Any]) -> None:
    placed = await fill(connection, [START + timedelta(seconds=n) for n in range(5)])
    reader, end = LogReader(MAPPER), placed[-1][0] + 100

    async def page(after: int, selection: Selection = EVERYTHING) -> tuple[list[Recorded], int]:
        return await reader.after(connection, after, selection, limit=2, upto=end)

    first, reached = await page(0)
    assert [event.position for event in first] == [position for position, _ in placed[:2]]
    assert reached == placed[1][0]
    assert await page(placed[-1][0]) == ([], end)
    assert await page(0, Selection(types=("Nothing",))) == ([], end)
    assert (await page(0, Selection(stream=uid("w"), category="build")))[0] == []


async def test_events_are_found_by_position_and_gaps_are_passed_over(connection: AsyncConnection[Any]) -> None:
    placed = await fill(connection, [START, START])
    found = await LogReader(MAPPER).at(connection, [placed[1][0], placed[0][0], 10**6])
    assert [event.position for event in found] == [position for position, _ in placed]
