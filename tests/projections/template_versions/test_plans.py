"""What a plan shows at the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.templates.values import (
    AgentSpec,
    AppSpec,
    MetadataSpec,
    ParameterOption,
    ParameterValidation,
    Preset,
    ResourceSpec,
    RichParameter,
    ScriptSpec,
    TemplatePlan,
    TemplateVariable,
)
from projections.template_versions.plans import plaintext, planned_resources, presets, rich_parameters, variables

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def plan(**parts: Any) -> dict[str, Any]:
    return TemplatePlan(**parts).to_dict()


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("How **many**", "How many"),
        ("# Title\n- one\n- *two*", "Title\none\ntwo"),
        ("see [the docs](https://example.com) and `code`", "see the docs and code"),
        ("snake_case and 2 * 3 * 4 stay", "snake_case and 2 * 3 * 4 stay"),
        ("", ""),
    ],
)
def test_marks_are_taken_out_of_descriptions(markdown: str, text: str) -> None:
    assert plaintext(markdown) == text


def test_a_parameter_leaves_out_what_it_does_not_have() -> None:
    (shown,) = rich_parameters(plan(parameters=(RichParameter("must"),)))
    assert shown == {
        "default_value": "",
        "description": "",
        "description_plaintext": "",
        "ephemeral": False,
        "form_type": "",
        "icon": "",
        "mutable": False,
        "name": "must",
        "options": [],
        "required": True,
        "type": "string",
    }


def test_a_bound_of_zero_is_shown() -> None:
    rules = ParameterValidation(min=0, max=8, monotonic="increasing", error="from {min}")
    parameter = RichParameter("cpu", "number", default="2", validation=rules, options=(ParameterOption("Two", "2"),))
    (shown,) = rich_parameters(plan(parameters=(parameter,)))
    assert {key: shown[key] for key in shown if key.startswith("validation")} == {
        "validation_error": "from {min}",
        "validation_max": 8,
        "validation_min": 0,
        "validation_monotonic": "increasing",
    }
    assert shown["options"] == [{"description": "", "icon": "", "name": "Two", "value": "2"}]


def test_sensitive_variables_are_masked_and_others_show_their_value() -> None:
    declared = plan(variables=(TemplateVariable("region", default="eu"), TemplateVariable("key", default="hush", sensitive=True)))
    region, key = variables(declared, {"region": "us", "key": "very"})
    assert (region["value"], region["default_value"]) == ("us", "eu")
    assert (key["value"], key["default_value"]) == ("*redacted*", "*redacted*")


def test_presets_have_capitalised_keys_and_none_are_null() -> None:
    assert presets(None) is None
    assert presets(plan()) is None
    declared = (Preset("small", {"cpu": "1"}, default=True, id="1"), Preset("bare", id="2"))
    small, bare = presets(plan(presets=declared)) or [{}, {}]
    assert small["Parameters"] == [{"Name": "cpu", "Value": "1"}]
    assert (small["ID"], small["Default"], small["DesiredPrebuildInstances"], bare["Parameters"]) == ("1", True, None, None)


def test_nothing_is_known_before_the_import_has_ended() -> None:
    assert rich_parameters(None) == []
    assert variables(None, {"given": "early"}) == []


def test_planned_resources_have_agents_that_nobody_runs() -> None:
    child = AgentSpec("child", parent="main")
    main = AgentSpec("main", apps=(AppSpec("code"),), scripts=(ScriptSpec("Startup", run_on_start=True),))
    pod = ResourceSpec("pod", metadata=(MetadataSpec("image", "ubuntu"),), agents=(main, child)).to_dict()
    disk = ResourceSpec("disk", "volume").to_dict()

    def look() -> list[dict[str, Any]]:
        return planned_resources([pod, disk], owner_id="version", job_id="job", transition="start", at=AT)

    first, second = look()
    assert (first["name"], second["name"]) == ("disk", "pod"), "by name"
    assert "agents" not in first
    agents = {agent["name"]: agent for agent in second["agents"]}
    assert agents["main"]["status"] == "connecting"
    assert agents["child"]["parent_id"] == agents["main"]["id"]
    assert agents["main"]["apps"][0]["slug"] == "code"
    assert agents["main"]["scripts"][0]["log_source_id"] == agents["main"]["log_sources"][0]["id"]
    assert look() == [first, second], "the same ids at each look"
