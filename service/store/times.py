"""Times on the way into and out of the log: UTC, microseconds, fixed width, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime


def to_fixed(time: datetime) -> str:
    """`2026-01-01T00:00:00.000000Z`; `time` is aware."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_fixed(text: str) -> datetime:
    """The aware UTC time written by `to_fixed`."""
    return datetime.fromisoformat(text)
