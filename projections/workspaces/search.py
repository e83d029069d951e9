"""The `q` language of the workspace list: its keys, and the SQL that they stand for. Source: contract/listing.md 5 to 7.

Names that only readers of what they name may use (`organization:`, `shared_with_…`) are looked up by whoever knows the
policy; `Filters` holds what came of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import orjson
from psycopg import sql

from domain.kernel.predicate import And, Grants, GrantsOwnOrganization, Not, Or, Predicate, any_of
from domain.workspaces.values import STATUSES
from projections.access import Column, Condition, Kind, condition
from projections.querylang import Keys, bare_is_path, key
from projections.queryvalues import (
    FLAG,
    FLAG_OR_EMPTY,
    GROUP,
    LOWERED_TIME,
    ORGANIZATION,
    PERSON,
    TEXT,
    UUIDS,
    WORDS,
    GroupRef,
    OrganizationRef,
    Person,
    choice,
    each,
)

#: Above all errors of a query (contract/listing.md 1).
BAD_QUERY = "Invalid workspace search query."

_ACCESS = {
    "id": Column("w.id", Kind.UUID),
    "owner_id": Column("w.owner_id", Kind.UUID),
    "organization_id": Column("w.organization_id", Kind.UUID),
    "user_acl": Column("w.user_acl", Kind.ACL),
    "group_acl": Column("w.group_acl", Kind.ACL),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A build parameter asked for: by name alone (a pattern), or with its value."""

    name: str
    value: str | None


def _parameter(element: str) -> Parameter:
    name, equals, value = element.strip().partition("=")
    if "=" in value:
        raise ValueError(f"\"{element}\" can only contain 1 '='")
    if equals and not value:
        raise ValueError(f"\"{element}\" has no value after the '=': omit the '=' to match on the name alone")
    return Parameter(name, value if equals else None)


@dataclass(frozen=True, slots=True)
class Query:
    """The keys in parse order."""

    id: tuple[str, ...] = key(UUIDS)
    owner: str = key(TEXT)
    template: str = key(TEXT)
    name: str = key(TEXT)
    status: str = key(choice(*STATUSES))
    has_agent: tuple[str, ...] = key(WORDS, name="has-agent")
    dormant: bool | None = key(FLAG)
    last_used_after: datetime | None = key(LOWERED_TIME)
    last_used_before: datetime | None = key(LOWERED_TIME)
    outdated: bool | None = key(FLAG_OR_EMPTY)
    has_ai_task: bool | None = key(FLAG, name="has-ai-task")
    has_external_agent: bool | None = key(FLAG)
    organization: OrganizationRef | None = key(ORGANIZATION)
    shared: bool | None = key(FLAG)
    shared_with_user: Person | None = key(PERSON)
    shared_with_group: GroupRef | None = key(GROUP)
    healthy: bool | None = key(FLAG)
    param: tuple[Parameter, ...] = key(each(_parameter))


KEYS: Keys[Query] = Keys(Query, bare_is_path("owner", "name"))


@dataclass(frozen=True, slots=True)
class Filters:
    """A query with its references resolved to ids; "" where there is none. `viewer_id` is who `owner:me` means."""

    query: Query
    viewer_id: str
    organization_id: str = ""
    shared_with_user_id: str = ""
    shared_with_group_id: str = ""


def conditions(filters: Filters, visible: Predicate) -> list[Condition]:
    """What rows must meet: the query's keys, each of them, and the caller's sight."""
    parts = [Condition(sql.SQL(text), parameters) for text, parameters in _keys(filters)]
    return [*parts, visibility(visible)]


def visibility(predicate: Predicate) -> Condition:
    """`predicate` over workspace rows. What access lists grant is looked for among shared rows only, by their index:
    without that, every row of an organization would have to be looked at for each of its members."""
    if not isinstance(predicate, Or):
        return condition(predicate, _ACCESS)
    listed = [part for part in predicate.parts if _asks_acl(part)]
    if not listed:
        return condition(predicate, _ACCESS)
    by_role = condition(any_of(*(part for part in predicate.parts if part not in listed)), _ACCESS, "role")
    by_acl = condition(any_of(*listed), _ACCESS, "acl")
    text = sql.SQL("({} OR (w.is_shared AND {}))").format(by_role.text, by_acl.text)
    return Condition(text, {**by_role.parameters, **by_acl.parameters})


