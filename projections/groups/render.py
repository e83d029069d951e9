"""Groups as the API's documents (contract/identity.md 8; key order of contract/schemas.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from projections.users.render import UserRow, reduced_user


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group, the implicit one included; `total_member_count` counts everybody in it, whoever asks."""

    id: str
    organization_id: str
    name: str
    display_name: str
    avatar_url: str
    quota_allowance: int
    source: str
    organization_name: str
    organization_display_name: str
    total_member_count: int

    @property
    def is_everyone(self) -> bool:
        """Whether all members of the organization are in it, whatever anybody does."""
        return self.id == self.organization_id


def group_document(row: GroupRow, members: Sequence[UserRow]) -> dict[str, Any]:
    """The schema `Group`; `members` are those whom the caller may see."""
    return {
        "id": row.id,
        "name": row.name,
        "display_name": row.display_name,
        "organization_id": row.organization_id,
        "members": [reduced_user(member) for member in members],
        "total_member_count": row.total_member_count,
        "avatar_url": row.avatar_url,
        "quota_allowance": row.quota_allowance,
        "source": row.source,
        "organization_name": row.organization_name,
        "organization_display_name": row.organization_display_name,
    }
