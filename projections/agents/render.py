"""An agent's row as the API's WorkspaceAgent. Pure: rows are dicts by column name; nothing here asks the clock.

`agents.spec` is `AgentSpec.to_dict()` plus ids: each of its `apps` has `id`, each of its `scripts` `id` and `log_source_id`.
`app_health` maps app ids to health; `script_results` maps script ids to `{started_at, ended_at, exit_code, stage, status}`;
`log_sources` is a list of `{id, display_name, icon, created_at}`. Source: contract/lifecycle.md D2 to D6, D11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from projections.documents import rfc3339

Row = Mapping[str, Any]

_NANOSECONDS = 1_000_000_000
_HEALTHY = {"healthy": True}
_SHUTTING_DOWN = frozenset({"shutting_down", "shutdown_error", "shutdown_timeout", "off"})
_CONNECTION_REASONS = {
    "connecting": "agent has not yet connected",
    "timeout": "agent is taking too long to connect",
    "disconnected": "agent has lost connection",
}
_NO_HEALTHCHECK = {"interval": 0, "threshold": 0, "url": ""}


@dataclass(frozen=True, slots=True)
class Place:
    """Whose workspace the agent serves: parts of the host name of an app on a subdomain."""

    workspace_name: str
    owner_name: str


def agent_status(agent: Row) -> str:
    """The connection status, from columns that events set when the time for each has come."""
    if agent["first_connected_at"] is None:
        return "timeout" if agent["timed_out"] else "connecting"
    if agent["disconnected_at"] is not None and agent["disconnected_at"] >= agent["last_connected_at"]:
        return "disconnected"
    return "connected"


def agent_health(status: str, lifecycle_state: str) -> Mapping[str, Any]:
    """`{healthy, reason?}`: the first rule that fits (contract/workspaces.md 9)."""
    if status != "connected":
        if lifecycle_state == "off":
            return {"healthy": False, "reason": "agent is not running"}
        return {"healthy": False, "reason": _CONNECTION_REASONS[status]}
    if lifecycle_state == "start_error":
        return {"healthy": False, "reason": "agent startup script exited with an error"}
    if lifecycle_state in _SHUTTING_DOWN:
        return {"healthy": False, "reason": "agent is shutting down"}
    return _HEALTHY


def render_agent(agent: Row, statuses: Sequence[Row] = (), place: Place | None = None, *, logs_length: int = 0) -> dict[str, Any]:
    """The document of an agent. `statuses` are the rows of its apps' statuses, newest first.

    `logs_length` in bytes is known beside the log only; documents that are made from events show 0.
    """
    spec = agent["spec"]
    status = agent_status(agent)
    lifecycle_state = agent["lifecycle_state"]
    scripts = spec["scripts"]
    document: dict[str, Any] = {
        "api_version": agent["api_version"],
        "apps": render_apps(agent, statuses, place),
        "architecture": spec["architecture"],
        "connection_timeout_seconds": agent["connection_timeout_seconds"],
        "created_at": rfc3339(agent["created_at"]),
    }
    if spec["directory"]:
        document["directory"] = spec["directory"]
    _put_time(document, "disconnected_at", agent["disconnected_at"] if status == "disconnected" else None)
    document["display_apps"] = spec["display_apps"]
    document["environment_variables"] = spec["env"] or None
    if agent["expanded_directory"]:
        document["expanded_directory"] = agent["expanded_directory"]
    _put_time(document, "first_connected_at", agent["first_connected_at"])
    document["health"] = agent_health(status, lifecycle_state)
    document["id"] = agent["id"]
    _put_time(document, "last_connected_at", agent["last_connected_at"])
    document["lifecycle_state"] = lifecycle_state
    document["log_sources"] = [_log_source(agent, source) for source in agent["log_sources"]]
    document["logs_length"] = logs_length
    document["logs_overflowed"] = agent["logs_overflowed"]
    document["name"] = agent["name"]
    document["operating_system"] = spec["operating_system"]
    document["parent_id"] = agent["parent_id"]
    _put_time(document, "ready_at", agent["ready_at"])
    document["resource_id"] = agent["resource_id"]
    document["scripts"] = [_script(script, agent["script_results"].get(script["id"])) for script in scripts]
    _put_time(document, "started_at", agent["started_at"])
    blocks = any(script["run_on_start"] and script["start_blocks_login"] for script in scripts)
    document["startup_script_behavior"] = "blocking" if blocks else "non-blocking"
    document["status"] = status
    document["subsystems"] = agent["subsystems"]
    document["troubleshooting_url"] = spec["troubleshooting_url"]
    document["updated_at"] = rfc3339(agent["updated_at"])
    document["version"] = agent["version"]
    return document


def _put_time(document: dict[str, Any], key: str, time: datetime | None) -> None:
    if time is not None:
        document[key] = rfc3339(time)


def _log_source(agent: Row, source: Row) -> dict[str, Any]:
    created_at = source.get("created_at") or rfc3339(agent["created_at"])
    return {
        "created_at": created_at,
        "display_name": source["display_name"],
        "icon": source["icon"],
        "id": source["id"],
        "workspace_agent_id": agent["id"],
    }


def _script(script: Row, result: Row | None) -> dict[str, Any]:
    document: dict[str, Any] = {"cron": script["cron"], "display_name": script["display_name"]}
    if result is not None:
        document["exit_code"] = result["exit_code"]
    document["id"] = script["id"]
    document["log_path"] = script["log_path"]
    document["log_source_id"] = script["log_source_id"]
    document["run_on_start"] = script["run_on_start"]
    document["run_on_stop"] = script["run_on_stop"]
    document["script"] = script["script"]
    document["start_blocks_login"] = script["start_blocks_login"]
    if result is not None:
        document["status"] = result["status"]
    document["timeout"] = script["timeout"] * _NANOSECONDS
    return document


def render_apps(agent: Row, statuses: Sequence[Row] = (), place: Place | None = None) -> list[dict[str, Any]]:
    """The documents of an agent's apps: by order, display name, slug."""
    apps = agent["spec"]["apps"]
    if not apps:
        return []
    if len(apps) > 1:
        apps = sorted(apps, key=_app_order)
    return [_app(agent, app, [s for s in statuses if s["app_id"] == app["id"]] if statuses else (), place) for app in apps]


