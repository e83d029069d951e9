"""Shorthands for tests that declare templates."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from domain.templates.values import (
    AgentSpec,
    AppSpec,
    TemplatePlan,
    TransitionPlan,
)
from service.provisioner.template_yaml import parse_template

WHOLE = (Path(__file__).parent / "whole_template.yaml").read_bytes()


def parse(text: str, **files: str) -> TemplatePlan:
    return parse_template({"template.yaml": textwrap.dedent(text).encode(), **{k: v.encode() for k, v in files.items()}})


def spec(**declared: Any) -> TemplatePlan:
    return parse_template({"template.yaml": json.dumps({"version": 1, **declared}).encode()})


def start(**block: Any) -> TransitionPlan:
    return spec(start=block).start


def agents(*declared: dict[str, Any]) -> tuple[AgentSpec, ...]:
    return start(resources=[{"name": "r", "agents": list(declared)}]).resources[0].agents


def app(**declared: Any) -> AppSpec:
    return agents({"name": "main", "apps": [{"slug": "code", **declared}]})[0].apps[0]
