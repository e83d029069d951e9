"""What a version's plan shows at the API: rich parameters, variables, presets, and resources that nobody has made.

Pure. `plan` is `TemplatePlan.to_dict()`, None until an import has succeeded. Source: contract/lifecycle.md A2, A5, A6, A7.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from projections.builds.render import render_resources

Row = Mapping[str, Any]

REDACTED = "*redacted*"

_IDS = uuid.UUID("8b7f9d1a-3c52-5e0b-9d53-6f0a4c1e7d21")
_MARKDOWN = (
    (re.compile(r"```[^\n]*\n?|`"), ""),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"^ {0,3}(?:#{1,6}\s+|>\s?|[-*+]\s+)", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*_])([*_])(?=\S)(.+?)(?<=\S)\1(?![\w*_])"), r"\2"),
)


def plaintext(markdown: str) -> str:
    """The text without its most common marks: emphasis, code, links, headings, quotes, list bullets."""
    for pattern, replacement in _MARKDOWN:
        markdown = pattern.sub(replacement, markdown)
    return markdown.strip()


def rich_parameters(plan: Row | None) -> list[dict[str, Any]]:
    """The parameters as TemplateVersionParameter, in display order."""
    return [_rich_parameter(parameter) for parameter in plan["parameters"]] if plan else []


def _rich_parameter(parameter: Row) -> dict[str, Any]:
    document: dict[str, Any] = {
        "default_value": parameter["default"] or "",
        "description": parameter["description"],
        "description_plaintext": plaintext(parameter["description"]),
    }
    if parameter["display_name"]:
        document["display_name"] = parameter["display_name"]
    document["ephemeral"] = parameter["ephemeral"]
    document["form_type"] = parameter["form_type"]
    document["icon"] = parameter["icon"]
    document["mutable"] = parameter["mutable"]
    document["name"] = parameter["name"]
    document["options"] = [
        {"description": option["description"], "icon": option["icon"], "name": option["name"], "value": option["value"]}
        for option in parameter["options"]
    ]
    document["required"] = parameter["default"] is None
    document["type"] = parameter["type"]
    rules = parameter["validation"]
    for key, rule in (("error", "error"), ("max", "max"), ("min", "min"), ("monotonic", "monotonic"), ("regex", "regex")):
        if rules[rule] is not None and rules[rule] != "":
            document[f"validation_{key}"] = rules[rule]
    return document


def variables(plan: Row | None, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The variables as TemplateVersionVariable; what is sensitive is masked."""
    if not plan:
        return []
    return [
        {
            "default_value": _masked(variable, variable["default"]),
            "description": variable["description"],
            "name": variable["name"],
            "required": variable["required"],
            "sensitive": variable["sensitive"],
            "type": variable["type"],
            "value": _masked(variable, values.get(variable["name"], variable["default"])),
        }
        for variable in plan["variables"]
    ]


def _masked(variable: Row, text: str) -> str:
    return REDACTED if variable["sensitive"] else text


def presets(plan: Row | None) -> list[dict[str, Any]] | None:
    """The presets with the API's capitalised keys; None when there are none."""
    if not plan or not plan["presets"]:
        return None
    return [
        {
            "Default": preset["default"],
            "Description": preset["description"],
            "DesiredPrebuildInstances": None,
            "Icon": preset["icon"],
            "ID": preset["id"],
            "Name": preset["name"],
            "Parameters": [{"Name": name, "Value": value} for name, value in preset["parameters"].items()] or None,
        }
        for preset in plan["presets"]
    ]


def planned_resources(resources: Sequence[Row], *, owner_id: str, job_id: str, transition: str, at: datetime) -> list[dict[str, Any]]:
    """Declared resources as WorkspaceResource, by name. Nobody runs their agents, which therefore show as connecting.

    Ids come from `owner_id` (the version's or dry run's) and the names, so that they are the same at each look.
    """
    made: list[dict[str, Any]] = []
    agents: list[dict[str, Any]] = []
    for resource in resources:
        resource_id = _id(owner_id, transition, resource["name"])
        made.append({**resource, "id": resource_id})
        ids = {agent["name"]: _id(resource_id, agent["name"]) for agent in resource["agents"]}
        agents += [_agent(agent, order, resource_id, ids, at) for order, agent in enumerate(resource["agents"])]
    return render_resources(made, agents, job_id=job_id, transition=transition, created_at=at, by_name=True)


def _agent(agent: Row, order: int, resource_id: str, ids: Mapping[str, str], at: datetime) -> dict[str, Any]:
    """A row as `agents` would have it, had the agent been made."""
    id = ids[agent["name"]]
    scripts = list(_numbered(agent["scripts"], id, "script"))
    return {
        "id": id,
        "resource_id": resource_id,
        "parent_id": ids.get(agent["parent"]),
        "name": agent["name"],
        "connection_timeout_seconds": agent["connection_timeout_seconds"],
        "spec": {**agent, "order": order, "apps": list(_numbered(agent["apps"], id, "app")), "scripts": scripts},
        "app_health": {},
        "script_results": {},
        "log_sources": [{"id": s["log_source_id"], "display_name": s["display_name"], "icon": s["icon"]} for s in scripts],
        "lifecycle_state": "created",
        "version": "",
        "api_version": "",
        "expanded_directory": "",
        "subsystems": [],
        "timed_out": False,
        "logs_overflowed": False,
        "created_at": at,
        "updated_at": at,
        "first_connected_at": None,
        "last_connected_at": None,
        "disconnected_at": None,
        "started_at": None,
        "ready_at": None,
    }


def _numbered(parts: Sequence[Row], agent_id: str, kind: str) -> Iterable[dict[str, Any]]:
    for number, part in enumerate(parts):
        yield {**part, "id": _id(agent_id, kind, str(number)), "log_source_id": _id(agent_id, "log source", str(number))}


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_IDS, "\x1f".join(parts)))
