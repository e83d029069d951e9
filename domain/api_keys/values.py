"""Lifetimes of sessions and tokens. Source: contract/identity.md 2.4 and 2.5."""

from __future__ import annotations

from datetime import timedelta

SESSION_LIFETIME = timedelta(hours=24)
DEFAULT_TOKEN_LIFETIME = timedelta(days=7)
MAX_TOKEN_LIFETIME = timedelta(hours=876_600)
#: Tokens of site owners live no longer than this, whatever the general maximum.
MAX_OWNER_TOKEN_LIFETIME = timedelta(days=7)

#: A use is written down, and a session slides, at most this often.
ACTIVITY_INTERVAL = timedelta(hours=1)

TOKEN = "token"
SESSION = "password"


def max_token_lifetime(is_owner: bool) -> timedelta:
    """The longest lifetime that a token of such a user may have."""
    return MAX_OWNER_TOKEN_LIFETIME if is_owner else MAX_TOKEN_LIFETIME
