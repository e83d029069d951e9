"""When a running workspace stops by itself: TTL, deadline, the deadline's upper bound, and what may move them.

Source: contract/workspaces.md 2.2, 2.5, 2.6, 5.3, 5.5 and 8; contract/lifecycle.md A8, B4. Times are aware UTC, spans
are integer milliseconds as on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.kernel.errors import Conflict, Invalid
from domain.schedules.cron import EVERY_DAY, Schedule
from domain.schedules.requirements import NO_AUTOSTOP, AutostopRequirement, next_if_allowed

MINUTE_MS = 60_000
MAX_TTL_MS = 30 * 24 * 60 * MINUTE_MS

#: Where sums end that would leave the calendar: a template's default TTL has no upper bound.
FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

_FIRST_MONDAY = date(2023, 1, 2)
_QUARTER = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
_NOTICE = timedelta(hours=2)
_SHORTEST_EXTENSION = timedelta(minutes=29)
_DAY = timedelta(days=1)


class BadTTL(ValueError):
    """A TTL outside the limits; `text` says which, as the API words it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Deadlines:
    """A build's planned stop and the latest one it may be moved to; None = none. Raises `ValueError` for an impossible pair."""

    deadline: datetime | None = None
    max_deadline: datetime | None = None

    def __post_init__(self) -> None:
        if self.max_deadline is not None and (self.deadline is None or self.deadline > self.max_deadline):
            raise ValueError("a deadline must be set and not be later than its maximum")


NO_DEADLINES = Deadlines()


@dataclass(frozen=True, slots=True)
class DeadlineRules:
    """What template, workspace and owner say about stopping.

    `ttl_ms` is the effective TTL (`effective_ttl_ms`), `autostart_days` the template's allowed weekdays (bitmap),
    `quiet_hours` the owner's, None where quiet hours do not exist. Prebuilds never get a deadline.
    """

    ttl_ms: int = 0
    schedule: Schedule | None = None
    autostart_days: int = EVERY_DAY
    autostop: AutostopRequirement = NO_AUTOSTOP
    quiet_hours: Schedule | None = None
    is_prebuild: bool = False


def later(at: datetime, milliseconds: int) -> datetime:
    """`at` plus a span, at most `FOREVER`."""
    try:
        return min(at + timedelta(milliseconds=milliseconds), FOREVER)
    except OverflowError:
        return FOREVER


def normal_ttl_ms(ttl_ms: int | None) -> int | None:
    """The TTL as it is stored: whole minutes, None for null or 0. Raises `BadTTL` (contract/workspaces.md 2.2)."""
    if not ttl_ms:
        return None
    whole = ttl_ms // MINUTE_MS * MINUTE_MS
    if whole < MINUTE_MS:
        raise BadTTL("time until shutdown must be at least one minute")
    if whole > MAX_TTL_MS:
        raise BadTTL("time until shutdown must be less than 30 days")
    return whole


def initial_ttl_ms(ttl_ms: int | None, default_ttl_ms: int) -> int | None:
    """The TTL of a new workspace: its own, else the template's default if there is one. Raises `BadTTL`."""
    return normal_ttl_ms(ttl_ms) or (default_ttl_ms if default_ttl_ms > 0 else None)


def effective_ttl_ms(ttl_ms: int | None, default_ttl_ms: int, *, allow_user_autostop: bool) -> int:
    """The TTL that counts: the workspace's, or the template's where users may not choose; 0 = none."""
    return (ttl_ms or 0) if allow_user_autostop else max(default_ttl_ms, 0)


def deadlines_at_completion(completed_at: datetime, rules: DeadlineRules) -> Deadlines:
    """The deadlines of a build whose job succeeded at `completed_at`; both lie after it (contract/workspaces.md 2.5)."""
    if rules.is_prebuild:
        return NO_DEADLINES
    deadline = None
    if rules.ttl_ms > 0:
        deadline = later(completed_at, rules.ttl_ms)
        start = next_if_allowed(rules.schedule, rules.autostart_days, completed_at)
        if start is not None and deadline > start:
            deadline = later(start, rules.ttl_ms)
    return _capped(deadline, _required_stop(completed_at, rules.autostop, rules.quiet_hours))


def _capped(deadline: datetime | None, maximum: datetime | None) -> Deadlines:
    if maximum is None:
        return Deadlines(deadline)
    return Deadlines(maximum if deadline is None else min(deadline, maximum), maximum)


