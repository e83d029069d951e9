"""Plans as they are stored inside events."""

from __future__ import annotations

import json

import pytest

from domain.templates.values import (
    AgentSpec,
    AppSpec,
    HealthcheckSpec,
    MetadataSpec,
    ParameterOption,
    ParameterValidation,
    Preset,
    ResourceSpec,
    RichParameter,
    ScriptSpec,
    SimulationSpec,
    TemplatePlan,
    TemplateVariable,
    TimingSpec,
    TransitionPlan,
)

APP = AppSpec("code", healthcheck=HealthcheckSpec("http://x", 5, 6))
AGENT = AgentSpec(
    "main",
    env={"A": "1"},
    display_apps=(),
    scripts=(ScriptSpec(script="echo"),),
    apps=(APP,),
    simulate=SimulationSpec(0.5, "off", 2.0, {"code": "healthy"}),
)
PLAN = TemplatePlan(
    readme="# Hi",
    tags={"scope": "organization"},
    variables=(TemplateVariable("region", default="eu"),),
    parameters=(
        RichParameter("cpu", "number", default="2", options=(ParameterOption("Two", "2"),), validation=ParameterValidation(min=0)),
        RichParameter("must"),
    ),
    presets=(Preset("small", {"cpu": "2"}, True),),
    start=TransitionPlan(
        1.5,
        "",
        ("one",),
        (TimingSpec(seconds=2.0),),
        3,
        (ResourceSpec("main", metadata=(MetadataSpec("k", "v", True),), agents=(AGENT,)),),
        "code",
    ),
)


@pytest.mark.parametrize("plan", [PLAN, TemplatePlan()])
def test_a_plan_survives_json(plan: TemplatePlan) -> None:
    assert TemplatePlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_unknown_keys_are_dropped_and_missing_ones_take_their_default() -> None:
    assert AgentSpec.from_dict({"name": "a", "later": {"x": 1}}) == AgentSpec("a")


def test_the_stored_keys_are_a_public_format() -> None:
    agent = PLAN.to_dict()["start"]["resources"][0]["agents"][0]
    assert sorted(agent) == [
        "apps",
        "architecture",
        "connection_timeout_seconds",
        "directory",
        "display_apps",
        "env",
        "name",
        "operating_system",
        "parent",
        "run",
        "scripts",
        "simulate",
        "startup_script_behavior",
        "troubleshooting_url",
    ]
    assert sorted(PLAN.to_dict()) == ["delete", "import_job", "parameters", "presets", "readme", "start", "stop", "tags", "variables"]


def test_what_is_written_shares_nothing_with_the_plan() -> None:
    PLAN.to_dict()["start"]["resources"][0]["agents"][0]["env"]["A"] = "changed"
    assert PLAN.start.resources[0].agents[0].env == {"A": "1"}


def test_a_plan_knows_its_transitions_and_tasks() -> None:
    assert PLAN.transition("start") is PLAN.start
    assert (PLAN.has_ai_task, TemplatePlan().has_ai_task) == (True, False)
    with pytest.raises(KeyError):
        PLAN.transition("destroy")


def test_parameters_know_whether_they_are_required() -> None:
    assert [p.required for p in PLAN.parameters] == [False, True]
