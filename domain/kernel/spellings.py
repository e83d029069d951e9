"""How ids, instants, numbers and truth values may be spelled by clients: text in, value out, `ValueError` for anything else.

Shared by bodies, paths, query strings and the search language, so that each value has one grammar. Knows nothing of HTTP.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

_HEX = "[0-9a-f]"
_DASHED = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_CANONICAL_UUID = re.compile(_DASHED)
_ANY_UUID = re.compile(rf"(?:urn:uuid:)?({_DASHED})|\{{({_DASHED})\}}|({_HEX}{{32}})", re.ASCII | re.IGNORECASE)

_DAY = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_CLOCK = r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
_ZONE = r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
_DATE = re.compile(_DAY)
_INSTANT = re.compile(f"{_DAY}T{_CLOCK}{_ZONE}")
_INTEGER = re.compile(r"[+-]?[0-9]+")

_TRUTH = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False)

#: The instant that means "none" on the wire: `0001-01-01T00:00:00Z`.
ZERO_TIME = datetime(1, 1, 1, tzinfo=UTC)
_LAST_TIME = datetime.max.replace(tzinfo=UTC)

INT32_MAX = 2**31 - 1
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def uuid_text(text: str) -> str:
    """The canonical form (lower case, dashed) of a UUID that is dashed, 32 hex digits, `urn:uuid:…` or `{…}`, in any case.

    Raises `ValueError`. Source: contract/workspaces.md 1.3, contract/listing.md 2.
    """
    if _CANONICAL_UUID.fullmatch(text):
        return text
    found = _ANY_UUID.fullmatch(text)
    if found is None:
        raise ValueError(f"a UUID has 32 hexadecimal digits, dashed or not; this text has {len(text)} characters")
    digits = (found[1] or found[2] or found[3]).lower()
    return digits if len(digits) == 36 else f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def instant(text: str) -> datetime:
    """An RFC 3339 time as aware UTC, rounded to microseconds (half up).

    Upper-case `T` and a zone are mandatory; leap seconds are refused. What lies outside the years 1 to 9999 in UTC
    becomes the nearest instant inside. Raises `ValueError`. Source: contract/workspaces.md 5.5, contract/listing.md 4.
    """
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError("a time looks like 2006-01-02T15:04:05Z (RFC 3339, with a zone)")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, sign = found[7] or "", found[8]
    offset = timedelta()
    if sign:
        if int(found[9]) > 23 or int(found[10]) > 59:
            raise ValueError("the zone is out of range")
        offset = timedelta(hours=int(found[9]), minutes=int(found[10])) * (-1 if sign == "-" else 1)
    if year == 0:
        datetime(4, month, day, hour, minute, second)  # year 0 is a leap year too: the rest must still be a real date
        return ZERO_TIME
    local = datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset))
    micros = int(f"{fraction:0<6}"[:6]) + (fraction[6:7] >= "5")
    try:
        return (local + timedelta(microseconds=micros)).astimezone(UTC)
    except OverflowError:
        return ZERO_TIME if year == 1 else _LAST_TIME


def calendar_date(text: str) -> date:
    """A date `YYYY-MM-DD`. Raises `ValueError`. Source: contract/identity.md 9."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("a date looks like 2006-01-02")
    return date(int(found[1]), int(found[2]), int(found[3]))


def truth(text: str) -> bool:
    """One of the twelve accepted spellings of a boolean. Raises `ValueError`. Source: contract/workspaces.md 4.1."""
    try:
        return _TRUTH[text]
    except KeyError:
        raise ValueError("neither true nor false") from None


def integer(text: str, lowest: int = INT64_MIN, highest: int = INT64_MAX) -> int:
    """A base-10 integer with an optional sign, nothing else around it. Raises `ValueError`. Source: contract/listing.md 2."""
    if _INTEGER.fullmatch(text) is None:
        raise ValueError("not a whole number in base 10")
    # A long run of digits is out of range whatever it says; converting it would cost time that grows with its square.
    number = int(text) if len(text.lstrip("+-0")) <= 20 and len(text) <= 1000 else None
    if number is None or not lowest <= number <= highest:
        raise ValueError(f"not between {lowest} and {highest}")
    return number
