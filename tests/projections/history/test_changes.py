"""The difference of two documents."""

from __future__ import annotations

from typing import Any

import pytest

from projections.history.changes import changes


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("/a", 1, 2)]),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, [("/a/b/1/c", 2, 3)]),
        ({"a": [1]}, {"a": [1, 2]}, [("/a", [1], [1, 2])]),
        ({}, {"a": None}, []),
        ({"a": 1}, {}, [("/a", 1, None)]),
        (None, {"a": 1}, [("", None, {"a": 1})]),
        ({"a/b~c": 1}, {"a/b~c": 2}, [("/a~1b~0c", 1, 2)]),
        ({"a": 1}, {"a": True}, [("/a", 1, True)]),
        ({"a": "x"}, {"a": {"b": "x"}}, [("/a", "x", {"b": "x"})]),
    ],
)
def test_every_place_that_differs_is_named_once(old: Any, new: Any, found: list[tuple[str, Any, Any]]) -> None:
    assert [(c["path"], c["old"], c["new"]) for c in changes(old, new)] == found
