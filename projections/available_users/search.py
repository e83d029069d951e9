"""A search for people as conditions on `available_users`, each answered by an index where a few rows match.

The language itself is that of all lists of people (`projections/users/search.py`). Source: contract/listing.md 12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

from psycopg import sql

from domain.roles.builtin import SiteRole
from projections.available_users.grams import NAME, NAME_BY_INDEX, SEARCH, SEARCH_BY_INDEX, named, searched
from projections.users.search import UserSearch

#: When somebody was last seen changes all the time, and is indexed in the table that changes with it anyway.
_SEEN: LiteralString = "a.id IN (SELECT s.id FROM users s WHERE NOT s.deleted AND NOT s.is_system AND ({}))"
_SEEN_TIMES: Mapping[str, LiteralString] = {
    "last_seen_after": "s.last_seen_at >= %(last_seen_after)s",
    "last_seen_before": "s.last_seen_at <= %(last_seen_before)s",
}
_CREATED_TIMES: Mapping[str, LiteralString] = {
    "created_after": "a.created_at >= %(created_after)s",
    "created_before": "a.created_at <= %(created_before)s",
}
#: When somebody counts as seen who never was (contract/identity.md 5.1).
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Boolean SQL expressions over the alias `a` of `available_users`, all of which hold, and the parameters that they bind.

    `kinds` says that they ask for nothing but what `roster_counts` is counted by: they fit that table as well. A part of a name is
    looked for `by_index`, or as the planner thinks best.
    """

    parts: tuple[LiteralString, ...]
    parameters: Mapping[str, Any]
    kinds: bool

    @property
    def is_empty(self) -> bool:
        """Whether they ask for nothing."""
        return not self.parts

    @property
    def text(self) -> sql.Composable:
        """All of them as one expression."""
        return sql.SQL(" AND ").join([sql.SQL(part) for part in self.parts]) if self.parts else sql.SQL("TRUE")


def conditions(wanted: UserSearch, *, by_index: bool = False) -> Conditions:
    """What a row must fulfil; the text depends only on which keys were given, and on whether those of never are among the seen."""
    kinds: list[LiteralString] = []
    others: list[LiteralString] = []
    given: dict[str, Any] = {}
    if wanted.search:
        others.append(SEARCH_BY_INDEX if by_index else SEARCH)
        given |= searched(wanted.search)
    if wanted.name:
        others.append(NAME_BY_INDEX if by_index else NAME)
        given |= named(wanted.name)
    if wanted.status:
        kinds.append("a.status = ANY(%(status)s::text[])")
        given["status"] = list(wanted.status)
    if any(role != SiteRole.MEMBER for role in wanted.role):  # everybody is one, so that asking for that alone asks for nothing
        kinds.append("a.roles <> '[]' AND a.roles ?| %(role)s::text[]")
        given["role"] = list(wanted.role)
    if wanted.service_account is not None:
        # Not bound: an index holds only those of whom it is true.
        kinds.append("a.is_service_account" if wanted.service_account else "NOT a.is_service_account")
    if wanted.github_com_user_id:
        kinds.append("FALSE")  # nobody here has an account there
    if wanted.login_type:
        kinds.append("a.login_type = ANY(%(login_type)s::text[])")
        given["login_type"] = list(wanted.login_type)
    if seen := _bounded(wanted, _SEEN_TIMES, given):
        # Who was never seen has no time there. Only asked for where they match: the planner would take it for many rows.
        never = (wanted.last_seen_after or _NEVER) <= _NEVER <= (wanted.last_seen_before or _NEVER)
        others.append(_SEEN.format(" AND ".join(seen) + (" OR s.last_seen_at IS NULL" if never else "")))
    others += _bounded(wanted, _CREATED_TIMES, given)
    return Conditions((*kinds, *others), given, not others)


def _bounded(wanted: UserSearch, times: Mapping[str, LiteralString], given: dict[str, Any]) -> list[LiteralString]:
    """Those of the conditions whose bounds are asked for; `given` gets them."""
    asked = [name for name in times if getattr(wanted, name) is not None]
    given |= {name: getattr(wanted, name) for name in asked}
    return [times[name] for name in asked]
