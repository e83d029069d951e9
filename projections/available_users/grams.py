"""Parts of names and addresses, looked for through an index: conditions on `available_users a` and what they bind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, LiteralString

SEARCH: LiteralString = (
    "available_user_grams(a.username_key || E'\\n' || a.email_key) @> %(search_grams)s::text[]"
    " AND (a.username_key LIKE %(search)s OR a.email_key LIKE %(search)s)"
)
NAME: LiteralString = "available_user_grams(a.name_key) @> %(name_grams)s::text[] AND a.name_key LIKE %(name)s"
_ANYTHING = re.compile(r"[%_]")


def searched(text: str) -> Mapping[str, Any]:
    """What `SEARCH` binds for lower-case `text`."""
    return {"search": _containing(text), "search_grams": grams(text)}


def named(text: str) -> Mapping[str, Any]:
    """What `NAME` binds for lower-case `text`."""
    return {"name": _containing(text), "name_grams": grams(text)}


def grams(text: str) -> list[str]:
    """The runs of three characters (fewer where `text` has fewer) that everything matching `_containing(text)` holds.

    `%` and `_` stand for anything, so no run reaches across them.
    """
    found: dict[str, None] = {}
    for run in _ANYTHING.split(text):
        size = min(len(run), 3)
        if size:
            found.update(dict.fromkeys(run[start : start + size] for start in range(len(run) - size + 1)))
    return list(found)


def _containing(text: str) -> str:
    """The pattern for `text` anywhere. `_` and `%` stay patterns (contract/listing.md 12); a backslash stands for itself."""
    return "%" + text.replace("\\", "\\\\") + "%"
