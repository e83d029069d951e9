"""On which weekdays a template lets workspaces start, and on which it makes them stop.

Source: contract/lifecycle.md A8, contract/workspaces.md 2.4. Sets of weekdays are bitmaps (bit 0 = Monday); on the wire
they are lists of lower-case names in week order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.schedules.cron import EVERY_DAY, Schedule

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAX_WEEKS = 16

_BITS = {name: 1 << number for number, name in enumerate(WEEKDAYS)}
_NAMES = tuple(tuple(name for name, bit in _BITS.items() if days & bit) for days in range(EVERY_DAY + 1))
_WEEK = timedelta(days=7)
_INSTANT = timedelta(microseconds=1)


class BadRequirement(ValueError):
    """A requirement that cannot be; `field` is the key inside the requirement (wire name), `text` a sentence for the reader."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


def days_of(names: Iterable[str]) -> int:
    """The bitmap of weekday names; order and repetition do not count. Raises `BadRequirement` for an unknown name."""
    days = 0
    for name in names:
        bit = _BITS.get(name)
        if bit is None:
            raise BadRequirement("days_of_week", f"{name!r} is not a weekday: use {', '.join(WEEKDAYS)}")
        days |= bit
    return days


def names_of(days: int) -> tuple[str, ...]:
    """The names in a bitmap, Monday first."""
    return _NAMES[days & EVERY_DAY]


@dataclass(frozen=True, slots=True)
class AutostopRequirement:
    """Running workspaces must stop on `days` (bitmap; 0 = never) of every `weeks`-th week (1 to 16)."""

    days: int = 0
    weeks: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.days <= EVERY_DAY:
            raise BadRequirement("days_of_week", "not a set of weekdays")
        if not 1 <= self.weeks <= MAX_WEEKS:
            raise BadRequirement("weeks", f"must lie between 0 and {MAX_WEEKS}")


NO_AUTOSTOP = AutostopRequirement()


def autostop_requirement(names: Iterable[str], weeks: int) -> AutostopRequirement:
    """The requirement that a request names; 0 weeks means 1. Raises `BadRequirement` (its `field` says which part)."""
    return AutostopRequirement(days_of(names), 1 if weeks == 0 else weeks)


def next_allowed(schedule: Schedule, days: int, at: datetime) -> datetime | None:
    """The first start after `at` whose weekday, in the schedule's zone, is in `days` (bitmap).

    None if a start on another day lies 7 days after `at` or later and comes first: nobody waits for more than a week.
    """
    found = schedule.next_on(at, days)
    if found is None or found - at < _WEEK:
        return found
    return found if schedule.next_after(at + _WEEK - _INSTANT) == found else None


def next_if_allowed(schedule: Schedule | None, days: int, at: datetime) -> datetime | None:
    """The very next start after `at`, or None if there is none or it falls on a day that is not in `days` (bitmap)."""
    found = None if schedule is None else schedule.next_after(at)
    if schedule is None or found is None or not schedule.weekday(found) & days:
        return None
    return found
