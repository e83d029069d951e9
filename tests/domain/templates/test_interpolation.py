"""References in a template's strings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.templates.interpolation import (
    BuildFacts,
    UnknownReference,
    build_scope,
    check,
    escape,
    known_references,
    references,
    render,
    render_transition,
)
from domain.templates.values import AgentSpec, ResourceSpec, ScriptSpec, TransitionPlan

FACTS = BuildFacts("w-id", "dev", "start", "o-id", "ann", "Ann Lee", "ann@example.com", "docker")
SCOPE = build_scope(FACTS, {"cpu": "2", "a b": "spaced", "loop": "${parameter.cpu}"}, {"region": "eu"})


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", ""),
        ("no reference, $5 and {braces}", "no reference, $5 and {braces}"),
        ("${parameter.cpu} cores in ${variable.region}", "2 cores in eu"),
        ("${parameter.a b}", "spaced"),
        ("${workspace.id} ${workspace.name} ${workspace.transition} ${workspace.start_count}", "w-id dev start 1"),
        ("${owner.id} ${owner.username} ${owner.name} ${owner.email} ${template.name}", "o-id ann Ann Lee ann@example.com docker"),
        ("$${parameter.cpu}", "${parameter.cpu}"),
        ("$$${parameter.cpu}", "$${parameter.cpu}"),
        ("${parameter.cpu}$", "2$"),
        ("a $${ that is never closed", "a ${ that is never closed"),
        ("${parameter.loop}", "${parameter.cpu}"),
    ],
)
def test_a_text_is_rendered_in_one_pass(text: str, want: str) -> None:
    assert render(text, SCOPE) == want
    check(text, SCOPE)


@pytest.mark.parametrize(
    "text",
    [
        "${parameter.nope}",
        "${cpu}",
        "${}",
        "${ parameter.cpu }",
        "${Parameter.cpu}",
        "${parameter.cpu",
        "${workspace.owner}",
        "a ${${parameter.cpu}}",
    ],
)
def test_what_refers_to_nothing_is_refused_both_ways(text: str) -> None:
    with pytest.raises(UnknownReference):
        check(text, SCOPE)
    with pytest.raises(UnknownReference):
        render(text, SCOPE)


def test_start_count_is_zero_unless_starting() -> None:
    facts = BuildFacts("w", "n", "stop", "o", "u", "", "", "t")
    assert render("${workspace.start_count}", build_scope(facts, {}, {})) == "0"


def test_known_references_are_those_of_a_builds_scope() -> None:
    assert known_references(["cpu", "a b", "loop"], ["region"]) == SCOPE.keys()


def test_references_are_listed_in_order() -> None:
    assert list(references("${b} $${c} ${a}")) == ["b", "a"]


@given(st.text(alphabet="${}a.\\ ") | st.text())
def test_an_escaped_text_renders_to_itself(text: str) -> None:
    assert render(escape(text), {}) == text


@given(st.text(alphabet="${}ab"))
def test_check_accepts_exactly_what_renders(text: str) -> None:
    scope = {"a": "${b}"}
    try:
        render(text, scope)
    except UnknownReference:
        with pytest.raises(UnknownReference):
            check(text, scope)
    else:
        check(text, scope)


def test_a_whole_plan_is_rendered_values_but_not_keys() -> None:
    script = ScriptSpec(script="echo ${owner.username} $${HOME}")
    agent = AgentSpec("main", env={"${x": "${workspace.name}"}, scripts=(script,))
    plan = TransitionPlan(logs=("cpu ${parameter.cpu}",), resources=(ResourceSpec("disk-${workspace.id}", daily_cost=3, agents=(agent,)),))
    got = render_transition(plan, SCOPE)
    assert got.logs == ("cpu 2",)
    assert (got.resources[0].name, got.resources[0].daily_cost) == ("disk-w-id", 3)
    assert got.resources[0].agents[0].env == {"${x": "dev"}
    assert got.resources[0].agents[0].scripts[0].script == "echo ann ${HOME}"
