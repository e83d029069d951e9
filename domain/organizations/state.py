"""What an organization is, as far as decisions need to know, folded from its stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.kernel.decider import Decider
from domain.kernel.events import Recorded
from domain.organizations.events import (
    CustomRoleCreated,
    CustomRoleDeleted,
    CustomRoleUpdated,
    EveryoneGroupUpdated,
    MemberAdded,
    MemberRemoved,
    MemberRolesSet,
    OrganizationCreated,
    OrganizationDeleted,
    OrganizationUpdated,
    WorkspaceSharingSet,
)
from domain.organizations.roster import EMPTY_ROSTER, Member, Roster
from domain.organizations.values import DEFAULT_MEMBER_ROLES, DEFAULT_SHAREABLE_OWNERS


@dataclass(frozen=True, slots=True)
class CustomRole:
    """A role that the organization defined; `permissions` as the event holds them."""

    display_name: str
    permissions: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """What `PATCH /organizations/{organization}` changes."""

    name: str = ""
    display_name: str = ""
    description: str = ""
    icon: str = ""
    default_org_member_roles: tuple[str, ...] = DEFAULT_MEMBER_ROLES


@dataclass(frozen=True, slots=True)
class Everyone:
    """The implicit group of all members."""

    avatar_url: str = ""
    quota_allowance: int = 0


@dataclass(frozen=True, slots=True)
class Organization:
    """`is_live` is true from creation to deletion. Custom roles by name."""

    id: str = ""
    is_live: bool = False
    is_default: bool = False
    settings: Settings = Settings()
    shareable_workspace_owners: str = DEFAULT_SHAREABLE_OWNERS
    everyone: Everyone = Everyone()
    members: Roster = EMPTY_ROSTER
    custom_roles: Mapping[str, CustomRole] = field(default_factory=dict)


def evolve(state: Organization, recorded: Recorded) -> Organization:
    """Fold one event of an organization's stream."""
    match recorded.event:
        case MemberAdded(user_id=user_id, roles=roles):
            return replace(state, members=state.members.with_member(user_id, Member(tuple(roles), recorded.position)))
        case MemberRolesSet(user_id=user_id, roles=roles):
            return _with_roles(state, user_id, tuple(roles))
        case MemberRemoved(user_id=user_id):
            return replace(state, members=state.members.without(user_id))
        case CustomRoleCreated() | CustomRoleUpdated() as role:
            held = CustomRole(role.display_name, tuple(role.permissions))
            return replace(state, custom_roles={**state.custom_roles, role.name: held})
        case CustomRoleDeleted(name=name):
            return _without_custom_role(state, name)
        case WorkspaceSharingSet(shareable_workspace_owners=owners):
            return replace(state, shareable_workspace_owners=owners)
        case EveryoneGroupUpdated(avatar_url=avatar_url, quota_allowance=quota):
            return replace(state, everyone=Everyone(avatar_url, quota))
        case OrganizationUpdated() as e:
            return replace(state, settings=Settings(e.name, e.display_name, e.description, e.icon, tuple(e.default_org_member_roles)))
        case OrganizationCreated() as e:
            settings = Settings(e.name, e.display_name, e.description, e.icon)
            return Organization(recorded.stream.id, True, e.is_default, settings)
        case OrganizationDeleted():
            return replace(state, is_live=False, members=EMPTY_ROSTER)
    return state


def _with_roles(state: Organization, user_id: str, roles: tuple[str, ...]) -> Organization:
    member = state.members.get(user_id)
    if member is None:
        return state
    return replace(state, members=state.members.with_member(user_id, replace(member, roles=roles)))


def _without_custom_role(state: Organization, name: str) -> Organization:
    def lose(member: Member) -> Member:
        return member if name not in member.roles else replace(member, roles=tuple(r for r in member.roles if r != name))

    roles = {n: role for n, role in state.custom_roles.items() if n != name}
    return replace(state, custom_roles=roles, members=state.members.mapped(lose))


ORGANIZATION: Decider[Organization] = Decider("organization", Organization(), evolve)
