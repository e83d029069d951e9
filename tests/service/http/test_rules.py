"""Field rules and how they show values (contract/identity.md 1, contract/workspaces.md 2.1, contract/lifecycle.md A3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.kernel.spellings import ZERO_TIME
from service.http import rules
from service.http.rules import Rule, is_email, shown

GOOD_NAMES = ["a", "0", "Ab-Cd-9", "1-2-3", "x" * 32, "New", "CREATE", "create-x", "me", "null"]
BAD_NAMES = [
    "",
    "-a",
    "a-",
    "a--b",
    "-",
    "a_b",
    "a.b",
    "a b",
    " a",
    "a ",
    "a\n",
    "a\t",
    "a/b",
    "a\u0000",
    "x" * 33,
    "\u00e9",
    "\u0661",
    "\uff41",
    "\u0130",
    "new",
    "create",
]
BOUNDS = [
    (rules.GROUP_NAME, "x" * 255, "x" * 256),
    (rules.TEMPLATE_VERSION_NAME, "a.b_c", "a..b"),
    (rules.USER_REAL_NAME, "\u00e9" * 64, "\u00e9" * 65),
    (rules.USER_REAL_NAME, "", " x"),
    (rules.TEMPLATE_DISPLAY_NAME, "x" * 64, "x" * 65),
    (rules.ORGANIZATION_DISPLAY_NAME, "", "a "),
    (rules.GROUP_DISPLAY_NAME, "a b", "\ta"),
    (rules.shorter_than(128), "x" * 127, "x" * 128),
    (rules.shorter_than(4), "abc", "\u00e9\u00e9"),
    (rules.longest(2), "\u00e9\u00e9", "abc"),
    (rules.longest(1), ("a",), ("a", "b")),
    (rules.one_of("start", "stop"), "stop", ""),
    (rules.one_of("", "always"), "", "Always"),
    (rules.at_least(0), 0, -1),
    (rules.at_most(16), 16, 17),
    (rules.unless_unset(rules.USERNAME), "", "-"),
]


def holds(rule: Rule, value: object, is_set: bool = True, *siblings: str) -> bool:
    return rule.holds(value, is_set, siblings.__contains__)


@pytest.mark.parametrize(
    "rule", [rules.USERNAME, rules.WORKSPACE_NAME, rules.TEMPLATE_NAME, rules.ORGANIZATION_NAME, rules.GROUP_NAME], ids=lambda r: r.tag
)
def test_names(rule: Rule) -> None:
    assert [name for name in GOOD_NAMES if not holds(rule, name)] == []
    assert [name for name in BAD_NAMES if holds(rule, name)] == (["x" * 33] if rule is rules.GROUP_NAME else [])


@pytest.mark.parametrize(("rule", "good", "bad"), BOUNDS, ids=lambda x: x.tag if isinstance(x, Rule) else None)
def test_bounds(rule: Rule, good: object, bad: object) -> None:
    assert holds(rule, good)
    assert not holds(rule, bad)


@pytest.mark.parametrize(
    "text",
    ["a@example.com", "first.last+tag@sub.example.co", "\u00e9@ex\u00e4mple.com", '"a b"@example.com', "A_B-c@x-y.io", "bob@mail-p1.test"],
)
def test_emails(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nope",
        "a@",
        "@example.com",
        "a b@example.com",
        "a@b@example.com",
        "a@localhost",
        "a.@example.com",
        ".a@example.com",
        "a..b@example.com",
        "a@-x.com",
        "a@x..com",
        "a@x.com ",
        "a@x.com\n",
        "Ann <a@x.com>",
        "a@x.123",
        "a\0@x.com",
        "a" * 50_000 + "@" + "b" * 50_000,
    ],
)
def test_no_emails(text: str) -> None:
    assert not is_email(text)


def test_rules_about_other_fields() -> None:
    without, unless, excluded = rules.required_without("b"), rules.required_unless("service_account"), rules.excluded_with("b")
    assert holds(without, "x")
    assert holds(without, "", False, "b")
    assert not holds(without, "", False)
    assert holds(unless, "", False, "service_account")
    assert not holds(unless, "", False)
    assert unless.tag == "required"
    assert holds(excluded, "x")
    assert holds(excluded, "", False, "b")
    assert not holds(excluded, "x", True, "b")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (None, "<nil>"),
        (("a", "b"), "[a b]"),
        ({"b": 1, "a": 2}, "map[a:2 b:1]"),
        (ZERO_TIME, "0001-01-01 00:00:00 +0000 UTC"),
        (datetime(2030, 1, 2, 3, 4, 5, 120_000, tzinfo=UTC), "2030-01-02 03:04:05.12 +0000 UTC"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text
