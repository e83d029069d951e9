"""Quiet hours: the one time of day, in the user's zone, at which required stops may happen.

Source: contract/lifecycle.md B4 (default, "fixed daily time"). The text is a cron schedule that starts once on every day.
"""

from __future__ import annotations

from functools import lru_cache

from domain.schedules.cron import EVERY_DAY, LONGEST_CACHED, BadSchedule, Schedule, read

DEFAULT = "CRON_TZ=UTC 0 0 * * *"


def parse(text: str) -> Schedule:
    """Read quiet hours; the empty text means the default. Raises `BadSchedule` unless it names one time on every day."""
    return _parse_cached(text or DEFAULT) if len(text) <= LONGEST_CACHED else _parse(text)


def _parse(text: str) -> Schedule:
    schedule = read(text, "daily")
    if _several(schedule.minutes) or _several(schedule.hours):
        raise BadSchedule("validate daily schedule: minute and hour must each be one number")
    if schedule.days != EVERY_DAY:
        raise BadSchedule("validate daily schedule: day-of-week must be *")
    return schedule


_parse_cached = lru_cache(maxsize=1024)(_parse)


def _several(bits: int) -> bool:
    return bits & bits - 1 != 0
