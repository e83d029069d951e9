"""When an agent's script runs again: cron texts that also choose days of the month and months, and seconds if they have six fields.

The grammar of one field is that of autostart schedules (cron.py). Where day of month and day of week are both restricted, a day
that fits either will do, as cron has always had it. All times are UTC: a workspace has no place on earth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from domain.schedules.cron import DAY_NUMBERS, BadSchedule, read_field

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
#: Days of each month in the years that have most.
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SECOND = timedelta(seconds=1)
#: The longest time between two 29ths of February, in days: 1896 to 1904, and again around 2100.
_LONGEST_WAIT = 8 * 366


@dataclass(frozen=True, slots=True)
class ScriptTimes:
    """Bitmaps by value: seconds, minutes, hours from 0; days of the month and months from 1; weekdays with bit 0 = Sunday.

    `either_day`: a day needs to be in only one of `days` and `weekdays`.
    """

    seconds: int
    minutes: int
    hours: int
    days: int
    months: int
    weekdays: int
    either_day: bool

    def next_after(self, at: datetime) -> datetime | None:
        """The first whole second strictly after `at` (aware) that fits; aware UTC. None when the calendar ends first (year 9999)."""
        try:
            start = at.astimezone(UTC).replace(microsecond=0) + _SECOND
            since = (start.hour, start.minute, start.second)
            for days in range(_LONGEST_WAIT + 1):
                day = start.date() + timedelta(days)
                if self._fits(day) and (clock := self._clock(since if days == 0 else (0, 0, 0))) is not None:
                    return datetime(day.year, day.month, day.day, *clock, tzinfo=UTC)
        except OverflowError:
            pass
        return None

    def _fits(self, day: date) -> bool:
        in_month = bool(self.days >> day.day & 1)
        in_week = bool(self.weekdays >> day.isoweekday() % 7 & 1)
        return bool(self.months >> day.month & 1) and (in_month or in_week if self.either_day else in_month and in_week)

    def _clock(self, since: tuple[int, int, int]) -> tuple[int, int, int] | None:
        """The first hour, minute and second of a day, not before `since`."""
        for hour in _values(self.hours, since[0]):
            for minute in _values(self.minutes, since[1] if hour == since[0] else 0):
                is_same = (hour, minute) == since[:2]
                for second in _values(self.seconds, since[2] if is_same else 0):
                    return hour, minute, second
        return None

    def comes(self) -> bool:
        """Whether some day of the calendar fits: 30 February never comes."""
        return self.either_day or any(self.days & (1 << _LENGTHS[month - 1] + 1) - 1 for month in _values(self.months, 1))


def _values(bits: int, least: int) -> list[int]:
    """The values in a bitmap from `least` on, in order."""
    return [value for value in range(least, bits.bit_length()) if bits >> value & 1]


def read_script_times(text: str) -> ScriptTimes:
    """Read five fields (minute, hour, day of month, month, day of week), or six of which the first are seconds.

    Raises `BadSchedule`.
    """
    parts = text.split()
    if len(parts) not in (5, 6):
        raise BadSchedule(f"parse schedule: {len(parts)} fields found, 5 or (with seconds first) 6 needed")
    seconds = read_field(parts.pop(0), "second", 0, 59, {}) if len(parts) == 6 else 1
    minute, hour, day, month, weekday = parts
    times = ScriptTimes(
        seconds,
        read_field(minute, "minute", 0, 59, {}),
        read_field(hour, "hour", 0, 23, {}),
        read_field(day, "day-of-month", 1, 31, {}),
        read_field(month, "month", 1, 12, _MONTHS),
        read_field(weekday, "day-of-week", 0, 6, DAY_NUMBERS),
        either_day=day not in ("*", "?") and weekday not in ("*", "?"),
    )
    if not times.comes():
        raise BadSchedule(f"parse schedule: no month of {month} has a day {day}")
    return times
