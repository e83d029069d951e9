"""The `q` language of the workspace list: its keys, and the SQL that they stand for. Source: contract/listing.md 5 to 7.

Names that only readers of what they name may use (`organization:`, `shared_with_…`) are looked up by whoever knows the
policy; `Filters` holds what came of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import orjson
from psycopg import sql

from domain.kernel.predicate import NEVER, And, Grants, GrantsOwnOrganization, In, Never, Not, Or, Predicate, any_of
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

#: What predicates call the columns of workspace rows.
ACCESS: Mapping[str, Column] = {
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


@dataclass(frozen=True, slots=True)
class Sets:
    """What all rows are compared with where asking each of them for its own would take too long: `agent_states` instead of the
    column says that a row's agents are in one of `%(q_states)s`, `digests` are the sets of parameters that meet the query."""

    agent_states: LiteralString
    digests: tuple[str, ...] | None = None


def conditions(filters: Filters, visible: Predicate, sets: Sets | None = None) -> list[Condition]:
    """What rows must meet: the query's keys, each of them, and the caller's sight."""
    parts = [Condition(sql.SQL(text), parameters) for text, parameters in _keys(filters, sets)]
    return [*parts, visibility(visible)]


def parameters_met(asked: tuple[Parameter, ...]) -> list[Condition]:
    """What the parameters of a row must meet."""
    return [Condition(sql.SQL(text), parameters) for text, parameters in _parameters(asked)]


def visibility(predicate: Predicate) -> Condition:
    """`predicate` over workspace rows. What access lists grant is looked for among shared rows only, by their index:
    without that, every row of an organization would have to be looked at for each of its members."""
    by_role, by_acl = sources(predicate)
    if by_acl == NEVER or not isinstance(predicate, Or):
        return condition(predicate, ACCESS)
    role, acl = condition(by_role, ACCESS, "role"), condition(by_acl, ACCESS, "acl")
    return Condition(sql.SQL("({} OR (w.is_shared AND {}))").format(role.text, acl.text), {**role.parameters, **acl.parameters})


def sources(predicate: Predicate) -> tuple[Predicate, Predicate]:
    """What of `predicate` a workspace's owner and organization decide, which never change, and what its access lists do: a row that
    meets either meets `predicate`."""
    parts = predicate.parts if isinstance(predicate, Or) else (predicate,)
    listed = [part for part in parts if _asks_acl(part)]
    return any_of(*(part for part in parts if part not in listed)), any_of(*listed)


def is_broad(predicate: Predicate) -> bool:
    """Whether most rows that there are may meet `predicate`: it names neither them nor their owners. What is shared is little."""
    match predicate:
        case In(column):
            return column not in ("id", "owner_id")
        case And(parts):
            return all(map(is_broad, parts))
        case Or(parts):
            return any(map(is_broad, parts))
        case Never() | Grants() | GrantsOwnOrganization():
            return False
    return True


def _asks_acl(predicate: Predicate) -> bool:
    match predicate:
        case Grants() | GrantsOwnOrganization():
            return True
        case And(parts) | Or(parts):
            return any(_asks_acl(part) for part in parts)
        case Not(part):
            return _asks_acl(part)
    return False


def _keys(filters: Filters, sets: Sets | None) -> Iterable[tuple[LiteralString, dict[str, Any]]]:
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
    states = agent_states(query)
    if states:
        yield sets.agent_states if sets else "w.agent_states && %(q_states)s::text[]", {"q_states": states}
    yield from _times_and_flags(query)
    if filters.organization_id:
        yield "w.organization_id = %(q_organization)s::uuid", {"q_organization": filters.organization_id}
    if query.shared is not None:
        yield "w.is_shared" if query.shared else "NOT w.is_shared", {}
    if filters.shared_with_user_id:
        yield "w.is_shared AND w.user_acl ? %(q_with_user)s", {"q_with_user": filters.shared_with_user_id}
    if filters.shared_with_group_id:
        yield "w.is_shared AND w.group_acl ? %(q_with_group)s", {"q_with_group": filters.shared_with_group_id}
    if sets and sets.digests is not None:
        yield "w.parameters_digest = ANY(%(q_digests)s::uuid[])", {"q_digests": list(sets.digests)}
    else:
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


def agent_states(query: Query) -> list[str]:
    """Those that the query asks for, if any: `healthy` adds to the states asked for, it does not narrow them (contract/listing.md 7)."""
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
