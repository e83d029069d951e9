"""Allow lists as text, in normal form, and two of them together (contract/authorization.md 5)."""

from __future__ import annotations

import pytest

from domain.kernel.errors import Invalid
from domain.roles.allow_list import ALLOW_ALL, intersect, parse_entry, requested

A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ([], ["*:*"]),
        (["*:*"], ["*:*"]),
        ([f"workspace:{A}"], [f"workspace:{A}"]),
        ([f"*:{A}"], [f"*:{A}"]),
        ([f"workspace:{A}", f"workspace:{A}"], [f"workspace:{A}"]),
        ([f"workspace:{A.upper()}"], [f"workspace:{A}"]),
        ([f"workspace:{B}", f"workspace:{A}", f"template:{A}"], [f"template:{A}", f"workspace:{A}", f"workspace:{B}"]),
        ([f"workspace:{A}", "workspace:*", f"template:{B}"], [f"template:{B}", "workspace:*"]),
        ([f"workspace:{A}", "*:*"], ["*:*"]),
        ([f"*:{A}", "workspace:*"], [f"*:{A}", "workspace:*"]),
    ],
)
def test_normal_form(given: list[str], stored: list[str]) -> None:
    assert [str(entry) for entry in requested(given)] == stored


@pytest.mark.parametrize(
    "text", ["", "*", "workspace", ":", "workspace:", f":{A}", "spaceship:*", "workspace:nonsense", f"workspace:{A}:x", f" workspace:{A}"]
)
def test_malformed_entries_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"type|UUID"):
        parse_entry(text)
    with pytest.raises(Invalid) as refusal:
        requested(["*:*", text])
    assert refusal.value.message == "Request body must be valid JSON."


def test_at_most_128_entries() -> None:
    entries = [f"workspace:aaaaaaaa-0000-4000-8000-{i:012x}" for i in range(129)]
    assert len(requested(entries[:128])) == 128
    assert len(requested([*entries, "workspace:*"])) == 1
    with pytest.raises(Invalid):
        requested(entries)


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        (["*:*"], ["*:*"], ["*:*"]),
        (["*:*"], [f"workspace:{A}", "task:*"], ["task:*", f"workspace:{A}"]),
        (["workspace:*"], [f"*:{A}"], [f"workspace:{A}"]),
        (["workspace:*"], ["task:*"], []),
        ([f"workspace:{A}"], [f"workspace:{B}"], []),
        ([f"workspace:{A}"], ["workspace:*", f"*:{A}"], [f"workspace:{A}"]),
        ([f"*:{A}"], [f"*:{A}", "*:*"], [f"*:{A}"]),
    ],
)
def test_intersection_keeps_the_narrower(left: list[str], right: list[str], both: list[str]) -> None:
    one, other = [parse_entry(text) for text in left], [parse_entry(text) for text in right]
    assert [str(entry) for entry in intersect(one, other)] == both
    assert [str(entry) for entry in intersect(other, one)] == both


def test_everything_is_neutral() -> None:
    entries = requested([f"workspace:{A}", f"template:{B}"])
    assert intersect(ALLOW_ALL, entries) == entries
    assert intersect(entries, ()) == ()
