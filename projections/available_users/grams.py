"""Parts of names and addresses, looked for through an index: conditions on `available_users a` and what they bind.

That a row holds a part's runs follows from its holding the part: it is said for the index, and costs a hundred times as much to
find out of a row as whether it holds the part. `SEARCH` and `NAME` leave it to the planner, which knows how common the runs are:
for a page that is soon full it walks the order of names instead. `…_BY_INDEX` hide from it what is looked for, so that it takes
the index whatever it is: else it would look at all rows, and find out of each, where it thinks that everybody matches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, LiteralString

_SEARCH: LiteralString = (
    "available_user_grams(a.username_key || E'\\n' || a.email_key) @> {}"
    " AND (a.username_key LIKE %(search)s OR a.email_key LIKE %(search)s)"
)
_NAME: LiteralString = "available_user_grams(a.name_key) @> {} AND a.name_key LIKE %(name)s"
SEARCH: LiteralString = _SEARCH.format("%(search_grams)s::text[]")
SEARCH_BY_INDEX: LiteralString = _SEARCH.format("(SELECT %(search_grams)s::text[])")
NAME: LiteralString = _NAME.format("%(name_grams)s::text[]")
NAME_BY_INDEX: LiteralString = _NAME.format("(SELECT %(name_grams)s::text[])")
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
