"""Quiet hours are one fixed time on every day (contract/lifecycle.md B4)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.schedules import quiet_hours
from domain.schedules.cron import LONGEST_CACHED, BadSchedule


def test_none_chosen_is_midnight_utc() -> None:
    assert quiet_hours.parse("").source == quiet_hours.DEFAULT == "CRON_TZ=UTC 0 0 * * *"
    assert quiet_hours.parse("").next_after(datetime(2024, 5, 3, 9, tzinfo=UTC)) == datetime(2024, 5, 4, tzinfo=UTC)


@pytest.mark.parametrize("text", ["CRON_TZ=Australia/Sydney 30 23 * * *", "0 0 * * ?", "05 07 * * 0-6", "7," * LONGEST_CACHED + " 0 * * *"])
def test_one_time_a_day(text: str) -> None:
    assert quiet_hours.parse(text).source == text


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("0 0", "validate daily schedule: expected schedule to consist of 5 fields with an optional CRON_TZ=<timezone> prefix"),
        ("0 0 1 * *", "validate daily schedule: "),
        ("* 0 * * *", "validate daily schedule: minute and hour"),
        ("0,30 0 * * *", "validate daily schedule: minute and hour"),
        ("0 */2 * * *", "validate daily schedule: minute and hour"),
        ("0 0 * * 1-5", "validate daily schedule: day-of-week"),
        ("60 0 * * *", "parse schedule: "),
        ("CRON_TZ=Foo/Bar 0 0 * * *", "parse schedule: provided bad location Foo/Bar: unknown time zone Foo/Bar"),
        ("CRON_TZ=Local 0 0 * * *", "schedules scoped to time.Local are not supported"),
    ],
)
def test_refusals(text: str, start: str) -> None:
    with pytest.raises(BadSchedule) as caught:
        quiet_hours.parse(text)
    assert caught.value.text.startswith(start)
