"""Regular expressions: RE2's syntax, linear time."""

from __future__ import annotations

import contextlib
import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.templates.pattern import compile_pattern
from domain.templates.pattern_syntax import BadPattern


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("", ["", "x"], []),
        ("^[a-z]+$", ["abc"], ["", "A", "abc\n", "a b"]),
        ("[0-9]", ["x1"], ["x", "٣"]),
        (r"^\d{2,3}$", ["12", "123"], ["1", "1234"]),
        (r"^\w+@\w+\.(com|org)$", ["a@b.org"], ["a@b.net", "é@b.org"]),
        (r"\bcat\b", ["a cat!", "cat"], ["cats", "concat"]),
        (r"\Bcat", ["concat"], ["cat"]),
        ("(?i)^HeLLo$", ["hello", "HELLO"], ["hell"]),
        ("(?i:a)b", ["Ab"], ["aB"]),
        ("(?m)^b$", ["a\nb\nc"], ["ab"]),
        ("a.c", ["abc"], ["a\nc"]),
        ("(?s)a.c", ["a\nc"], []),
        (r"^\p{Lu}\pN$", ["É1"], ["é1"]),
        (r"^\P{L}$", ["1"], ["a"]),
        ("^[[:alpha:]_-]+$", ["a_-"], ["1"]),
        ("^[^[:^digit:]]$", ["1"], ["a"]),
        ("^[]a]$", ["]", "a"], ["b"]),
        (r"^[\]\-\\]$", ["]", "-", "\\"], ["a"]),
        (r"^\Qa.b\E+$", ["a.b", "a.bb"], ["axb"]),
        (r"^\x41\x{1F600}\101\.$", ["A😀A."], []),
        ("(?P<year>[0-9]{4})-(?<m>[0-9]{2})", ["2024-05"], ["24-05"]),
        ("^(a|b)*?c$", ["abac", "c"], ["abd"]),
        ("a{,2}", ["a{,2}"], ["aa"]),
        ("x{2", ["x{2"], ["xx"]),
        (r"^(|a)$", ["", "a"], ["b"]),
        (r"\A\s*\z", ["", " \t\n"], ["\v"]),
    ],
)
def test_searches(pattern: str, hits: list[str], misses: list[str]) -> None:
    found = compile_pattern(pattern)
    assert [v for v in hits if not found.search(v)] == []
    assert [v for v in misses if found.search(v)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "a)",
        "[",
        "[a",
        "[b-a]",
        "*",
        "a**",
        "a{2}{3}",
        "a{2,1}",
        "a{1001}",
        "(?=a)",
        "(?<!a)",
        "(?<=a)",
        r"(a)\1",
        r"\y",
        "\\",
        r"\p{Greek}",
        r"\x{110000}",
        r"\xzz",
        "[[:what:]]",
        "(?x)a",
        "(?P<a",
        "(a{1000}){1000}",
        "(((){1000}){1000}){1000}",
        "(" * 200 + ")" * 200,
        "a" * 1001,
    ],
)
def test_what_is_not_supported_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|a)*$", "(a|aa)+$", "^(a?){50}a{50}$", "(.*)*x"])
def test_patterns_that_stall_a_backtracking_matcher_do_not_stall_this_one(pattern: str) -> None:
    assert compile_pattern(pattern).search("a" * 5000 + "b") is False


@given(st.text())
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    with contextlib.suppress(BadPattern):
        compile_pattern(text).search(text)


TOKENS = ["a", "b", "B", ".", "^", "$", "(", "(?:", ")", "|", "*", "+", "?", "{1,2}", "[ab]", "[^a]", r"\d", r"\w", r"\b", "(?i:", "\n"]


@given(st.lists(st.sampled_from(TOKENS), max_size=8).map("".join), st.lists(st.text("abB1\n ", max_size=6), max_size=4))
def test_agrees_with_the_standard_library_where_both_understand(pattern: str, values: list[str]) -> None:
    try:
        ours = compile_pattern(pattern)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = re.compile(pattern.replace("$", r"\Z"), re.ASCII)
    except (BadPattern, re.error):
        return
    for value in values:
        assert ours.search(value) is bool(theirs.search(value))
