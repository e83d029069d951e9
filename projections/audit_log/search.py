"""The `q` language of the audit log (contract/identity.md 9). Names are looked up by the statement, organizations beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, LiteralString

from psycopg import sql

from domain.kernel.predicate import Predicate
from projections.access import Column, Condition, Kind, condition
from projections.querylang import Keys, bare_is, key
from projections.queryvalues import DATE, ORGANIZATION, TEXT, UUID, OrganizationRef, choice

BAD_QUERY = "Invalid audit search query."
ACTIONS = (
    *("create", "write", "delete", "start", "stop", "login", "logout", "register", "request_password_reset"),
    *("connect", "disconnect", "open", "close"),
)
RESOURCE_TYPES = (
    *("template", "template_version", "user", "workspace", "workspace_build", "git_ssh_key", "api_key", "group", "license"),
    *("convert_login", "health_settings", "notifications_settings", "prebuilds_settings", "workspace_proxy", "organization"),
    *("oauth2_provider_app", "oauth2_provider_app_secret", "custom_role", "organization_member", "notification_template"),
    *("idp_sync_settings_organization", "idp_sync_settings_group", "idp_sync_settings_role", "workspace_agent", "workspace_app"),
    *("task", "ai_seat", "ai_provider", "ai_provider_key", "ai_gateway_key", "group_ai_budget", "user_ai_budget_override", "chat"),
    *("user_secret", "user_skill"),
    "webhook",  # not of the reference
)
_REASONS = (
    *("initiator", "autostart", "autostop", "dormancy", "failedstop", "autodelete", "dashboard", "cli", "ssh_connection"),
    *("vscode_connection", "jetbrains_connection", "task_auto_pause", "task_manual_pause", "task_resume"),
)
_ME = "me"
_ACCESS = {"organization_id": Column("a.organization_id", Kind.UUID)}


@dataclass(frozen=True, slots=True)
class Query:
    """The keys in parse order."""

    request_id: str = key(UUID)
    resource_id: str = key(UUID)
    resource_target: str = key(TEXT)
    username: str = key(TEXT)
    email: str = key(TEXT)
    date_from: date | None = key(DATE)
    date_to: date | None = key(DATE)
    resource_type: str = key(choice(*RESOURCE_TYPES))
    action: str = key(choice(*ACTIONS))
    build_reason: str = key(choice(*_REASONS))
    organization: OrganizationRef | None = key(ORGANIZATION)


KEYS: Keys[Query] = Keys(Query, bare_is("resource_type"))


@dataclass(frozen=True, slots=True)
class Filters:
    """A query whose organization was resolved; "" where there is none. `viewer_id` is who `username:me` means."""

    query: Query
    viewer_id: str
    organization_id: str = ""


def where(filters: Filters, visible: Predicate) -> Condition:
    """What entries `a` must meet: the query's keys, each of them, and the caller's sight over `organization_id`."""
    seen = condition(visible, _ACCESS)
    parts: list[sql.Composable] = [seen.text]
    parameters: dict[str, Any] = dict(seen.parameters)
    for text, values in _keys(filters):
        parts.append(sql.SQL(text))
        parameters |= values
    return Condition(sql.SQL(" AND ").join(parts), parameters)


def _keys(filters: Filters) -> Iterable[tuple[LiteralString, dict[str, Any]]]:
    query = filters.query
    if query.request_id:
        yield "a.change_id = %(request_id)s::uuid AND a.request_id = a.change_id", {"request_id": query.request_id}
    if query.resource_id:
        yield "a.resource_id = %(resource_id)s::uuid", {"resource_id": query.resource_id}
    if query.resource_target:
        # People have no stored target: it is their name of today.
        yield (
            """(lower(a.target) = %(target)s
              OR (a.target IS NULL AND a.resource_id = ANY(ARRAY(SELECT id FROM users WHERE lower(username) = %(target)s))))""",
            {"target": query.resource_target},
        )
    if query.username == _ME:
        yield "a.user_id = %(viewer)s::uuid", {"viewer": filters.viewer_id}
    elif query.username:
        yield "a.user_id = ANY(ARRAY(SELECT id FROM users WHERE lower(username) = %(username)s))", {"username": query.username}
    if query.email:
        yield "a.user_id = ANY(ARRAY(SELECT id FROM users WHERE lower(email) = %(email)s))", {"email": query.email}
    if query.date_from is not None:
        yield "a.time >= %(date_from)s", {"date_from": _midnight(query.date_from)}
    if query.date_to is not None:  # through the last second of that day
        yield "a.time < %(date_to)s", {"date_to": _midnight(query.date_to) + timedelta(days=1)}
    if query.resource_type:
        yield "a.resource_type = %(resource_type)s", {"resource_type": query.resource_type}
    if query.action:
        yield "a.action = %(action)s", {"action": query.action}
    if query.build_reason:
        yield "a.build_reason = %(build_reason)s", {"build_reason": query.build_reason}
    if filters.organization_id:
        yield "a.organization_id = %(organization)s::uuid", {"organization": filters.organization_id}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock_time(), UTC)
