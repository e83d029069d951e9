"""The form of a version."""

from __future__ import annotations

import pytest

from domain.templates.preview import preview
from domain.templates.values import ParameterOption, ParameterValidation, RichParameter

CPU = RichParameter("cpu", "number", default="2", mutable=True, validation=ParameterValidation(min=1, max=8, error="1 to 8"))
REGION = RichParameter("region", default="eu", options=(ParameterOption("Europe", "eu"), ParameterOption("America", "us")))
MUST = RichParameter("must", display_name="Must", description="d", icon="/i.png", mutable=True, form_type="textarea")


@pytest.mark.parametrize(
    ("given", "values", "wrong"),
    [
        ({"must": "m"}, {"cpu": "2", "region": "eu", "must": "m"}, []),
        ({"must": "m", "cpu": "8", "unknown": "x"}, {"cpu": "8", "region": "eu", "must": "m"}, []),
        ({"must": "m", "cpu": "9"}, {"cpu": "9", "region": "eu", "must": "m"}, ["cpu"]),
        ({"must": "m", "region": "mars"}, {"cpu": "2", "region": "mars", "must": "m"}, ["region"]),
        ({"must": ""}, {"cpu": "2", "region": "eu", "must": ""}, ["must"]),
        ({}, {"cpu": "2", "region": "eu"}, ["must"]),
    ],
)
def test_values_and_what_is_wrong_with_them(given: dict[str, str], values: dict[str, str], wrong: list[str]) -> None:
    got = preview((CPU, REGION, MUST), given)
    assert {p["name"]: p["value"]["value"] for p in got if p["value"]["valid"]} == values
    assert [p["name"] for p in got if p["diagnostics"]] == wrong
    assert [p["order"] for p in got] == [0, 1, 2]


def test_the_document_of_one_parameter() -> None:
    [got] = preview((MUST,), {})
    assert got == {
        "name": "must",
        "display_name": "Must",
        "description": "d",
        "type": "string",
        "form_type": "textarea",
        "styling": {},
        "mutable": True,
        "default_value": {"value": "", "valid": False},
        "icon": "/i.png",
        "options": [],
        "validations": [],
        "required": True,
        "order": 0,
        "ephemeral": False,
        "value": {"value": "", "valid": False},
        "diagnostics": [
            {
                "severity": "error",
                "summary": "A value is required.",
                "detail": 'Parameter "must" has no default.',
                "extra": {"code": "required"},
            }
        ],
    }


def test_rules_options_and_the_usual_form_are_shown() -> None:
    cpu, region = preview((CPU, REGION), {})
    assert cpu["validations"] == [
        {"validation_error": "1 to 8", "validation_regex": None, "validation_min": 1, "validation_max": 8, "validation_monotonic": None}
    ]
    assert (cpu["form_type"], region["form_type"]) == ("input", "radio")
    assert region["options"][1] == {"name": "America", "description": "", "value": {"value": "us", "valid": True}, "icon": ""}
