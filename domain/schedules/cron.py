"""Autostart schedules: reading the five-field cron text, and the next start after an instant.

Source: contract/workspaces.md 2.3. Knows nothing of templates, workspaces or the present time. Wherever this package
keeps a set of weekdays it is a bitmap whose lowest bit is Monday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EVERY_DAY = 0b1111111

_PREFIX = "CRON_TZ="
DAY_NUMBERS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
#: Names under which a host keeps its own choice of zone, or tables with leap seconds: they mean something else elsewhere.
_HOST_ZONES = ("localtime", "posixrules")
_HOST_ZONE_FOLDERS = ("right/", "posix/")

#: Long texts are legal but rare: keeping them would let one caller fill the memory through the caches.
LONGEST_CACHED = 200

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
#: Shorter than any summer time that a zone has had: the shortest lasted a week (Recife, October 2000).
_LOOK_AHEAD = timedelta(days=3)


class BadSchedule(ValueError):
    """A text that is no schedule; `text` says why, as the API shows it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes (bits 0 to 59), hours (bits 0 to 23) and weekdays (bit 0 = Monday) of `zone` at which something starts.

    None of the sets is empty. `source` is the text as the user wrote it: it is stored and shown without any change.
    """

    source: str
    zone: ZoneInfo
    minutes: int
    hours: int
    days: int

    def next_after(self, at: datetime) -> datetime | None:
        """The first whole minute strictly after `at` (aware) whose wall clock in the zone matches; aware UTC.

        A wall-clock time that a change of offset leaves out does not start anything that day, one that it repeats
        starts twice. None when the calendar ends first (year 9999).
        """
        return self.next_on(at, EVERY_DAY)

    def next_on(self, at: datetime, weekdays: int) -> datetime | None:
        """As `next_after`, for occurrences on `weekdays` (bitmap) only, taken in the schedule's zone."""
        days = self.days & weekdays
        if not days:
            return None
        try:
            return self._search(at.astimezone(UTC).replace(tzinfo=None, microsecond=0) + _SECOND, days)
        except OverflowError:
            return None

    def weekday(self, at: datetime) -> int:
        """The weekday of an instant in the schedule's zone as a bitmap of one bit."""
        return 1 << at.astimezone(self.zone).weekday()

    def _search(self, cursor: datetime, days: int) -> datetime:
        """The first match at or after `cursor` (naive UTC): as long as the offset stays, the wall clock runs evenly."""
        while True:
            wall = self._wall(cursor)
            offset = wall - cursor
            target = self._match(wall, days) - offset
            changed = self._offset_change(cursor, target, offset)
            if changed is None:
                return target.replace(tzinfo=UTC)
            cursor = changed

    def _wall(self, instant: datetime) -> datetime:
        """The wall clock (naive) at an instant (naive UTC)."""
        return self.zone.fromutc(instant.replace(tzinfo=self.zone)).replace(tzinfo=None)

    def _match(self, wall: datetime, days: int) -> datetime:
        """The first wall-clock minute at or after `wall` that matches, on a clock that is never put forward or back."""
        if wall.second:
            wall = wall.replace(second=0) + _MINUTE
        weekday = wall.weekday()
        if days >> weekday & 1:
            if self.hours >> wall.hour & 1:
                minutes = self.minutes >> wall.minute
                if minutes:
                    return wall + timedelta(minutes=_lowest(minutes))
            hours = self.hours >> wall.hour + 1
            if hours:
                return wall.replace(hour=wall.hour + 1 + _lowest(hours), minute=_lowest(self.minutes))
        ahead = 1 + _lowest((days | days << 7) >> weekday + 1)
        return wall.replace(hour=_lowest(self.hours), minute=_lowest(self.minutes)) + timedelta(days=ahead)

    def _offset_change(self, start: datetime, end: datetime, offset: timedelta) -> datetime | None:
        """The first second after `start`, up to `end` (naive UTC), with another offset; None if there is none.

        Looks at points in between too: the end may have the offset of the start although it changed and changed back.
        """
        low, high = start, min(start + _LOOK_AHEAD, end)
        while self._wall(high) - high == offset:
            if high == end:
                return None
            low, high = high, min(high + _LOOK_AHEAD, end)
        while high - low > _SECOND:
            middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
            if self._wall(middle) - middle == offset:
                low = middle
            else:
                high = middle
        return high


