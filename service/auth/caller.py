"""Who calls: the person behind a valid key, with what they may do, as of now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.roles.policy import Subject


@dataclass(frozen=True, slots=True)
class Caller:
    """`subject` holds roles, groups and the key's scopes, compiled; it is replaced when any of these change.

    `organization_ids` are the organizations the person is a member of; times are UTC.
    """

    user_id: str
    username: str
    key_id: str
    login_type: str
    subject: Subject
    organization_ids: frozenset[str]
    site_roles: frozenset[str]
    expires_at: datetime
