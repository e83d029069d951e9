"""`?at=`: the position in the past that a request asks about, given as such or as a time (design.md 7, Time travel)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from domain.kernel.errors import Invalid, Violation
from domain.kernel.spellings import instant
from projections.engine.tail import head
from projections.queryvalues import quoted
from service.http.call import Call
from service.store.log_reader import position_at

_DIGITS = 19
_FINER = re.compile(r"(\.[0-9]{6})[0-9]+")


async def asked_position(call: Call) -> int | None:
    """The position that `at` means, None without one; this process' read models have reached it.

    A time means the last event at or before it. Raises `Invalid` (field `at`) for what is neither, and for the future.
    """
    if "at=" not in call.request.query_string or not (text := _given(call.request.query.getall("at", []))):
        return None
    async with call.pool.connection() as connection:
        newest = await head(connection)
        if text.isascii() and text.isdigit():
            position = int(text) if len(text) <= _DIGITS else newest + 1
        else:
            time = _time(text)
            position = await position_at(connection, time) if time <= datetime.now(UTC) else newest + 1
    if position > newest:
        raise _invalid(f"Query param {quoted('at')} lies in the future: {quoted(text[:40])}")
    await call.shown(position)
    return position


def _given(values: Sequence[str]) -> str:
    """Empty without one. Raises `Invalid` when there are several."""
    if len(values) > 1:
        raise _invalid(f"Query param {quoted('at')} provided more than once, found {len(values)} times")
    return values[0] if values else ""


def _time(text: str) -> datetime:
    """In either case (RFC 3339 5.6); a plus sign that was sent as it is has become a space. What is finer than the log's microseconds
    is cut off, so that nothing is shown that came later."""
    try:
        return instant(_FINER.sub(r"\1", text.upper()).replace(" ", "+"))
    except ValueError:
        raise _invalid(f"Query param {quoted('at')} must be a position or a time (RFC 3339): {quoted(text[:40])} is neither") from None


def _invalid(detail: str) -> Invalid:
    return Invalid("Query parameters have invalid values.", validations=[Violation("at", detail)])
