"""How documents are written: JSON options and RFC 3339 times (contract/workspaces.md 1.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

#: "Unset" where the API has no null (contract/workspaces.md 1.2).
ZERO_TIME = "0001-01-01T00:00:00Z"


def rfc3339(time: datetime) -> str:
    """UTC with microseconds at most, trailing zeros trimmed: `2026-01-01T00:00:00.12Z`."""
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    text = time.isoformat()
    return text[:26].rstrip("0") + "Z" if time.microsecond else text[:19] + "Z"


def rfc3339_or_none(time: datetime | None) -> str | None:
    """`rfc3339`, passing None through."""
    return None if time is None else rfc3339(time)


def rfc3339_or_zero(time: datetime | None) -> str:
    """`rfc3339`, with the zero time for None."""
    return ZERO_TIME if time is None else rfc3339(time)


def dumps(document: Any) -> bytes:
    """The document as compact UTF-8 JSON, without the newline that ends a response body. Embeds `orjson.Fragment`s."""
    return orjson.dumps(document)


def without_empty(document: dict[str, Any], *names: str) -> dict[str, Any]:
    """The document without those of the named keys whose value is empty (the API's omit rule)."""
    for name in names:
        if not document.get(name):
            document.pop(name, None)
    return document
