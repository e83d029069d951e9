"""The autostart grammar and the next start (contract/workspaces.md 2.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.schedules.cron import LONGEST_CACHED, BadSchedule, Schedule, parse, parse_optional

FIELDS = "validate weekly schedule: expected schedule to consist of 5 fields with an optional CRON_TZ=<timezone> prefix"
WEEKLY = "validate weekly schedule: "
PARSE = "parse schedule: "


def bits(*numbers: int) -> int:
    return sum(1 << number for number in set(numbers))


def shape(schedule: Schedule) -> tuple[str, int, int, int]:
    return schedule.zone.key, schedule.minutes, schedule.hours, schedule.days


MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = (1 << day for day in range(7))
WORKDAYS = MONDAY | TUESDAY | WEDNESDAY | THURSDAY | FRIDAY
EVERY_MINUTE, EVERY_HOUR, EVERY_DAY = bits(*range(60)), bits(*range(24)), 127


@pytest.mark.parametrize(
    ("text", "zone", "minutes", "hours", "days"),
    [
        ("30 9 * * 1-5", "UTC", bits(30), bits(9), WORKDAYS),
        (
            "CRON_TZ=US/Central */5 12-18 * * 1,3,6",
            "US/Central",
            bits(*range(0, 60, 5)),
            bits(*range(12, 19)),
            MONDAY | WEDNESDAY | SATURDAY,
        ),
        ("10,20,40-50 * * * *", "UTC", bits(10, 20, *range(40, 51)), EVERY_HOUR, EVERY_DAY),
        ("CRON_TZ=Europe/Berlin 45 08 * * 1,2,3,4,5,6", "Europe/Berlin", bits(45), bits(8), WORKDAYS | SATURDAY),
        ("CRON_TZ= 30 9 * * *", "UTC", bits(30), bits(9), EVERY_DAY),
        ("CRON_TZ=Etc/GMT+5   0 9 * * 1", "Etc/GMT+5", bits(0), bits(9), MONDAY),
        ("1 2 * * SUN,tue", "UTC", bits(1), bits(2), SUNDAY | TUESDAY),
        ("1 2 * * Mon-FRI", "UTC", bits(1), bits(2), WORKDAYS),
        ("1 2 * * 0-6", "UTC", bits(1), bits(2), EVERY_DAY),
        ("1 2 * * */2", "UTC", bits(1), bits(2), SUNDAY | TUESDAY | THURSDAY | SATURDAY),
        ("1 2 * * 1-6/2", "UTC", bits(1), bits(2), MONDAY | WEDNESDAY | FRIDAY),
        ("1 2 * * mon/3", "UTC", bits(1), bits(2), MONDAY | THURSDAY),
        ("50/3 22/5 * * *", "UTC", bits(50, 53, 56, 59), bits(22), EVERY_DAY),
        ("5/90 */99999999999999999999 * * *", "UTC", bits(5), bits(0), EVERY_DAY),
        ("? ? * * ?", "UTC", EVERY_MINUTE, EVERY_HOUR, EVERY_DAY),
        ("?/30 0 * * *", "UTC", bits(0, 30), bits(0), EVERY_DAY),
        ("1,,2, ,9 * * ,mon,", "UTC", bits(1, 2), bits(9), MONDAY),
        ("01 009 * * 01", "UTC", bits(1), bits(9), MONDAY),
        (f"{'0' * 5000}7 9 * * *", "UTC", bits(7), bits(9), EVERY_DAY),
        (" 2   3 *\t* * ", "UTC", bits(2), bits(3), EVERY_DAY),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_a_schedule_means(text: str, zone: str, minutes: int, hours: int, days: int) -> None:
    schedule = parse(text)
    assert shape(schedule) == (zone, minutes, hours, days)
    assert schedule.source == text


@pytest.mark.parametrize("text", ["asdf", "30 9 *", "@daily", "@every 1h", "CRON_TZ=UTC", "CRON_TZ=UTC 30 9 *", "", " ", "\t\n"])
def test_too_few_fields(text: str) -> None:
    assert refusal(text) == FIELDS


@pytest.mark.parametrize(
    "text",
    [
        "30 9 1 * *",
        "30 9 * 1 *",
        "30 9 */1 * *",
        "30 9 ? * *",
        "30 9 * ? *",
        "30 9 * jan *",
        "CRON_TZ=UTC 30 9 1 * *",
        "0 30 9 1 * *",
        "CRON_TZ=UTC 30 9 * * * *",
    ],
)
def test_day_of_month_and_month_must_be_stars(text: str) -> None:
    assert refusal(text).startswith(WEEKLY)
    assert "day-of-month and month" in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "60 9 * * *",
        "30 24 * * *",
        "30 9 * * 7",
        "30 9 * * 0-7",
        "-1 9 * * *",
        "30 9 * * 5-1",
        "30 9 * * sat-sun",
        "0-60 * * * *",
        "*/0 9 * * *",
        "*/ 9 * * *",
        "/5 9 * * *",
        "*/5/2 * * * *",
        "*/-5 * * * *",
        "*/mon * * * *",
        "1-2-3 * * * *",
        "1- * * * *",
        "+5 9 * * *",
        "1.5 9 * * *",
        "٣ 9 * * *",
        "² 9 * * *",
        "99999999999999999999 9 * * *",
        f"{'9' * 5000} 9 * * *",
        "mon 9 * * *",
        "30 9 * * foo",
        "30 9 * * monday",
        "30 9 * * L",
        "30 9 * * 1#2",
        ", 9 * * *",
        "x 30 9 * * *",
        "30 9 * * * 5",
        "30 9 * * * 1 2",
        "@daily @daily * * *",
        "@daily 9 * * *",
        "CRON_TZ=UTC @daily * * * *",
        "CRON_TZ=UTC 30 * * *",
        "cron_tz=UTC 30 9 * * *",
        "TZ=UTC 30 9 * * *",
        " CRON_TZ=UTC 30 9 * * *",
        "CRON_TZ=UTC CRON_TZ=UTC 9 * * *",
        "CRON_TZ=UTC\t30 9 * * *",
        "CRON_TZ=Local 60 9 * * *",
    ],
    ids=lambda text: text[:40],
)
def test_fields_that_cannot_be_read(text: str) -> None:
    assert refusal(text).startswith(PARSE)


@pytest.mark.parametrize(
    "zone",
    [
        "Foo/Bar",
        "utc",
        "europe/dublin",
        "UTC+1",
        "../UTC",
        "/etc/passwd",
        "/usr/share/zoneinfo/UTC",
        "Europe",
        "Europe/",
        "zone.tab",
        "__init__.py",
        "localtime",
        "posixrules",
        "right/UTC",
        "posix/UTC",
        "a\0b",
        "\ud800",
        "x" * 5000,
    ],
    ids=lambda zone: repr(zone)[:30],
)
def test_unknown_zones(zone: str) -> None:
    expected = f"parse schedule: provided bad location {zone}: unknown time zone {zone}"
    assert refusal(f"CRON_TZ={zone} 30 9 * * *") == expected
    assert refusal(f"CRON_TZ={zone} 60 9 * * *") == expected


def test_the_hosts_own_zone_is_refused() -> None:
    assert refusal("CRON_TZ=Local 30 9 * * *") == "schedules scoped to time.Local are not supported"


def test_no_schedule() -> None:
    assert parse_optional(None) is None
    assert parse_optional("") is None
    assert parse_optional("30 9 * * *") == parse("30 9 * * *")


def test_only_short_schedules_are_kept_in_memory() -> None:
    short, long = "30 9 * * *", "30," * LONGEST_CACHED + " 9 * * *"
    assert parse(short) is parse(short)
    assert parse(long) == parse(long)
    assert parse(long) is not parse(long)


def refusal(text: str) -> str:
    with pytest.raises(BadSchedule) as caught:
        parse(text)
    assert str(caught.value) == caught.value.text
    return caught.value.text


def local(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("text", "zone", "at", "wait"),
    [
        ("30 9 * * *", "Europe/Dublin", "2024-03-30 09:31", timedelta(hours=22, minutes=59)),  # spring: the night is an hour short
        ("30 9 * * *", "Europe/Dublin", "2024-10-26 09:31", timedelta(hours=24, minutes=59)),  # autumn: an hour long
        ("30 9 * * 1-5", "Europe/Dublin", "2024-05-03 09:31", timedelta(days=2, hours=23, minutes=59)),  # Friday to Monday
        ("30 9 * * *", "Europe/Dublin", "2024-05-03 09:29", timedelta(minutes=1)),
        ("30 9 * * *", "Europe/Dublin", "2024-05-03 09:30", timedelta(days=1)),  # strictly after
        ("30 9 * * *", "Europe/Dublin", "2024-05-03 09:29:59.999999", timedelta(microseconds=1)),
        ("30 9 * * *", "Europe/Dublin", "2024-05-03 09:30:00.000001", timedelta(days=1) - timedelta(microseconds=1)),
        ("* * * * *", "Europe/Dublin", "2024-05-03 09:30:30", timedelta(seconds=30)),
        ("30 1 * * *", "Europe/Dublin", "2024-03-30 01:30", timedelta(hours=47)),  # 01:30 is left out on the 31st
        ("*/30 1 * * *", "Europe/Dublin", "2024-03-31 00:59", timedelta(hours=23, minutes=1)),
        ("30 1 * * *", "Europe/Dublin", "2024-10-27 01:30", timedelta(hours=1)),  # 01:30 comes twice on the 27th
        ("30 1 * * 0", "Europe/Dublin", "2024-10-20 01:30", timedelta(days=7)),
        ("15 2 * * *", "Australia/Lord_Howe", "2024-10-05 02:15", timedelta(hours=47, minutes=30)),  # only half an hour is left out
        ("45 2 * * *", "Australia/Lord_Howe", "2024-10-05 02:45", timedelta(hours=23, minutes=30)),
        ("45 1 * * *", "Australia/Lord_Howe", "2024-04-07 01:45", timedelta(minutes=30)),  # and half an hour comes twice
        ("0 2 * * *", "Australia/Lord_Howe", "2024-04-06 02:00", timedelta(hours=24, minutes=30)),
        ("0 0 * * *", "America/Sao_Paulo", "2018-11-03 00:00", timedelta(hours=47)),  # midnight itself is left out on the 4th
        ("0 12 * * 5", "Pacific/Apia", "2011-12-29 12:00", timedelta(days=7)),  # there was no Friday the 30th
        ("0 12 * * *", "Pacific/Apia", "2011-12-29 12:00", timedelta(days=1)),  # the next noon was on the 31st
        ("30 23 * * 6", "America/Recife", "2000-10-07 23:30", timedelta(days=6, hours=23)),  # a summer time of one week lies between
    ],
)
def test_how_long_until_the_next_start(text: str, zone: str, at: str, wait: timedelta) -> None:
    start = local(zone, at)
    found = parse(f"CRON_TZ={zone} {text}").next_after(start)
    assert found is not None
    assert found - start.astimezone(UTC) == wait
    assert found.tzinfo is UTC


def test_the_weekday_is_that_of_the_zone() -> None:
    schedule = parse("CRON_TZ=Pacific/Auckland 0 8 * * 1")
    found = schedule.next_after(datetime(2024, 5, 1, tzinfo=UTC))
    assert found == datetime(2024, 5, 5, 20, tzinfo=UTC)
    assert schedule.weekday(found) == MONDAY


def test_starts_on_some_weekdays_only() -> None:
    schedule = parse("30 9 * * 1-5")
    friday = datetime(2024, 5, 3, 12, tzinfo=UTC)
    assert schedule.next_on(friday, WEDNESDAY | SUNDAY) == datetime(2024, 5, 8, 9, 30, tzinfo=UTC)
    assert schedule.next_on(friday, SUNDAY) is None


def test_the_calendar_ends() -> None:
    assert parse("30 9 * * *").next_after(datetime(9999, 12, 31, 10, tzinfo=UTC)) is None
