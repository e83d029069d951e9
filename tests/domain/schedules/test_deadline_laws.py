"""Laws of deadlines: whatever happens, a maximum never goes without a deadline that keeps to it (contract/lifecycle.md B4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.errors import DomainError
from domain.schedules import quiet_hours
from domain.schedules.cron import EVERY_DAY, parse
from domain.schedules.deadlines import (
    BadTTL,
    DeadlineRules,
    Deadlines,
    bumped,
    deadlines_at_completion,
    extended,
    normal_ttl_ms,
    recomputed,
    without_ttl,
)
from domain.schedules.requirements import MAX_WEEKS, AutostopRequirement

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
ZONES = ["UTC", "Europe/Dublin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Pacific/Kiritimati", "Etc/GMT+12"]

times = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(0), timedelta(days=40))
zones = st.sampled_from(ZONES)
quiet = st.builds("CRON_TZ={} {} {} * * *".format, zones, st.integers(0, 59), st.integers(0, 23)).map(quiet_hours.parse)
weekly = st.builds("CRON_TZ={} {} {} * * {}".format, zones, st.integers(0, 59), st.integers(0, 23), st.integers(0, 6)).map(parse)
rules = st.builds(
    DeadlineRules,
    ttl_ms=st.one_of(st.just(0), st.integers(1, 40 * DAY_MS)),
    schedule=st.none() | weekly,
    autostart_days=st.integers(0, EVERY_DAY),
    autostop=st.builds(AutostopRequirement, st.integers(0, EVERY_DAY), st.integers(1, MAX_WEEKS)),
    quiet_hours=st.none() | quiet,
    is_prebuild=st.booleans(),
)


def holds(one: Deadlines) -> bool:
    return one.max_deadline is None or (one.deadline is not None and one.deadline <= one.max_deadline)


@settings(deadline=None)
@given(times, rules)
def test_deadlines_lie_after_completion_and_within_the_maximum(completed_at: datetime, given_rules: DeadlineRules) -> None:
    found = deadlines_at_completion(completed_at, given_rules)
    assert holds(found)
    assert found.deadline is None or found.deadline > completed_at
    has_stop = given_rules.autostop.days and given_rules.quiet_hours is not None and not given_rules.is_prebuild
    assert (found.max_deadline is not None) == bool(has_stop)


@settings(deadline=None)
@given(times, rules.filter(lambda r: bool(r.autostop.days and r.quiet_hours and not r.is_prebuild)))
def test_required_stops_fall_on_quiet_hours_with_an_hours_notice(completed_at: datetime, given_rules: DeadlineRules) -> None:
    maximum = deadlines_at_completion(completed_at, given_rules).max_deadline
    assert maximum is not None
    assert given_rules.quiet_hours is not None
    assert given_rules.quiet_hours.next_after(maximum - timedelta(seconds=1)) == maximum
    assert maximum > completed_at + timedelta(hours=1)


@settings(deadline=None)
@given(times, rules, rules, spans, st.integers(0, 3 * DAY_MS), spans, st.sampled_from(["start", "stop"]))
def test_a_life_of_changes_keeps_the_invariant(
    completed_at: datetime,
    first: DeadlineRules,
    second: DeadlineRules,
    wait: timedelta,
    bump_ms: int,
    extension: timedelta,
    transition: str,
) -> None:
    now = completed_at + wait
    current = deadlines_at_completion(completed_at, first)
    after_bump = bumped(current, transition, completed_at, first, bump_ms, now)
    if after_bump is not None:
        assert current.deadline is not None
        assert after_bump.deadline is not None
        assert after_bump.deadline > current.deadline
        assert after_bump.max_deadline == current.max_deadline
        current = after_bump
    try:
        current = extended(current, transition, completed_at, now + extension, now)
    except DomainError:
        pass
    else:
        assert current.deadline == now + extension
    after_change = recomputed(current, completed_at, second, now)
    assert all(holds(one) for one in (current, after_change, without_ttl(after_change, transition)))
    if after_change.max_deadline is not None and after_change is not current:
        assert after_change.max_deadline >= now + timedelta(hours=2)


@given(st.integers(-(2**63), 2**63))
def test_a_stored_ttl_is_in_whole_minutes_within_its_limits_and_stays_as_it_is(ttl_ms: int) -> None:
    try:
        stored = normal_ttl_ms(ttl_ms)
    except BadTTL:
        assert ttl_ms < MINUTE_MS or ttl_ms >= 30 * DAY_MS + MINUTE_MS
        return
    if stored is None:
        assert ttl_ms == 0
        return
    assert stored % MINUTE_MS == 0
    assert 0 <= ttl_ms - stored < MINUTE_MS
    assert normal_ttl_ms(stored) == stored