def _lowest(bits: int) -> int:
    """The number of the lowest bit set in a positive bitmap."""
    return (bits & -bits).bit_length() - 1


def parse(text: str) -> Schedule:
    """Read a weekly schedule (contract/workspaces.md 2.3). Raises `BadSchedule` with the reason as the API words it."""
    return _parse_cached(text) if len(text) <= LONGEST_CACHED else read(text, "weekly")


def parse_optional(text: str | None) -> Schedule | None:
    """As `parse`; None and the empty text mean that there is no schedule."""
    return parse(text) if text else None


@lru_cache(maxsize=4096)
def _parse_cached(text: str) -> Schedule:
    return read(text, "weekly")


def read(text: str, kind: str) -> Schedule:
    """Check the structure, then the fields; `kind` ("weekly", "daily") names the schedule in errors. Raises `BadSchedule`."""
    parts = text.split()
    if len(parts) < 5:
        raise BadSchedule(f"validate {kind} schedule: expected schedule to consist of 5 fields with an optional {_PREFIX}<timezone> prefix")
    if len(parts) == 6:
        parts = parts[1:]
    if parts[2] != "*" or parts[3] != "*":
        raise BadSchedule(f"validate {kind} schedule: day-of-month and month must both be *")
    return _read_fields(text)


def _read_fields(text: str) -> Schedule:
    zone_name, fields = "", text
    if text.startswith(_PREFIX):
        zone_name, _, fields = text.removeprefix(_PREFIX).partition(" ")
    # The zone Local is a zone to the grammar; it is refused by name only once everything else is well-formed.
    zone = _zone("" if zone_name == "Local" else zone_name)
    parts = fields.split()
    if len(parts) != 5:
        raise BadSchedule(f"parse schedule: {len(parts)} fields found, exactly 5 needed")
    minutes = read_field(parts[0], "minute", 0, 59, {})
    hours = read_field(parts[1], "hour", 0, 23, {})
    numbers = read_field(parts[4], "day-of-week", 0, 6, DAY_NUMBERS)
    if zone_name == "Local":
        raise BadSchedule("schedules scoped to time.Local are not supported")
    days = numbers >> 1 | (numbers & 1) << 6  # cron counts from Sunday
    return Schedule(text, zone, minutes, hours, days)


def _zone(name: str) -> ZoneInfo:
    try:
        if name in _HOST_ZONES or name.startswith(_HOST_ZONE_FOLDERS):
            raise ValueError(name)
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Not only unknown names: climbing out of the folder, naming a folder or no zone file fail in their own ways.
        raise BadSchedule(f"parse schedule: provided bad location {name}: unknown time zone {name}") from None


def read_field(text: str, name: str, low: int, high: int, names: dict[str, int]) -> int:
    """The set that a field names as a bitmap. Raises `BadSchedule`."""
    bits = 0
    for element in text.split(","):
        if element:
            bits |= _element(element, name, low, high, names)
    if not bits:
        raise BadSchedule(f"parse schedule: {name} field {text} names no value")
    return bits


def _element(text: str, name: str, low: int, high: int, names: dict[str, int]) -> int:
    """The set of one list element: `*`, `?`, `n` or `n-m`, each with an optional `/step`."""
    span, slash, step_text = text.partition("/")
    first_text, dash, last_text = span.partition("-")
    step = _number(step_text, text, {}) if slash else 1
    if span in ("*", "?"):
        first, last = low, high
    else:
        first = _number(first_text, text, names)
        last = _number(last_text, text, names) if dash else high if slash else first
    if first < low or last > high:
        raise BadSchedule(f"parse schedule: {name} {text} lies outside {low}-{high}")
    if first > last:
        raise BadSchedule(f"parse schedule: {name} range {text} begins after its end")
    if step == 0:
        raise BadSchedule(f"parse schedule: the step of {name} {text} must be at least 1")
    return sum(1 << value for value in range(first, last + 1, step))


def _number(text: str, element: str, names: dict[str, int]) -> int:
    named = names.get(text.lower())
    if named is not None:
        return named
    if not (text.isascii() and text.isdigit()):
        raise BadSchedule(f"parse schedule: {text or 'nothing'} in {element} is not a number")
    # Every field and step ends far below this; the interpreter refuses to convert numbers of thousands of digits.
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= 4 else 9999