def _asks_acl(predicate: Predicate) -> bool:
    match predicate:
        case Grants() | GrantsOwnOrganization():
            return True
        case And(parts) | Or(parts):
            return any(_asks_acl(part) for part in parts)
        case Not(part):
            return _asks_acl(part)
    return False


def _keys(filters: Filters) -> Iterable[tuple[LiteralString, dict[str, Any]]]:
    query = filters.query
    if query.id:
        yield "w.id = ANY(%(q_id)s::uuid[])", {"q_id": list(query.id)}
    if query.owner == "me":
        yield "w.owner_id = %(q_owner)s::uuid", {"q_owner": filters.viewer_id}
    elif query.owner:
        yield (
            "w.owner_id = (SELECT id FROM users WHERE lower(username) = %(q_owner)s AND username <> '' AND NOT deleted LIMIT 1)",
            {"q_owner": query.owner},
        )
    if query.template:
        yield (
            "w.template_id = ANY(ARRAY(SELECT id FROM templates WHERE lower(name) = %(q_template)s AND NOT deleted))",
            {"q_template": query.template},
        )
    if query.name:
        # Pattern characters are meant as such, and there is no way to escape them (contract/listing.md 5).
        yield "lower(w.name) LIKE %(q_name)s ESCAPE ''", {"q_name": f"%{query.name}%"}
    if query.status:
        yield "w.status = %(q_status)s", {"q_status": query.status}
    states = _agent_states(query)
    if states:
        yield "w.agent_states && %(q_states)s::text[]", {"q_states": states}
    yield from _times_and_flags(query)
    if filters.organization_id:
        yield "w.organization_id = %(q_organization)s::uuid", {"q_organization": filters.organization_id}
    if query.shared is not None:
        yield "w.is_shared" if query.shared else "NOT w.is_shared", {}
    if filters.shared_with_user_id:
        yield "w.is_shared AND w.user_acl ? %(q_with_user)s", {"q_with_user": filters.shared_with_user_id}
    if filters.shared_with_group_id:
        yield "w.is_shared AND w.group_acl ? %(q_with_group)s", {"q_with_group": filters.shared_with_group_id}
    yield from _parameters(query.param)


def _times_and_flags(query: Query) -> Iterable[tuple[LiteralString, dict[str, Any]]]:
    if query.dormant:  # false is no filter
        yield "w.dormant_at IS NOT NULL", {}
    if query.last_used_after is not None:
        yield "w.last_used_at >= %(q_used_after)s", {"q_used_after": query.last_used_after}
    if query.last_used_before is not None:
        yield "w.last_used_at <= %(q_used_before)s", {"q_used_before": query.last_used_before}
    if query.outdated is not None:
        yield "w.outdated" if query.outdated else "NOT w.outdated", {}
    if query.has_ai_task is not None:
        yield "w.has_ai_task" if query.has_ai_task else "NOT w.has_ai_task", {}
    if query.has_external_agent is not None:  # a build that does not know yet matches neither
        yield "w.has_external_agent IS TRUE" if query.has_external_agent else "w.has_external_agent IS FALSE", {}


def _agent_states(query: Query) -> list[str]:
    """`healthy` adds to the states asked for, it does not narrow them (contract/listing.md 7)."""
    states = list(query.has_agent)
    if query.healthy is not None:
        states += ["connected"] if query.healthy else ["disconnected", "timeout"]
    return states


def _parameters(asked: tuple[Parameter, ...]) -> Iterable[tuple[LiteralString, dict[str, Any]]]:
    names = [parameter.name for parameter in asked if parameter.value is None]
    pairs = [{"name": parameter.name, "value": parameter.value} for parameter in asked if parameter.value is not None]
    if names:
        yield (
            """EXISTS (
              SELECT FROM jsonb_array_elements(w.parameters) AS p, unnest(%(q_names)s::text[]) AS n (pattern)
              WHERE p ->> 'name' LIKE n.pattern ESCAPE ''
            )""",
            {"q_names": names},
        )
    if pairs:
        yield (
            "w.parameters <> '[]' AND w.parameters @> ANY(%(q_pairs)s::jsonb[])",
            {"q_pairs": [orjson.dumps([pair]).decode() for pair in pairs]},
        )
