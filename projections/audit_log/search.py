"""The `q` language of the audit log (contract/identity.md 9), and the SQL that it stands for once its names were looked up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, LiteralString

from psycopg import sql

from domain.kernel.ids import NIL
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
ME = "me"
_ACCESS = {"organization_id": Column("e.organization_id", Kind.UUID)}


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
    """A query whose names were resolved: `organization_id` is "" where none was asked for, and the people are None where nobody
    was; whoever bore the name, or bears the address, may be several or nobody."""

    query: Query
    organization_id: str = ""
    actors: Sequence[str] | None = None
    #: Of whom an entry with the asked target may be: people have no stored target, it is their name of today.
    targets: Sequence[str] = ()


def where(filters: Filters, visible: Predicate) -> Condition:
    """What entries `e` must meet: the query's keys, each of them, and the caller's sight over `organization_id`."""
    return _all_of([*_kinds(filters), *_days(filters.query), *_single(filters)], visible)


def counted_as(filters: Filters, visible: Predicate) -> Condition | None:
    """The same as what counts `e` must meet, those of `audit_counts`; None for what is not counted beforehand."""
    if any(True for _ in _single(filters)):
        return None
    return _all_of([*_kinds(filters), *_counted_days(filters.query)], visible)


Part = tuple[LiteralString, dict[str, Any]]


def _all_of(parts: Iterable[Part], visible: Predicate) -> Condition:
    seen = condition(visible, _ACCESS)
    texts: list[sql.Composable] = [seen.text]
    parameters: dict[str, Any] = dict(seen.parameters)
    for text, values in parts:
        texts.append(sql.SQL(text))
        parameters |= values
    return Condition(sql.SQL(" AND ").join(texts), parameters)


def _kinds(filters: Filters) -> Iterable[Part]:
    """What entries and their counts have alike."""
    query = filters.query
    if query.resource_type:
        yield "e.resource_type = %(resource_type)s", {"resource_type": query.resource_type}
    if query.action:
        yield "e.action = %(action)s", {"action": query.action}
    if query.build_reason:
        yield "e.build_reason = %(build_reason)s", {"build_reason": query.build_reason}
    if filters.organization_id == NIL:
        # Of an organization that does not exist there is nothing; counts write it where there is none.
        yield "FALSE", {}
    elif filters.organization_id:
        yield "e.organization_id = %(organization)s::uuid", {"organization": filters.organization_id}


def _single(filters: Filters) -> Iterable[Part]:
    """What few entries meet, each found by an index."""
    query = filters.query
    if query.request_id:
        # Found by the key, or among the few entries that have a key of their own.
        yield (
            """((e.change_id = %(request_id)s::uuid AND e.request_id = e.change_id)
              OR (e.request_id = %(request_id)s::uuid AND e.request_id <> e.change_id))""",
            {"request_id": query.request_id},
        )
    if query.resource_id:
        yield "e.resource_id = %(resource_id)s::uuid", {"resource_id": query.resource_id}
    if query.resource_target and filters.targets:
        yield (
            "(lower(e.target) = %(target)s OR (e.target IS NULL AND e.resource_id = ANY(%(targets)s::uuid[])))",
            {"target": query.resource_target, "targets": list(filters.targets)},
        )
    elif query.resource_target:
        yield "lower(e.target) = %(target)s", {"target": query.resource_target}
    if filters.actors is not None and len(filters.actors) == 1:
        yield "e.user_id = %(actor)s::uuid", {"actor": filters.actors[0]}
    elif filters.actors is not None:
        yield "e.user_id = ANY(%(actors)s::uuid[])", {"actors": list(filters.actors)}


def _days(query: Query) -> Iterable[Part]:
    """A time is a place in the log as well, for times never decrease as positions grow: so entries of other days are passed over
    by whichever index gives the order."""
    if query.date_from is not None:
        yield (
            """e.time >= %(date_from)s
              AND e.position >= (SELECT position FROM audit_log WHERE time >= %(date_from)s ORDER BY time, position LIMIT 1)""",
            {"date_from": _midnight(query.date_from)},
        )
    if query.date_to is not None:  # through the last second of that day
        yield (
            """e.time < %(date_to)s
              AND e.position <= (SELECT position FROM audit_log WHERE time < %(date_to)s ORDER BY time DESC, position DESC LIMIT 1)""",
            {"date_to": _after(query.date_to)},
        )


def _counted_days(query: Query) -> Iterable[Part]:
    if query.date_from is not None:
        yield "e.day >= %(date_from)s", {"date_from": query.date_from}
    if query.date_to is not None:
        yield "e.day <= %(date_to)s", {"date_to": query.date_to}


def _after(day: date) -> datetime:
    """When the day is over; the last one that can be written down is never over."""
    return _midnight(day) + timedelta(days=1) if day < date.max else datetime.max.replace(tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock_time(), UTC)
