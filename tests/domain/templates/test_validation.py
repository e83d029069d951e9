"""The rules for one value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.templates.validation import parse_list, parse_whole, violation
from domain.templates.values import ParameterOption, ParameterValidation, RichParameter


def parameter(type: str = "string", default: str | None = "d", form_type: str = "", options: str = "", **rules: Any) -> RichParameter:
    allowed = tuple(ParameterOption(v, v) for v in options.split())
    return RichParameter("p", type, form_type, default=default, options=allowed, validation=ParameterValidation(**rules))


MULTI: dict[str, Any] = {"type": "list(string)", "form_type": "multi-select", "options": "red blue", "default": '["red"]'}


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (parameter(), "anything ☃"),
        (parameter("number", "0"), "abc"),
        (parameter("number", "2", min=1, max=5), "1"),
        (parameter("number", "2", min=1, max=5), "5"),
        (parameter("number", "2", min=1, max=5), ""),
        (parameter("number", "2", min=1, max=5), "+3"),
        (parameter("number", "0", min=-3), "99999"),
        (parameter("number", "0", min=0), "0"),
        (parameter("number", "1", monotonic="increasing"), "-7"),
        (parameter("bool", "false"), "true"),
        (parameter("bool", "false"), ""),
        (parameter("list(string)", "[]"), "[]"),
        (parameter("list(string)", "[]"), '["b", "c"]'),
        (parameter("list(string)", "[]"), ""),
        (parameter(**MULTI), '["blue","red"]'),
        (parameter(**MULTI), "[]"),
        (parameter(**MULTI), ""),
        (parameter(default="s", options="s l"), "l"),
        (parameter(default="s", options="s l"), ""),
        (parameter(default="x1", regex="[0-9]", error="digit"), "is 7 in it"),
        (parameter(default="abc", regex="^[a-z]+$", error="small"), ""),
    ],
)
def test_accepted(of: RichParameter, value: str) -> None:
    assert violation(of, value) == ""


@pytest.mark.parametrize(
    ("of", "value", "cause"),
    [
        (parameter(default=None), "", "required"),
        (parameter("number", "2", min=1, max=5), "0", "between 1 and 5"),
        (parameter("number", "2", min=1, max=5), "6", "between 1 and 5"),
        (parameter("number", "2", min=1), "0", "at least 1"),
        (parameter("number", "2", max=0), "1", "at most 0"),
        (parameter("number", "2", min=1), "2.5", "whole number"),
        (parameter("number", "2", min=1), " 2", "whole number"),
        (parameter("number", "2", min=1), "1_0", "whole number"),
        (parameter("number", "2", min=1), "٣", "whole number"),
        (parameter("number", "2", min=1), "9223372036854775808", "whole number"),
        (parameter("number", "2", min=1, max=5, error="{value} is not in {min} to {max}"), "6", "6 is not in 1 to 5"),
        (parameter("number", "2", monotonic="increasing"), "x", "whole number"),
        (parameter("bool", "false"), "TRUE ", "neither true nor false"),
        (parameter("bool", "false"), "True", "neither true nor false"),
        (parameter("list(string)", "[]"), "a", "JSON array"),
        (parameter("list(string)", "[]"), "[1]", "JSON array"),
        (parameter("list(string)", "[]"), '{"a": 1}', "JSON array"),
        (parameter("list(string)", "[]"), "[" * 100_000, "JSON array"),
        (parameter(**MULTI), '["red","purple"]', "'purple'"),
        (parameter(**MULTI), "red", "JSON array"),
        (parameter(default="s", options="s l"), "S", "'S'"),
        (parameter(default="abc", regex="^[a-z]+$", error="small letters"), "A", "small letters"),
        (parameter(default="abc", regex="^[a-z]+$", error="small letters"), "a\n", "small letters"),
        (parameter(default="abc", regex="^[a-z]+$"), "a", "without an error text"),
        (parameter("number", "2", regex="1", error="x"), "1", "string alone"),
        (parameter(min=1), "1", "number alone"),
    ],
)
def test_refused(of: RichParameter, value: str, cause: str) -> None:
    assert cause in violation(of, value)


@pytest.mark.parametrize(
    ("order", "value", "previous", "refused"),
    [
        ("increasing", "9", "10", True),
        ("increasing", "10", "10", False),
        ("increasing", "11", "10", False),
        ("decreasing", "11", "10", True),
        ("decreasing", "10", "10", False),
        ("decreasing", "9", "10", False),
        ("increasing", "9", "", False),
        ("increasing", "9", None, False),
        ("increasing", "9", "not a number", False),
        ("increasing", "", "10", True),
    ],
)
def test_monotonic(order: str, value: str, previous: str | None, refused: bool) -> None:
    reason = violation(parameter("number", "2", monotonic=order), value, previous)
    assert bool(reason) is refused
    if refused:
        assert f"must be equal or {'greater' if order == 'increasing' else 'lower'} than previous value" in reason


def test_a_long_value_is_not_repeated_whole() -> None:
    assert len(violation(parameter("bool", "false"), "x" * 100_000)) < 300


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    for of in (
        parameter("number", min=1),
        parameter("bool"),
        parameter(**MULTI),
        parameter("list(string)"),
        parameter(regex=text, error="e"),
    ):
        assert isinstance(violation(of, text), str)


@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_are_read_back(number: int) -> None:
    assert parse_whole(str(number)) == number


def test_lists_hold_strings_alone() -> None:
    assert parse_list('["a", ""]') == ["a", ""]
    assert parse_list('["a", null]') is None
