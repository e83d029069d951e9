"""The `q` language of every list of people: what can be asked (contract/identity.md 1, contract/listing.md 12).

How it is answered is `projections/available_users`' to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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


def parse_user_search(text: str, message: str = INVALID_SEARCH) -> UserSearch:
    """The search that `text` spells. Raises `Invalid(message)` with every error at once."""
    parsed = _KEYS.parse(text, message)
    parsed.problems.check()
    return parsed.values
