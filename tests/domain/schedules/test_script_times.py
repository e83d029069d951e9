"""When the scripts of agents run again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.schedules.cron import BadSchedule
from domain.schedules.script_times import read_script_times

#: A Monday.
NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * *", "2026-03-02T12:01:00"),
        ("0 * * * *", "2026-03-02T13:00:00"),
        ("*/15 * * * *", "2026-03-02T12:15:00"),
        ("30 9 * * MON-FRI", "2026-03-03T09:30:00"),
        ("0 12 * * 1", "2026-03-09T12:00:00"),
        ("0 0 1 * *", "2026-04-01T00:00:00"),
        ("0 0 1 jan ?", "2027-01-01T00:00:00"),
        ("0 0 31 * *", "2026-03-31T00:00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00:00"),
        # Day of month or day of week: the first Friday is sooner than the 13th.
        ("0 0 13 * FRI", "2026-03-06T00:00:00"),
        ("*/10 * * * * *", "2026-03-02T12:00:10"),
        ("5 0 22 * * *", "2026-03-02T22:00:05"),
    ],
)
def test_the_next_time(text: str, expected: str) -> None:
    assert read_script_times(text).next_after(NOW) == datetime.fromisoformat(f"{expected}+00:00")


def test_a_time_of_another_zone_is_an_instant_all_the_same() -> None:
    there = NOW.astimezone(ZoneInfo("Asia/Kathmandu")) + timedelta(microseconds=1)
    assert read_script_times("0 12 * * *").next_after(there) == NOW + timedelta(days=1)


def test_the_29th_of_february_is_found_over_a_century_without_one() -> None:
    assert read_script_times("0 0 29 2 *").next_after(datetime(2096, 3, 1, tzinfo=UTC)) == datetime(2104, 2, 29, tzinfo=UTC)


def test_after_the_last_time_comes_none() -> None:
    assert read_script_times("0 0 1 1 *").next_after(datetime(9999, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("*/7 3-5 * * *", lambda t: t.minute % 7 == 0 and 3 <= t.hour <= 5),
        ("59 23 1,15 * WED", lambda t: (t.hour, t.minute) == (23, 59) and (t.day in (1, 15) or t.weekday() == 2)),
        ("0 0 */10 3,4 *", lambda t: (t.hour, t.minute) == (0, 0) and t.day in (1, 11, 21, 31) and t.month in (3, 4)),
        ("30 4 * * 0,6", lambda t: (t.hour, t.minute) == (4, 30) and t.weekday() in (5, 6)),
    ],
)
def test_no_time_is_passed_over_and_none_is_made_up(text: str, fits: Callable[[datetime], bool]) -> None:
    """Against a walk over every minute of two months."""
    end = NOW + timedelta(days=60)
    walked = [at for minutes in range(1, 60 * 24 * 60) if fits(at := NOW + timedelta(minutes=minutes))]
    times, found, at = read_script_times(text), [], NOW
    while (due := times.next_after(at)) is not None and due < end:
        found.append(due)
        at = due
    assert found == walked


@pytest.mark.parametrize(
    "text",
    ["", "every night", "* * * *", "* * * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 7",
     "0 0 30 2 *", "0 0 31 4,6 *", "*/0 * * * *", "@daily", "61 * * * * *", "1-0 * * * *"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadSchedule):
        read_script_times(text)
