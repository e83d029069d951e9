"""A search for people as conditions on `available_users`, each answered by an index where a few rows match.

The language itself is that of all lists of people (`projections/users/search.py`). Source: contract/listing.md 12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import sql

from domain.kernel.ids import NIL
from projections.available_users.grams import NAME, SEARCH, named, searched
from projections.users.search import UserSearch

#: Somebody who was never seen counts as seen in the year 1 (contract/identity.md 5.1).
_SEEN: LiteralString = "coalesce(a.last_seen_at, '0001-01-01 00:00:00+00')"
_TIMES: Mapping[str, LiteralString] = {
    "last_seen_after": _SEEN + " >= %(last_seen_after)s",
    "last_seen_before": _SEEN + " <= %(last_seen_before)s",
    "created_after": "a.created_at >= %(created_after)s",
    "created_before": "a.created_at <= %(created_before)s",
}
_AFTER: LiteralString = "a.username_key > (SELECT c.username_key FROM available_users c WHERE c.id = %(after_id)s)"
#: Everybody holds it, so that asking for it alone asks for nothing.
_IMPLIED_ROLE = "member"


@dataclass(frozen=True, slots=True)
class Conditions:
    """A boolean SQL expression over the alias `a` of `available_users`, and the parameters that it binds."""

    text: sql.Composable
    parameters: Mapping[str, Any]


def conditions(wanted: UserSearch, after_id: str) -> Conditions:
    """What a row must fulfil; the text depends only on which keys were given.

    `after_id`: rows strictly after that person, who need not match the search; nobody comes after somebody unknown. "" and
    the nil UUID start at the front.
    """
    parts: list[LiteralString] = []
    given: dict[str, Any] = {}
    if wanted.search:
        parts.append(SEARCH)
        given |= searched(wanted.search)
    if wanted.name:
        parts.append(NAME)
        given |= named(wanted.name)
    if wanted.status:
        parts.append("a.status = ANY(%(status)s::text[])")
        given["status"] = list(wanted.status)
    if any(role != _IMPLIED_ROLE for role in wanted.role):
        parts.append("a.roles <> '[]' AND a.roles ?| %(role)s::text[]")
        given["role"] = list(wanted.role)
    if wanted.service_account is not None:
        parts.append("a.is_service_account = %(service_account)s")
        given["service_account"] = wanted.service_account
    if wanted.github_com_user_id:
        parts.append("FALSE")  # nobody here has an account there
    if wanted.login_type:
        parts.append("a.login_type = ANY(%(login_type)s::text[])")
        given["login_type"] = list(wanted.login_type)
    for name, condition in _TIMES.items():
        bound = getattr(wanted, name)
        if bound is not None:
            parts.append(condition)
            given[name] = bound
    if after_id not in ("", NIL):
        parts.append(_AFTER)
        given["after_id"] = after_id
    return Conditions(sql.SQL(" AND ").join([sql.SQL(part) for part in parts]) if parts else sql.SQL("TRUE"), given)
