"""Law: the next start is the first minute that a walk through all minutes finds, in every zone and across every change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.schedules.cron import Schedule, parse

MINUTE = timedelta(minutes=1)

#: (zone, an instant near a change of its offset); plain zones stand for the rest.
CHANGES = [
    ("Europe/Dublin", datetime(2024, 3, 31, 1)),
    ("Europe/Dublin", datetime(2024, 10, 27, 1)),
    ("America/New_York", datetime(2024, 3, 10, 7)),
    ("America/New_York", datetime(2024, 11, 3, 6)),
    ("Australia/Lord_Howe", datetime(2024, 4, 6, 15)),
    ("Australia/Lord_Howe", datetime(2024, 10, 5, 15, 30)),
    ("America/Sao_Paulo", datetime(2018, 11, 4, 3)),
    ("America/Sao_Paulo", datetime(2019, 2, 17, 2)),
    ("Asia/Beirut", datetime(2023, 3, 29, 22)),
    ("America/Recife", datetime(2000, 10, 8, 3)),
    ("America/Recife", datetime(2000, 10, 15, 2)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10)),
    ("Pacific/Kwajalein", datetime(1993, 8, 21, 12)),
    ("Pacific/Kiritimati", datetime(1994, 12, 31, 10)),
    ("America/Juneau", datetime(1983, 10, 30, 10)),
    ("Africa/Casablanca", datetime(2024, 3, 10, 2)),
    ("Africa/Casablanca", datetime(2024, 4, 14, 2)),
    ("Antarctica/Troll", datetime(2024, 3, 31, 1)),
    ("Antarctica/Troll", datetime(2024, 10, 27, 1)),
    ("Asia/Pyongyang", datetime(2018, 5, 4, 15)),
    ("Asia/Kathmandu", datetime(1985, 12, 31, 18, 30)),
    ("America/Caracas", datetime(2016, 5, 1, 7)),
    ("Asia/Kolkata", datetime(2024, 6, 1)),
    ("UTC", datetime(2024, 2, 29)),
    ("Etc/GMT+12", datetime(2024, 12, 31)),
]


def walk(schedule: Schedule, at: datetime) -> datetime | None:
    """The slow way: every minute of nine days, each asked for its wall clock."""
    instant = at.replace(second=0, microsecond=0)
    for _ in range(9 * 24 * 60):
        instant += MINUTE
        wall = instant.astimezone(schedule.zone)
        if schedule.minutes >> wall.minute & 1 and schedule.hours >> wall.hour & 1 and schedule.days >> wall.weekday() & 1:
            return instant
    return None


def check(schedule: Schedule, at: datetime) -> None:
    expected, found = walk(schedule, at), schedule.next_after(at)
    if expected is None:
        assert found is None or found - at > timedelta(days=9) - MINUTE
    else:
        assert found == expected


@st.composite
def fields(draw: st.DrawFn) -> str:
    def field(low: int, high: int) -> str:
        values = st.lists(st.integers(low, high), min_size=1, max_size=3).map(lambda numbers: ",".join(map(str, numbers)))
        steps = st.builds("{}/{}".format, st.sampled_from(["*", str(low), str((low + high) // 2)]), st.integers(1, high + 5))
        spans = st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda pair: f"{min(pair)}-{max(pair)}")
        return draw(st.one_of(st.just("*"), values, steps, spans))

    return f"{field(0, 59)} {field(0, 23)} * * {field(0, 6)}"


@settings(deadline=None)
@given(fields(), st.sampled_from(CHANGES), st.timedeltas(timedelta(days=-8), timedelta(days=3)))
@example("30 1 * * *", ("Europe/Dublin", datetime(2024, 10, 27, 1)), timedelta(0))
@example("15 2 * * 0", ("Australia/Lord_Howe", datetime(2024, 10, 5, 15, 30)), timedelta(hours=-1))
@example("0 12 * * 5", ("Pacific/Apia", datetime(2011, 12, 30, 10)), timedelta(hours=-1))
def test_next_start_equals_the_walk_near_changes_of_offset(text: str, change: tuple[str, datetime], shift: timedelta) -> None:
    zone, instant = change
    check(parse(f"CRON_TZ={zone} {text}"), instant.replace(tzinfo=UTC) + shift)


@settings(deadline=None)
@given(
    fields(),
    st.timezone_keys(allow_prefix=False).filter(lambda key: key not in ("localtime", "posixrules")),
    st.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1)),
)
def test_next_start_equals_the_walk_in_any_zone(text: str, zone: str, at: datetime) -> None:
    check(parse(f"CRON_TZ={zone} {text}"), at.replace(tzinfo=UTC))


@settings(deadline=None)
@given(fields(), st.sampled_from(CHANGES), st.integers(0, 5000))
def test_starts_follow_each_other_strictly(text: str, change: tuple[str, datetime], minutes: int) -> None:
    zone, instant = change
    schedule = parse(f"CRON_TZ={zone} {text}")
    at = instant.replace(tzinfo=UTC) - minutes * MINUTE
    for _ in range(20):
        following = schedule.next_after(at)
        assert following is not None
        assert following > at
        assert following.astimezone(ZoneInfo(zone)).second == 0
        at = following
