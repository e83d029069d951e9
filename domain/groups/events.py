"""What happens to a group of members."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.events import Event, event


@event("GroupCreated", category="group")
@dataclass(frozen=True, slots=True)
class GroupCreated(Event):
    """`source` is user or oidc."""

    organization_id: str
    name: str
    display_name: str
    avatar_url: str
    quota_allowance: int
    source: str = "user"


@event("GroupUpdated", category="group")
@dataclass(frozen=True, slots=True)
class GroupUpdated(Event):
    """All settings as they are from now on."""

    organization_id: str
    name: str
    display_name: str
    avatar_url: str
    quota_allowance: int


@event("GroupMembersChanged", category="group")
@dataclass(frozen=True, slots=True)
class GroupMembersChanged(Event):
    """Users who came and went."""

    organization_id: str
    added: list[str]
    removed: list[str]


@event("GroupDeleted", category="group")
@dataclass(frozen=True, slots=True)
class GroupDeleted(Event):
    """Its name is free; access it gave is gone."""

    organization_id: str