def _app_order(app: Row) -> tuple[int, str, str]:
    return app["order"], app["display_name"], app["slug"]


def _app(agent: Row, app: Row, statuses: Iterable[Row], place: Place | None) -> dict[str, Any]:
    check = app["healthcheck"]
    is_checked = bool(check and check["url"])
    document: dict[str, Any] = {}
    if app["command"]:
        document["command"] = app["command"]
    if app["display_name"]:
        document["display_name"] = app["display_name"]
    document["external"] = app["external"]
    if app["group"]:
        document["group"] = app["group"]
    document["health"] = agent["app_health"].get(app["id"], "initializing") if is_checked else "disabled"
    document["healthcheck"] = (
        {"interval": check["interval"], "threshold": check["threshold"], "url": check["url"]} if is_checked else _NO_HEALTHCHECK
    )
    document["hidden"] = app["hidden"]
    if app["icon"]:
        document["icon"] = app["icon"]
    document["id"] = app["id"]
    document["open_in"] = app["open_in"]
    document["sharing_level"] = app["sharing_level"]
    document["slug"] = app["slug"]
    document["statuses"] = [render_app_status(status) for status in statuses]
    document["subdomain"] = app["subdomain"]
    if app["subdomain"] and place is not None:
        document["subdomain_name"] = f"{app['slug']}--{agent['name']}--{place.workspace_name}--{place.owner_name}"
    if app["tooltip"]:
        document["tooltip"] = app["tooltip"]
    if app["url"]:
        document["url"] = app["url"]
    return document


def render_app_status(status: Row) -> dict[str, Any]:
    """The document of what an app said of itself (row of `app_statuses`)."""
    return {
        "agent_id": status["agent_id"],
        "app_id": status["app_id"],
        "created_at": rfc3339(status["created_at"]),
        "icon": "",
        "id": status["id"],
        "message": status["message"],
        "needs_user_attention": False,
        "state": status["state"],
        "uri": status["uri"],
        "workspace_id": status["workspace_id"],
    }
