"""Who a key belongs to and what they may do, read from the read models in one statement and compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.roles.allow_list import parse_entry
from domain.roles.builtin import ShareableOwners
from domain.roles.permissions import Permission
from domain.roles.policy import OrgMembership, compile_subject
from domain.roles.role import Role
from service.auth.caller import Caller

# Reads api_keys, users, organizations, members, custom_roles and group_members. A revoked key has lost its digest in the very
# transaction of its revocation, so the join refuses it even before the read model has heard of it.
_KEY: LiteralString = """
    SELECT k.id, k.user_id, k.login_type, k.scopes, k.allow_list, k.expires_at, k.last_used_at, k.lifetime_seconds, d.digest,
      u.username, u.status, u.roles, u.is_service_account,
      (
        SELECT coalesce(
          jsonb_agg(jsonb_build_array(m.organization_id, m.roles, o.shareable_workspace_owners, o.default_org_member_roles)), '[]'
        )
        FROM members m
        JOIN organizations o ON o.id = m.organization_id AND NOT o.deleted
        WHERE m.user_id = u.id
      ),
      (SELECT coalesce(jsonb_agg(g.group_id), '[]') FROM group_members g WHERE g.user_id = u.id),
      (
        SELECT coalesce(jsonb_agg(jsonb_build_array(c.organization_id, c.name, c.display_name, c.permissions)), '[]')
        FROM members m
        JOIN custom_roles c ON c.organization_id = m.organization_id AND m.roles ? c.name
        WHERE m.user_id = u.id
      )
    FROM api_keys k
    JOIN api_key_digests d ON d.key_id = k.id
    JOIN users u ON u.id = k.user_id AND NOT u.deleted
    WHERE k.id = %s
"""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that exists: the digest of its secret, its caller, and what bookkeeping needs. Times are UTC; `last_used_at` may be None."""

    digest: bytes
    caller: Caller
    status: str
    last_used_at: datetime | None
    lifetime_seconds: int


async def load_key(connection: AsyncConnection[Any], key_id: str) -> KnownKey | None:
    """The key with this public id, with its owner's rights as of now, or None."""
    cursor = await connection.execute(_KEY, (key_id,), prepare=True)
    row = await cursor.fetchone()
    if row is None:
        return None
    user_id, login_type, scopes, allow_list, expires_at, last_used_at, lifetime_seconds, digest = row[1:9]
    username, status, roles, is_service_account, memberships, groups, custom_roles = row[9:]
    organizations = {
        organization_id: OrgMembership(tuple(stored), ShareableOwners(sharing), is_service_account, tuple(default_roles))
        for organization_id, stored, sharing, default_roles in memberships
    }
    subject = compile_subject(
        user_id,
        roles,
        organizations,
        groups=groups,
        scopes=scopes,
        allow_list=[parse_entry(entry) for entry in allow_list],
        custom_roles=_custom_roles(custom_roles),
    )
    caller = Caller(user_id, username, key_id, login_type, subject, frozenset(organizations), frozenset(roles), expires_at)
    return KnownKey(bytes(digest), caller, status, last_used_at, lifetime_seconds)


def _custom_roles(rows: Sequence[tuple[str, str, str, Sequence[Mapping[str, Any]]]]) -> dict[tuple[str, str], Role]:
    return {
        (organization_id, name): Role(
            name, display_name, organization=tuple(Permission(p["resource_type"], p["action"], bool(p.get("negate"))) for p in permissions)
        )
        for organization_id, name, display_name, permissions in rows
    }
