"""What can be asked of an organization. Ids are UUID text; permission to ask is checked by the decision from `subject`.

`subject=None` is the service itself (setting up the deployment), which may do everything.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.roles.custom import CustomRoleDefinition
from domain.roles.policy import Subject


@dataclass(frozen=True, slots=True)
class CreateOrganization:
    """`id` is drawn by the caller; `founder_id` becomes the first member, without stored roles."""

    id: str
    name: str
    display_name: str
    description: str
    icon: str
    founder_id: str
    subject: Subject | None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class UpdateOrganization:
    """None (and an empty name or display name) leaves a setting as it is."""

    organization_id: str
    name: str
    display_name: str
    description: str | None
    icon: str | None
    default_org_member_roles: tuple[str, ...] | None
    subject: Subject


@dataclass(frozen=True, slots=True)
class DeleteOrganization:
    """Only an empty one, and never the default one."""

    organization_id: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class AddMember:
    """`user_id` joins without stored roles."""

    organization_id: str
    user_id: str
    subject: Subject | None


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """`user_id` leaves, and with the organization all of its groups."""

    organization_id: str
    user_id: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class SetMemberRoles:
    """The stored roles of a member are exactly these from now on."""

    organization_id: str
    user_id: str
    roles: tuple[str, ...]
    subject: Subject


@dataclass(frozen=True, slots=True)
class CreateCustomRole:
    """A new role of the organization's own."""

    organization_id: str
    definition: CustomRoleDefinition
    subject: Subject


@dataclass(frozen=True, slots=True)
class UpdateCustomRole:
    """The role of that name is like this from now on."""

    organization_id: str
    definition: CustomRoleDefinition
    subject: Subject


@dataclass(frozen=True, slots=True)
class DeleteCustomRole:
    """The role is gone, and every member who held it loses it."""

    organization_id: str
    name: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class SetWorkspaceSharing:
    """Whose workspaces may be shared from now on: `everyone`, `none` or `service_accounts`.

    At most `withdrawn_at_once` access lists that this forbids are cleared in the same append.
    """

    organization_id: str
    shareable_workspace_owners: str
    subject: Subject
    withdrawn_at_once: int = 100


@dataclass(frozen=True, slots=True)
class UpdateEveryoneGroup:
    """Picture and quota of the implicit group; None leaves them as they are."""

    organization_id: str
    avatar_url: str | None
    quota_allowance: int | None
    subject: Subject
