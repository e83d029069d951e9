"""Weekday requirements of templates and the next allowed start (contract/workspaces.md 2.4, contract/lifecycle.md A8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.schedules.cron import EVERY_DAY, parse
from domain.schedules.requirements import (
    NO_AUTOSTOP,
    WEEKDAYS,
    AutostopRequirement,
    BadRequirement,
    autostop_requirement,
    days_of,
    names_of,
    next_allowed,
    next_if_allowed,
)

MONDAY = datetime(2024, 5, 6, 9, 30, tzinfo=UTC)
WORKDAYS = days_of(WEEKDAYS[:5])
WEEKEND = days_of(WEEKDAYS[5:])
WEEK = timedelta(days=7)


def test_names_come_back_in_week_order_and_once() -> None:
    assert names_of(days_of(["sunday", "monday", "friday", "monday"])) == ("monday", "friday", "sunday")


@given(st.integers(0, EVERY_DAY))
def test_names_and_bitmap_are_the_same(days: int) -> None:
    assert days_of(names_of(days)) == days


@pytest.mark.parametrize("name", ["x", "", "Monday", "mon", " monday"])
def test_unknown_weekday(name: str) -> None:
    with pytest.raises(BadRequirement) as caught:
        days_of(["monday", name])
    assert caught.value.field == "days_of_week"
    assert repr(name) in caught.value.text


def test_no_weeks_means_every_week() -> None:
    assert autostop_requirement([], 0) == NO_AUTOSTOP == AutostopRequirement(0, 1)
    assert autostop_requirement(["monday"], 16) == AutostopRequirement(1, 16)


@pytest.mark.parametrize("weeks", [-1, 17])
def test_weeks_have_limits(weeks: int) -> None:
    with pytest.raises(BadRequirement) as caught:
        autostop_requirement(["monday"], weeks)
    assert caught.value.field == "weeks"


def test_days_have_limits() -> None:
    with pytest.raises(BadRequirement) as caught:
        AutostopRequirement(EVERY_DAY + 1)
    assert caught.value.field == "days_of_week"


def test_starts_on_forbidden_days_are_passed_over() -> None:
    friday = MONDAY + timedelta(days=4)
    assert next_allowed(parse("30 9 * * *"), WORKDAYS, friday) == MONDAY + WEEK
    assert next_allowed(parse("30 9 * * *"), EVERY_DAY, friday) == friday + timedelta(days=1)


def test_the_day_is_that_of_the_schedules_zone() -> None:
    sunday_evening = datetime(2024, 5, 5, 19, tzinfo=UTC)  # Monday 07:00 in Auckland
    assert next_allowed(parse("CRON_TZ=Pacific/Auckland 0 8 * * *"), days_of(["monday"]), sunday_evening) == sunday_evening + timedelta(
        hours=1
    )


def test_no_start_is_allowed() -> None:
    assert next_allowed(parse("30 9 * * 1-5"), WEEKEND, MONDAY) is None
    assert next_allowed(parse("30 9 * * *"), 0, MONDAY) is None


def test_a_weekly_start_asked_for_at_its_own_time_is_the_one_a_week_later() -> None:
    assert next_allowed(parse("30 9 * * 1"), days_of(["monday"]), MONDAY) == MONDAY + WEEK


def test_the_search_ends_with_the_first_start_a_week_away() -> None:
    # Daily at 01:30 in Dublin, asked at 01:30 on a Saturday: Sunday's is left out by the change to summer time, and the
    # first start that lies a week away is on the next Saturday, which is not allowed.
    at = datetime(2024, 3, 30, 1, 30, tzinfo=UTC)
    schedule = parse("CRON_TZ=Europe/Dublin 30 1 * * *")
    assert next_allowed(schedule, days_of(["sunday"]), at + timedelta(hours=-1)) is None
    assert next_allowed(schedule, days_of(["sunday"]), at + timedelta(days=1)) == datetime(2024, 4, 7, 0, 30, tzinfo=UTC)


@given(
    st.sampled_from(["30 9 * * *", "0 */6 * * 1,3", "15 1 * * 0", "CRON_TZ=Europe/Dublin 30 1 * * *"]),
    st.integers(0, EVERY_DAY),
    st.integers(0, 60 * 24 * 400),
)
def test_next_allowed_equals_going_through_the_starts(text: str, days: int, minutes: int) -> None:
    schedule, at = parse(text), MONDAY + timedelta(minutes=minutes)
    expected, start = None, at
    while start - at < WEEK:
        following = schedule.next_after(start)
        assert following is not None
        start = following
        if schedule.weekday(start) & days:
            expected = start
            break
    assert next_allowed(schedule, days, at) == expected


def test_only_the_very_next_start_counts_for_deadlines() -> None:
    schedule, friday = parse("30 9 * * *"), MONDAY + timedelta(days=4)
    assert next_if_allowed(schedule, WORKDAYS, friday) is None
    assert next_if_allowed(schedule, EVERY_DAY, friday) == friday + timedelta(days=1)
    assert next_if_allowed(None, EVERY_DAY, friday) is None
