"""What is different between two JSON documents, as JSON Pointers (RFC 6901). Absent and null are the same (design.md 7, Diff)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def changes(old: Any, new: Any) -> list[dict[str, Any]]:
    """One `{path, old, new}` for each smallest place that differs; arrays of different length differ as a whole."""
    return [{"path": path, "old": before, "new": after} for path, before, after in _leaves(old, new, "")]


def _leaves(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from _leaves(old.get(key), new.get(key), f"{path}/{_escaped(key)}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _leaves(before, after, f"{path}/{index}")
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, old, new


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
