"""Definitions of parameters that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from domain.templates.definitions import defects, effective_form_type
from domain.templates.values import PARAMETER_TYPES, ParameterOption, ParameterValidation, RichParameter


def parameter(*values: str, rules: dict[str, Any] | None = None, **more: Any) -> RichParameter:
    options = tuple(ParameterOption(v, v) for v in values)
    return RichParameter("p", options=options, validation=ParameterValidation(**(rules or {})), **more)


@pytest.mark.parametrize(
    "sound",
    [
        parameter(),
        parameter(type="number", form_type="slider", default="2", mutable=True, rules={"min": 0, "max": 8, "monotonic": "increasing"}),
        parameter("eu", "us", default="eu", form_type="radio"),
        parameter("eu", "us", form_type="error"),
        parameter("2", type="number", form_type="input", default="2", rules={"min": 1, "max": 64, "monotonic": "increasing"}),
        parameter("1", "-2", type="number", default="1", form_type="dropdown"),
        parameter("true", "false", type="bool", default="true"),
        parameter("a", "b", type="list(string)", form_type="multi-select", default='["a"]'),
        parameter('["a"]', "[]", type="list(string)", form_type="radio", default="[]"),
        parameter(type="list(string)", form_type="tag-select", default="[]"),
        parameter(type="bool", default="false", mutable=True, ephemeral=True, form_type="switch"),
        parameter(default="abc", rules={"regex": "^[a-c]+$", "error": "only abc"}),
        parameter(default="abc", rules={"regex": "^[a-c]+$"}),
    ],
)
def test_sound_definitions(sound: RichParameter) -> None:
    assert list(defects(sound)) == []


@pytest.mark.parametrize(
    ("broken", "key"),
    [
        (parameter(form_type="slider"), "form_type"),
        (parameter("a", form_type="switch"), "form_type"),
        (parameter(form_type="radio"), "form_type"),
        (parameter(type="bool", form_type="input"), "form_type"),
        (parameter("a", form_type="multi-select"), "form_type"),
        (parameter(default="x", ephemeral=True), "ephemeral"),
        (parameter(mutable=True, ephemeral=True), "ephemeral"),
        (parameter(type="number", rules={"regex": "1", "error": "e"}), "validation.regex"),
        (parameter(rules={"regex": "(", "error": "e"}), "validation.regex"),
        (parameter(rules={"min": 1}), "validation.min"),
        (parameter(type="bool", rules={"max": 1}), "validation.max"),
        (parameter(rules={"monotonic": "increasing"}), "validation.monotonic"),
        (parameter(type="number", rules={"min": 2, "max": 1}), "validation.min"),
        (parameter("a", "a"), "options[1].name"),
        (parameter("1", "x", type="number"), "options[1].value"),
        (parameter("yes", type="bool"), "options[0].value"),
        (parameter("a", type="list(string)", form_type="radio"), "options[0].value"),
        (parameter("a", default="b"), "default"),
        (parameter("a", type="list(string)", form_type="multi-select", default='["b"]'), "default"),
        (parameter(type="number", default="9", rules={"max": 8}), "default"),
        (parameter(type="bool", default="yes"), "default"),
        (parameter(type="bool", default=""), "default"),
        (parameter(type="list(string)", default="a"), "default"),
        (parameter(default="d", rules={"regex": "^[a-c]+$", "error": "only abc"}), "default"),
        (parameter(default="d", rules={"regex": "^[a-c]+$"}), "default"),
    ],
)
def test_the_broken_key_is_named(broken: RichParameter, key: str) -> None:
    assert key in [k for k, _ in defects(broken)]


def test_options_with_one_value_are_refused_though_their_names_differ() -> None:
    twins = RichParameter("p", options=(ParameterOption("A", "x"), ParameterOption("B", "x")))
    assert [k for k, _ in defects(twins)] == ["options[1].value"]


@pytest.mark.parametrize("type", PARAMETER_TYPES)
@pytest.mark.parametrize("options", [(), (ParameterOption("a", "a"),)])
def test_the_usual_form_of_every_type_is_one_that_may_be_asked_for(type: str, options: tuple[ParameterOption, ...]) -> None:
    form = effective_form_type(RichParameter("p", type, options=options))
    assert "form_type" not in [k for k, _ in defects(RichParameter("p", type, form, options=options))]
