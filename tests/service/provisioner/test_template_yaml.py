"""template.yaml: the whole format, and refusals that name the line and the key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.templates.failures import ImportFailed
from domain.templates.values import (
    AgentSpec,
    AppSpec,
    HealthcheckSpec,
    ImportSpec,
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
from service.provisioner.template_yaml import parse_template
from tests.service.provisioner.declaring import WHOLE, agents, app, parse, spec


def test_every_key_of_the_format_is_read() -> None:
    plan = parse_template({"template.yaml": WHOLE, "README.md": b"# Hello\n", "setup.sh": b"echo ${HOME}\n"})
    check = HealthcheckSpec("http://localhost:8080/healthz", 5, 6)
    code = AppSpec(
        "code", "VS Code", "http://localhost:8080", "code", "/c.svg", True, True, "public", True, "Editors", "tab", "tip", 3, check
    )
    setup = ScriptSpec("Startup", "/s.svg", "echo $${HOME}\n", True, True, True, 30, "0 * * * *", "/tmp/start.log")
    main = AgentSpec(
        "main",
        "windows",
        "arm64",
        "/home/coder",
        {"EDITOR": "vim"},
        ("vscode",),
        60,
        "https://help.example",
        "blocking",
        "",
        (setup,),
        (code,),
        "process",
        SimulationSpec(1.5, "start_error", 9.0, {"code": "unhealthy"}),
    )
    image = MetadataSpec("image", "ubuntu:${parameter.cpu}", True)
    resource = ResourceSpec(
        "pod", "kubernetes_pod", "/p.svg", True, 3, "t3.micro", (image,), (main, AgentSpec("child", parent="main", run="none"))
    )
    assert plan == TemplatePlan(
        readme="# Hello\n",
        tags={"scope": "user", "region": "eu"},
        import_job=ImportSpec(0.5, "no luck in eu"),
        variables=(TemplateVariable("region", "string", "where", "eu", True, False), TemplateVariable("key", sensitive=True, default="k")),
        parameters=(
            RichParameter(
                "cpu",
                "number",
                "dropdown",
                "CPU cores",
                "How many in eu",
                "/c.svg",
                "2",
                True,
                True,
                (ParameterOption("Two", "2", "a pair", "/2.svg"),),
                ParameterValidation("", 1, 64, "increasing", "no"),
            ),
            RichParameter("word", validation=ParameterValidation("^[a-z]+$", error="letters")),
        ),
        presets=(Preset("small", {"cpu": "2"}, True, "d", "/s.svg"),),
        start=TransitionPlan(
            1.5,
            "${variable.key} failed",
            ("pulling", "for ${owner.name}"),
            (TimingSpec("plan", "docker", "create", "main", 1.2),),
            7,
            (resource,),
            "code",
        ),
        stop=TransitionPlan(logs=("bye",)),
        delete=TransitionPlan(),
    )


def test_what_is_left_out_takes_its_default() -> None:
    assert parse("version: 1") == TemplatePlan()
    assert parse("version: 1\nparameters:\nstart:\n  logs:\n") == TemplatePlan()
    assert agents({"name": "a"}) == (AgentSpec("a"),)
    assert app() == AppSpec("code")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("version: 1\nsart: {}\n", 2, "sart: unknown key; did you mean start?"),
        ("version: 1\nstart: 5\n", 2, "start: must be a map, not a number"),
        (
            "version: 1\nstart:\n  resources:\n  - name: a\n    agents:\n    - {name: b, appps: []}\n",
            6,
            "start.resources[0].agents[0].appps: unknown key",
        ),
        ("a: [\n", 2, ""),
        ("version: 1\nversion: 1\n", 2, "'version' is given twice"),
        ("version: 2\n", 1, "version: only version 1"),
        ("start: {}\n", 1, "version: is missing"),
        ("- 1\n", 1, "must be a map, not a list"),
        ("version: 1\n---\nversion: 1\n", 2, "second document"),
        ("version: !!int 1\n", 1, "tags"),
        ("version: 1\n? [a]\n: b\n", 2, "a key must be plain text"),
        ("version: 1\nparameters:\n- name: p\n  default: 2\n", 4, "parameters[0].default: must be text, not a number; put it in quotes"),
        ("version: 1\nparameters:\n- name: p\n  default:\n", 4, "must be text, not nothing"),
        ("version: 1\nparameters:\n- name: p\n  mutable: yes\n", 4, "mutable: must be true or false, not text"),
        (
            "version: 1\nparameters:\n- {name: p,\n   options: [{name: a, value: a},\n             {name: b, value: a}]}\n",
            5,
            "parameters[0].options[1].value",
        ),
        ("version: 1\nparameters: [{name: p}, {name: p}]\n", 2, "parameters[1].name: there is already a parameter 'p'"),
        ("version: 1\nstart:\n  logs: ['${parameter.nope}']\n", 3, "start.logs[0]: ${parameter.nope} refers to nothing"),
        ("version: 1\nstart:\n  fail: a ${ b\n", 3, "start.fail: ${ b is not closed"),
        (
            "version: 1\nstart: {resources: [{name: a, agents: [{name: m,\n  env: {A: '${variable.x}'}}]}]}\n",
            3,
            "start.resources[0].agents[0].env.A",
        ),
        ("version: 1\nparameters:\n- name: p\n  description: in ${owner.name}\n", 4, "${owner.name} refers to nothing"),
        (
            "version: 1\nvariables: [{name: s, default: x, sensitive: true}]\nparameters:\n- name: p\n  default: ${variable.s}\n",
            5,
            "is sensitive",
        ),
        ('version: 1\nstart: {fail: "\\0"}\n', 2, "start.fail: holds a NUL character"),
        ("version: 1\nreadme: none.md\n", 2, "readme: the archive has no file 'none.md'"),
    ],
)
def test_refusals_name_the_line_and_the_key(text: str, line: int, words: str) -> None:
    with pytest.raises(ImportFailed) as failed:
        parse(text)
    assert f"template.yaml line {line}: " in failed.value.message
    assert words in failed.value.message


@pytest.mark.parametrize(
    ("declared", "path"),
    [
        ({"tags": {"a": 1}}, "tags.a"),
        ({"tags": ["a"]}, "tags"),
        ({"import": {"delay_seconds": -1}}, "import.delay_seconds"),
        ({"import": {"delay_seconds": "1"}}, "import.delay_seconds"),
        ({"import": {"fail": True}}, "import.fail"),
        ({"variables": [{}]}, "variables[0].name"),
        ({"variables": [{"name": ""}]}, "variables[0].name"),
        ({"variables": [{"name": "a", "type": "list"}]}, "variables[0].type"),
        ({"variables": [{"name": "a", "type": "number", "default": "x"}]}, "variables[0].default"),
        ({"variables": [{"name": "a"}, {"name": "a"}]}, "variables[1].name"),
        ({"parameters": {"name": "a"}}, "parameters"),
        ({"parameters": ["a"]}, "parameters[0]"),
        ({"parameters": [{"name": "a", "type": "int"}]}, "parameters[0].type"),
        ({"parameters": [{"name": "a", "form_type": "knob"}]}, "parameters[0].form_type"),
        ({"parameters": [{"name": "a", "form_type": "slider"}]}, "parameters[0].form_type"),
        ({"parameters": [{"name": "a", "options": [{"name": "b"}]}]}, "parameters[0].options[0].value"),
        ({"parameters": [{"name": "a", "options": [{"name": "b", "value": "b"}], "default": "c"}]}, "parameters[0].default"),
        ({"parameters": [{"name": "a", "validation": {"min": "1"}}]}, "parameters[0].validation.min"),
        ({"parameters": [{"name": "a", "type": "number", "validation": {"min": 1.5}}]}, "parameters[0].validation.min"),
        ({"parameters": [{"name": "a", "type": "number", "validation": {"max": 2**63}}]}, "parameters[0].validation.max"),
        ({"parameters": [{"name": "a", "validation": {"regex": "("}}]}, "parameters[0].validation.regex"),
        ({"parameters": [{"name": "a", "validation": {"monotonic": "up"}}]}, "parameters[0].validation.monotonic"),
        ({"presets": [{"name": "a"}, {"name": "a"}]}, "presets[1].name"),
        ({"presets": [{"name": "a", "default": True}, {"name": "b", "default": True}]}, "presets[1].default"),
        ({"presets": [{"name": "a", "parameters": {"x": 1}}]}, "presets[0].parameters.x"),
        ({"start": {"daily_cost": True}}, "start.daily_cost"),
        ({"start": {"daily_cost": 2**31}}, "start.daily_cost"),
        ({"stop": {"timings": [{"stage": "deploy"}]}}, "stop.timings[0].stage"),
        ({"delete": {"timings": [{"seconds": 1e300}]}}, "delete.timings[0].seconds"),
        ({"start": {"resources": [{"type": "a"}]}}, "start.resources[0].name"),
        ({"start": {"resources": [{"name": "a"}, {"name": "a"}]}}, "start.resources[1].name"),
        ({"start": {"resources": [{"name": "a", "metadata": [{"key": "k"}, {"key": "k"}]}]}}, "start.resources[0].metadata[1].key"),
        ({"start": {"ai_task": {"app": "code"}}}, "start.ai_task.app"),
    ],
)
def test_refusals_name_the_path(declared: dict[str, Any], path: str) -> None:
    with pytest.raises(ImportFailed) as failed:
        spec(**declared)
    assert f": {path}: " in failed.value.message


@pytest.mark.parametrize("content", [b"\xff", b"a\0b", bytes(1 << 21)])
def test_a_file_that_is_no_text_is_refused_where_it_is_named(content: bytes) -> None:
    with pytest.raises(ImportFailed, match=r"line 2: readme: the file a\.md"):
        parse_template({"template.yaml": b"version: 1\nreadme: a.md", "a.md": content})


@pytest.mark.parametrize(
    "files", [{}, {"readme.md": b""}, {"dir/template.yaml": b"version: 1"}, {"template.yaml": b"version: 1", "template.json": b"{}"}]
)
def test_there_must_be_one_template(files: dict[str, bytes]) -> None:
    with pytest.raises(ImportFailed, match=r"template\.yaml"):
        parse_template(files)


def test_variables_are_resolved_before_what_uses_them() -> None:
    parameter = {"name": "p", "default": "${variable.r}", "options": [{"name": "a", "value": "us"}]}
    declared = {"version": 1, "variables": [{"name": "r", "required": True}], "parameters": [parameter]}
    files = {"template.yaml": json.dumps(declared).encode()}
    assert parse_template(files, [("r", "us")]).parameters[0].default == "us"
    assert parse_template(files, (), {"r": "us"}).parameters[0].default == "us"
    with pytest.raises(ImportFailed, match=r"parameters\[0\]\.default"):
        parse_template(files, [("r", "eu")])
    with pytest.raises(ImportFailed, match="r") as missing:
        parse_template(files)
    assert missing.value.code == "REQUIRED_TEMPLATE_VARIABLES"
