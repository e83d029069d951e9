"""Resources, agents, scripts and apps of a plan, and what they may not be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.templates.failures import ImportFailed
from service.provisioner.template_yaml import parse_template
from tests.service.provisioner.declaring import agents, start


@pytest.mark.parametrize(
    ("declared", "path"),
    [
        *(([{"name": n}], "[0].name") for n in ("a_b", "a.b", "a--b", "-a", "a-", "a b", "ä", "${workspace.name}")),
        ([{"name": "a"}, {"name": "a"}], "[1].name"),
        ([{"name": "a"}, {"name": "A"}], "[1].name"),
        ([{"name": "a", "display_apps": ["emacs"]}], "[0].display_apps[0]"),
        ([{"name": "a", "display_apps": ["vscode", "vscode"]}], "[0].display_apps[1]"),
        ([{"name": "a", "connection_timeout_seconds": -1}], "[0].connection_timeout_seconds"),
        ([{"name": "a", "connection_timeout_seconds": None}], "[0].connection_timeout_seconds"),
        ([{"name": "a", "startup_script_behavior": "wait"}], "[0].startup_script_behavior"),
        ([{"name": "a", "run": "docker"}], "[0].run"),
        ([{"name": "a", "parent": "b"}], "[0].parent"),
        ([{"name": "a", "parent": "a"}], "[0].parent"),
        ([{"name": "a", "parent": "b"}, {"name": "b", "parent": "a"}], "[0].parent"),
        ([{"name": "a", "scripts": [{"timeout": 1.5}]}], "[0].scripts[0].timeout"),
        *(([{"name": "a", "scripts": [{"cron": c}]}], "[0].scripts[0].cron") for c in ("every night", "0 0 30 2 *", "* * * *")),
        ([{"name": "a", "simulate": {"lifecycle": "happy"}}], "[0].simulate.lifecycle"),
        ([{"name": "a", "simulate": {"connect_after_seconds": None}}], "[0].simulate.connect_after_seconds"),
        ([{"name": "a", "simulate": {"app_health": {"code": "healthy"}}}], "[0].simulate.app_health.code"),
        ([{"name": "a", "apps": [{"slug": "code"}], "simulate": {"app_health": {"code": "fine"}}}], "[0].simulate.app_health.code"),
        *(([{"name": "a", "apps": [{"slug": s}]}], "[0].apps[0].slug") for s in ("Code", "a_b", "a--b", "-a", "", "a.b")),
        ([{"name": "a", "apps": [{"slug": "x"}, {"slug": "x"}]}], "[0].apps[1].slug"),
        ([{"name": "a", "apps": [{"slug": "x"}]}, {"name": "b", "apps": [{"slug": "x"}]}], "[1].apps[0].slug"),
        ([{"name": "a", "apps": [{"slug": "x", "sharing_level": "everyone"}]}], "[0].apps[0].sharing_level"),
        ([{"name": "a", "apps": [{"slug": "x", "open_in": "window"}]}], "[0].apps[0].open_in"),
        ([{"name": "a", "apps": [{"slug": "x", "healthcheck": {"interval": "5"}}]}], "[0].apps[0].healthcheck.interval"),
    ],
)
def test_what_agents_may_not_be(declared: list[dict[str, Any]], path: str) -> None:
    with pytest.raises(ImportFailed) as failed:
        agents(*declared)
    assert f": start.resources[0].agents{path}: " in failed.value.message


@pytest.mark.parametrize("cron", ["", "0 4 * * *", "0 0 1 * *", "*/30 * * * * *", "0 ${workspace.start_count} * * *"])
def test_a_script_repeats_as_cron_says_or_as_a_build_will_say(cron: str) -> None:
    (declared,) = agents({"name": "a", "scripts": [{"cron": cron}]})
    assert declared.scripts[0].cron == cron


def test_two_resources_may_have_agents_and_apps_of_one_name() -> None:
    one = {"agents": [{"name": "main", "apps": [{"slug": "x"}]}]}
    assert len(start(resources=[{"name": "a", **one}, {"name": "b", **one}]).resources) == 2


def test_a_login_blocking_start_script_makes_the_agent_blocking() -> None:
    script = {"run_on_start": True, "start_blocks_login": True}
    assert agents({"name": "a", "scripts": [script]})[0].startup_script_behavior == "blocking"
    assert agents({"name": "a", "scripts": [{**script, "run_on_start": False}]})[0].startup_script_behavior == "non-blocking"
    assert (
        agents({"name": "a", "scripts": [script], "startup_script_behavior": "non-blocking"})[0].startup_script_behavior == "non-blocking"
    )


def test_a_task_without_an_app_is_none() -> None:
    assert start(ai_task={"app": ""}).ai_task_app == ""


def test_a_simulated_agent_may_stay_connected() -> None:
    assert agents({"name": "a", "simulate": {"disconnect_after_seconds": None}})[0].simulate.disconnect_after_seconds is None


@pytest.mark.parametrize(
    ("said", "source"), [("run.sh", "echo $${A}"), ("./run.sh", "echo $${A}"), ("bash run.sh", "bash run.sh"), ("other.sh", "other.sh")]
)
def test_a_script_may_be_a_file_whose_text_is_kept(said: str, source: str) -> None:
    text = json.dumps({"version": 1, "start": {"resources": [{"name": "r", "agents": [{"name": "a", "scripts": [{"script": said}]}]}]}})
    plan = parse_template({"template.yaml": text.encode(), "run.sh": b"echo ${A}"})
    assert plan.start.resources[0].agents[0].scripts[0].script == source
