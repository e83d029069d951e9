"""What happens to an organization: its settings, members, their roles, its custom roles."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.events import Event, event


@event("OrganizationCreated", category="organization")
@dataclass(frozen=True, slots=True)
class OrganizationCreated(Event):
    """Its Everyone group has the same id as the organization."""

    name: str
    display_name: str
    description: str
    icon: str
    is_default: bool = False


@event("OrganizationUpdated", category="organization")
@dataclass(frozen=True, slots=True)
class OrganizationUpdated(Event):
    """All settings as they are from now on."""

    name: str
    display_name: str
    description: str
    icon: str
    default_org_member_roles: list[str]


@event("OrganizationDeleted", category="organization")
@dataclass(frozen=True, slots=True)
class OrganizationDeleted(Event):
    """Its name is free."""


@event("MemberAdded", category="organization")
@dataclass(frozen=True, slots=True)
class MemberAdded(Event):
    """`roles` are the stored ones; `organization-member` is implied."""

    user_id: str
    roles: list[str]


@event("MemberRolesSet", category="organization")
@dataclass(frozen=True, slots=True)
class MemberRolesSet(Event):
    """The stored roles from now on."""

    user_id: str
    roles: list[str]


@event("MemberRemoved", category="organization")
@dataclass(frozen=True, slots=True)
class MemberRemoved(Event):
    """Gone from the organization and from all of its groups."""

    user_id: str


@event("CustomRoleCreated", category="organization")
@dataclass(frozen=True, slots=True)
class CustomRoleCreated(Event):
    """`permissions` are `{negate, resource_type, action}` at organization level."""

    name: str
    display_name: str
    permissions: list[dict[str, object]]


@event("CustomRoleUpdated", category="organization")
@dataclass(frozen=True, slots=True)
class CustomRoleUpdated(Event):
    """The whole role as it is from now on."""

    name: str
    display_name: str
    permissions: list[dict[str, object]]


@event("CustomRoleDeleted", category="organization")
@dataclass(frozen=True, slots=True)
class CustomRoleDeleted(Event):
    """Members lose it with this event."""

    name: str


@event("WorkspaceSharingSet", category="organization")
@dataclass(frozen=True, slots=True)
class WorkspaceSharingSet(Event):
    """Who may share: `everyone`, `none` or `service_accounts`."""

    shareable_workspace_owners: str


@event("EveryoneGroupUpdated", category="organization")
@dataclass(frozen=True, slots=True)
class EveryoneGroupUpdated(Event):
    """Picture and quota of the implicit group of all members."""

    avatar_url: str
    quota_allowance: int
