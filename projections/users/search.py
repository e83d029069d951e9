"""The `q` language of people and their pages (contract/identity.md 1, contract/listing.md 12).

`ORDER` and `after_condition` are shared with every list that walks people: members of organizations and groups, and whom
workspaces can be made for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql

from domain.roles.builtin import SiteRole
from projections.available_users.grams import NAME, SEARCH, named, searched
from projections.querylang import Keys, bare_is, key
from projections.queryvalues import FLAG, INT64, LOWERED_TIME, TEXT, WORDS, choices

INVALID_SEARCH = "Invalid user search query."


@dataclass(frozen=True, slots=True)
class UserSearch:
    """What a query asks for; every field at its default asks for nothing. Field order is the order of errors."""

    search: str = key(TEXT)
    name: str = key(TEXT)
    status: tuple[str, ...] = key(choices("active", "suspended", "dormant"))
    service_account: bool | None = key(FLAG)
    role: tuple[str, ...] = key(WORDS)
    last_seen_after: datetime | None = key(LOWERED_TIME)
    last_seen_before: datetime | None = key(LOWERED_TIME)
    created_after: datetime | None = key(LOWERED_TIME)
    created_before: datetime | None = key(LOWERED_TIME)
    github_com_user_id: int = key(INT64)
    login_type: tuple[str, ...] = key(choices("password", "github", "oidc", "token", "none", "oauth2_provider_app"))


_KEYS = Keys(UserSearch, bare_is("search"))

#: The order of people. `u` is the table `users`; byte order, so that it is the same on every server.
ORDER = sql.SQL('lower(u.username) COLLATE "C"')

#: Parts of names are looked for where an index on them is: the same people, in the read model beside this one.
_AMONG: LiteralString = "u.id IN (SELECT a.id FROM available_users a WHERE {})"
#: A person who was never seen counts as seen in the year 1.
_SEEN: LiteralString = "coalesce(u.last_seen_at, '0001-01-01T00:00:00Z'::timestamptz)"


def parse_user_search(text: str, message: str = INVALID_SEARCH) -> UserSearch:
    """The search that `text` spells. Raises `Invalid(message)` with every error at once."""
    parsed = _KEYS.parse(text, message)
    parsed.problems.check()
    return parsed.values


def search_condition(search: UserSearch) -> tuple[sql.Composable, dict[str, Any]]:
    """`search` as a condition on `users u`, with its parameters; deleted and system users never match."""
    parts: list[sql.Composable] = [sql.SQL("NOT u.deleted AND NOT u.is_system")]
    values: dict[str, Any] = {}

    def add(condition: LiteralString, name: str, value: Any) -> None:
        parts.append(sql.SQL(condition))
        values[name] = value

    if search.search:
        parts.append(sql.SQL(_AMONG.format(SEARCH)))
        values |= searched(search.search)
    if search.name:
        parts.append(sql.SQL(_AMONG.format(NAME)))
        values |= named(search.name)
    if search.status:
        add("u.status = ANY(%(status)s)", "status", list(search.status))
    if search.service_account is not None:
        add("u.is_service_account = %(service_account)s", "service_account", search.service_account)
    if any(role != SiteRole.MEMBER for role in search.role):
        add("u.roles <> '[]' AND u.roles ?| %(role)s", "role", list(search.role))
    if search.last_seen_after is not None:
        add(f"{_SEEN} >= %(seen_after)s", "seen_after", search.last_seen_after)
    if search.last_seen_before is not None:
        add(f"{_SEEN} <= %(seen_before)s", "seen_before", search.last_seen_before)
    if search.created_after is not None:
        add("u.created_at >= %(created_after)s", "created_after", search.created_after)
    if search.created_before is not None:
        add("u.created_at <= %(created_before)s", "created_before", search.created_before)
    if search.github_com_user_id:
        parts.append(sql.SQL("FALSE"))  # nobody here has an account there
    if search.login_type:
        add("u.login_type = ANY(%(login_type)s)", "login_type", list(search.login_type))
    return sql.SQL(" AND ").join(parts), values


def after_condition(after_id: str) -> tuple[sql.Composable, dict[str, Any]]:
    """Only those who follow the person `after_id` in order; nobody follows an unknown one; "" and the nil UUID ask for nothing."""
    if not after_id or set(after_id) <= {"0", "-"}:
        return sql.SQL("TRUE"), {}
    cursor = sql.SQL('{} > (SELECT lower(c.username) COLLATE "C" FROM users c WHERE c.id = %(after_id)s)').format(ORDER)
    return cursor, {"after_id": after_id}