def _required_stop(completed_at: datetime, autostop: AutostopRequirement, quiet_hours: Schedule | None) -> datetime | None:
    """The quiet hours on which a workspace that started at `completed_at` must stop, at the latest."""
    if not autostop.days or quiet_hours is None:
        return None
    zone = quiet_hours.zone
    day = (completed_at + _NOTICE).astimezone(zone).date()
    if autostop.weeks > 1:
        week = (day - _FIRST_MONDAY).days // 7
        if week % autostop.weeks:
            day = _FIRST_MONDAY + timedelta(weeks=(week // autostop.weeks + 1) * autostop.weeks)
    first = quiet_hours.next_after(_midnight(day, zone) - _QUARTER)
    if first is None or first < completed_at + _NOTICE:
        day += _DAY
    while not autostop.days >> day.weekday() & 1:
        day += _DAY
    start = _midnight(day, zone)
    # A start of day that is (nearly) over would find quiet hours too soon to warn anyone.
    search = completed_at + _HOUR if start < completed_at + _HOUR else start - _QUARTER
    return quiet_hours.next_after(search)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def recomputed(current: Deadlines, completed_at: datetime, rules: DeadlineRules, now: datetime) -> Deadlines:
    """The deadlines of a running build after its template's schedule changed; `completed_at` is when its job succeeded.

    Nobody gets less than two hours' notice, a stop that is nearer than that stays as announced, and the deadline is
    only ever brought forward. Without a TTL nothing but the new maximum is left to give one.
    Source: contract/lifecycle.md A8, contract/workspaces.md 8.
    """
    if current.max_deadline is not None and current.max_deadline < now + _NOTICE:
        return current
    if rules.is_prebuild:
        return NO_DEADLINES
    maximum = _required_stop(completed_at, rules.autostop, rules.quiet_hours)
    if maximum is not None:
        maximum = max(maximum, now + _NOTICE)
    return _capped(current.deadline if rules.ttl_ms > 0 else None, maximum)


def without_ttl(current: Deadlines, transition: str) -> Deadlines:
    """The latest build's deadlines once the workspace's TTL was removed: only a start's deadline falls back to its maximum."""
    return Deadlines(current.max_deadline, current.max_deadline) if transition == "start" else current


def bumped(
    current: Deadlines, transition: str, job_completed_at: datetime | None, rules: DeadlineRules, activity_bump_ms: int, now: datetime
) -> Deadlines | None:
    """The latest build's deadlines after activity at `now`, or None if they stay: only a completed start's can move.

    Never earlier than before, never beyond the maximum, and a build without a deadline does not get one.
    Source: contract/workspaces.md 2.6.
    """
    if transition != "start" or job_completed_at is None or rules.is_prebuild:
        return None
    if activity_bump_ms <= 0 or current.deadline is None:
        return None
    target = later(now, activity_bump_ms)
    start = next_if_allowed(rules.schedule, rules.autostart_days, now)
    if start is not None and target > start:
        target = later(start, rules.ttl_ms)
    if current.deadline - (target - now) * 19 / 20 >= now:
        return None  # less than 5 % of the interval used up: spares an event for each of many reports
    if current.max_deadline is not None:
        target = min(target, current.max_deadline)
    return Deadlines(target, current.max_deadline) if target > current.deadline else None


def extended(current: Deadlines, transition: str, job_completed_at: datetime | None, new_deadline: datetime, now: datetime) -> Deadlines:
    """The latest build's deadlines after the user moved the deadline, later or earlier (contract/workspaces.md 5.5).

    Raises `Conflict` when the build has no deadline to move, `Invalid` when the new one lies outside its limits.
    """
    if transition != "start":
        raise Conflict(f"Cannot extend workspace: its latest build is a {transition}, only a started workspace has a deadline.")
    if job_completed_at is None:
        raise Conflict("Cannot extend workspace: the workspace is still building.")
    if current.deadline is None:
        raise Conflict("Cannot extend workspace: it has no deadline and is shut down manually.")
    if new_deadline < now + _SHORTEST_EXTENSION:
        raise Invalid("Cannot extend workspace: new deadline must be at least 30 minutes in the future")
    if new_deadline < job_completed_at:
        raise Invalid("Cannot extend workspace: new deadline must not lie before the completion of the build")
    if current.max_deadline is not None and new_deadline > current.max_deadline:
        raise Invalid("Cannot extend workspace: new deadline must not lie after the latest one that the template allows")
    return Deadlines(new_deadline, current.max_deadline)
