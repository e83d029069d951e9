"""The roles that every deployment has, and those that membership implies.

Tables only: nothing here decides. Source: contract/authorization.md 7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from domain.roles.permissions import Permission, Resource, deny, grant, grant_all, grant_read, grant_wildcard
from domain.roles.role import Role


class SiteRole(StrEnum):
    """Roles held in the whole deployment. `MEMBER` is implied for everybody, whether it is stored or not."""

    OWNER = "owner"
    MEMBER = "member"
    AUDITOR = "auditor"
    TEMPLATE_ADMIN = "template-admin"
    USER_ADMIN = "user-admin"


class OrganizationRole(StrEnum):
    """Roles held in one organization. `MEMBER` and `SERVICE_ACCOUNT` are implied by membership and never assigned."""

    ADMIN = "organization-admin"
    AUDITOR = "organization-auditor"
    USER_ADMIN = "organization-user-admin"
    TEMPLATE_ADMIN = "organization-template-admin"
    WORKSPACE_CREATION_BAN = "organization-workspace-creation-ban"
    WORKSPACE_ACCESS = "organization-workspace-access"
    AGENTS_ACCESS = "agents-access"
    MEMBER = "organization-member"
    SERVICE_ACCOUNT = "organization-service-account"


#: Roles that membership implies: in no listing, and to custom roles not reserved but taken (contract/authorization.md 9).
SYSTEM_ROLES = frozenset({OrganizationRole.MEMBER.value, OrganizationRole.SERVICE_ACCOUNT.value})

#: The built-in roles that `GET /users/roles` and `GET /organizations/{organization}/members/roles` list, in order.
LISTED_SITE_ROLES: tuple[SiteRole, ...] = tuple(role for role in SiteRole if role is not SiteRole.MEMBER)
LISTED_ORGANIZATION_ROLES: tuple[OrganizationRole, ...] = tuple(role for role in OrganizationRole if role.value not in SYSTEM_ROLES)

#: What a new organization gives every member beyond the implied role (contract/authorization.md 7.3).
DEFAULT_ORG_MEMBER_ROLES: tuple[str, ...] = (OrganizationRole.WORKSPACE_ACCESS.value,)

#: Names that no custom role may take (contract/authorization.md 9).
RESERVED_NAMES: frozenset[str] = frozenset(role.value for role in SiteRole) | frozenset(role.value for role in LISTED_ORGANIZATION_ROLES)


class ShareableOwners(StrEnum):
    """Whose workspaces may be shared in an organization: its setting `shareable_workspace_owners`."""

    EVERYONE = "everyone"
    NONE = "none"
    SERVICE_ACCOUNTS = "service_accounts"


@dataclass(frozen=True, slots=True)
class DeploymentOptions:
    """Switches of the whole deployment that change what built-in roles give.

    `minimal_implicit_member` is the `minimum-implicit-member` experiment: membership alone gives no workspaces.
    """

    disable_owner_exec: bool = False
    disable_sharing: bool = False
    minimal_implicit_member: bool = False


DEFAULT_OPTIONS = DeploymentOptions()

_DORMANT = grant(Resource.WORKSPACE_DORMANT, "read create update delete stop create_agent delete_agent update_agent")
_PREBUILT = grant(Resource.PREBUILT_WORKSPACE, "update delete")
_ORGANIZATION_READS = grant_read(Resource.ORGANIZATION, Resource.ORGANIZATION_MEMBER, Resource.GROUP, Resource.GROUP_MEMBER)
_EXEC = ("ssh", "application_connect")


def _workspace_without_exec() -> tuple[Permission, ...]:
    return tuple(p for p in grant_all(Resource.WORKSPACE) if p.action not in _EXEC)


def _owner(options: DeploymentOptions) -> Role:
    everything = grant_wildcard(
        but=(
            Resource.WORKSPACE,
            Resource.WORKSPACE_DORMANT,
            Resource.PREBUILT_WORKSPACE,
            Resource.USER_SECRET,
            Resource.USER_SKILL,
            Resource.USAGE_EVENT,
            Resource.BOUNDARY_USAGE,
            Resource.BOUNDARY_LOG,
            Resource.AI_SEAT,
        )
    )
    workspaces = _workspace_without_exec() if options.disable_owner_exec else grant_all(Resource.WORKSPACE)
    rest = grant(Resource.USER_SKILL, "read delete") + grant_read(Resource.BOUNDARY_LOG)
    return Role(SiteRole.OWNER.value, "Owner", site=everything + workspaces + _DORMANT + _PREBUILT + rest)


def _member(options: DeploymentOptions) -> Role:
    site = grant_read(Resource.ASSIGN_ROLE, Resource.OAUTH2_APP, Resource.WORKSPACE_PROXY)
    if options.disable_sharing:
        site += deny(Resource.WORKSPACE, "share") + deny(Resource.CHAT, "share")
    own = grant_wildcard(
        but=(
            Resource.WORKSPACE,
            Resource.WORKSPACE_DORMANT,
            Resource.PREBUILT_WORKSPACE,
            Resource.USER,
            Resource.ORGANIZATION_MEMBER,
            Resource.CHAT,
            Resource.BOUNDARY_USAGE,
            Resource.BOUNDARY_LOG,
            Resource.AIBRIDGE_INTERCEPTION,
            Resource.AI_SEAT,
        )
    )
    own += grant(Resource.USER, "read read_personal update_personal")
    own += grant(Resource.AIBRIDGE_INTERCEPTION, "create update") + grant(Resource.BOUNDARY_LOG, "create")
    return Role(SiteRole.MEMBER.value, "Member", site=site, user=own)


def _auditor(_: DeploymentOptions) -> Role:
    site = _ORGANIZATION_READS + grant(Resource.TEMPLATE, "read view_insights")
    site += grant_read(
        Resource.ASSIGN_ORG_ROLE,
        Resource.AUDIT_LOG,
        Resource.CONNECTION_LOG,
        Resource.USER,
        Resource.DEPLOYMENT_STATS,
        Resource.DEPLOYMENT_CONFIG,
        Resource.AIBRIDGE_INTERCEPTION,
        Resource.BOUNDARY_LOG,
    )
    return Role(SiteRole.AUDITOR.value, "Auditor", site=site)


def _template_admin(_: DeploymentOptions) -> Role:
    site = grant_all(Resource.TEMPLATE, Resource.FILE, Resource.PROVISIONER_DAEMON)
    site += grant_read(Resource.WORKSPACE, Resource.WORKSPACE_DORMANT, Resource.ASSIGN_ORG_ROLE, Resource.USER)
    return Role(SiteRole.TEMPLATE_ADMIN.value, "Template Admin", site=site + _PREBUILT + _ORGANIZATION_READS)


def _user_admin(_: DeploymentOptions) -> Role:
    site = grant(Resource.ASSIGN_ROLE, "assign unassign read") + grant(Resource.ASSIGN_ORG_ROLE, "assign unassign read")
    site += grant_all(Resource.USER, Resource.GROUP, Resource.ORGANIZATION_MEMBER, Resource.IDPSYNC_SETTINGS)
    return Role(SiteRole.USER_ADMIN.value, "User Admin", site=site + grant_read(Resource.GROUP_MEMBER, Resource.ORGANIZATION))


_SITE: Mapping[str, Callable[[DeploymentOptions], Role]] = MappingProxyType(
    {
        SiteRole.OWNER.value: _owner,
        SiteRole.MEMBER.value: _member,
        SiteRole.AUDITOR.value: _auditor,
        SiteRole.TEMPLATE_ADMIN.value: _template_admin,
        SiteRole.USER_ADMIN.value: _user_admin,
    }
)


def _organization_admin() -> Role:
    everything = grant_wildcard(
        but=(
            Resource.WORKSPACE,
            Resource.WORKSPACE_DORMANT,
            Resource.PREBUILT_WORKSPACE,
            Resource.ASSIGN_ROLE,
            Resource.USER_SECRET,
            Resource.BOUNDARY_USAGE,
            Resource.BOUNDARY_LOG,
            Resource.AI_SEAT,
        )
    )
    return Role(
        OrganizationRole.ADMIN.value,
        "Organization Admin",
        site=grant_read(Resource.USER),
        organization=everything + _workspace_without_exec() + _DORMANT + _PREBUILT,
    )


def _organization_user_admin() -> Role:
    organization = grant(Resource.ASSIGN_ORG_ROLE, "assign unassign read") + grant_read(Resource.ORGANIZATION, Resource.GROUP_MEMBER)
    organization += grant_all(Resource.ORGANIZATION_MEMBER, Resource.GROUP, Resource.IDPSYNC_SETTINGS)
    site = grant_read(Resource.USER)
    return Role(OrganizationRole.USER_ADMIN.value, "Organization User Admin", site=site, organization=organization)


def _organization_auditor() -> Role:
    organization = _ORGANIZATION_READS + grant_read(Resource.AUDIT_LOG, Resource.CONNECTION_LOG)
    organization += grant(Resource.TEMPLATE, "read view_insights")
    return Role(OrganizationRole.AUDITOR.value, "Organization Auditor", organization=organization)


def _organization_template_admin() -> Role:
    organization = grant_all(Resource.TEMPLATE, Resource.FILE, Resource.PROVISIONER_DAEMON, Resource.PROVISIONER_JOBS)
    organization += grant_read(Resource.WORKSPACE, Resource.WORKSPACE_DORMANT) + _PREBUILT + _ORGANIZATION_READS
    return Role(OrganizationRole.TEMPLATE_ADMIN.value, "Organization Template Admin", organization=organization)


#: What a member may do with their own workspaces, the "elevation" of contract/authorization.md 7.3.
_ELEVATION = grant_all(Resource.WORKSPACE, Resource.FILE, Resource.TASK) + _DORMANT + grant(Resource.PROVISIONER_DAEMON, "create read")

_FLOOR = (
    grant_read(Resource.ORGANIZATION_MEMBER, Resource.GROUP_MEMBER)
    + grant(Resource.AIBRIDGE_INTERCEPTION, "create update")
    + grant(Resource.NOTIFICATION_MESSAGE, "read update")
    + grant_all(Resource.API_KEY, Resource.NOTIFICATION_PREFERENCE, Resource.INBOX_NOTIFICATION)
)

_CREATION_BAN = deny(Resource.WORKSPACE, "create delete create_agent delete_agent")
_AGENTS = grant(Resource.CHAT, "create read update share")

_ORGANIZATION: Mapping[str, Role] = MappingProxyType(
    {
        role.name: role
        for role in (
            _organization_admin(),
            _organization_auditor(),
            _organization_user_admin(),
            _organization_template_admin(),
            Role(OrganizationRole.WORKSPACE_CREATION_BAN.value, "Organization Workspace Creation Ban", organization=_CREATION_BAN),
            Role(OrganizationRole.WORKSPACE_ACCESS.value, "Organization Workspace Access", member=_ELEVATION),
            Role(OrganizationRole.AGENTS_ACCESS.value, "Coder Agents User", member=_AGENTS),
        )
    }
)


@cache
def site_role(name: str, options: DeploymentOptions = DEFAULT_OPTIONS) -> Role | None:
    """The built-in site role `name`, `member` included, or None."""
    build = _SITE.get(name)
    return build(options) if build else None


def organization_role(name: str) -> Role | None:
    """The built-in organization role `name` that can be given to members, or None; the implied two are not among them."""
    return _ORGANIZATION.get(name)


@cache
def implied_organization_role(sharing: ShareableOwners, *, is_service_account: bool, options: DeploymentOptions = DEFAULT_OPTIONS) -> Role:
    """What membership itself gives a person or a service account (contract/authorization.md 7.3)."""
    organization = grant_read(Resource.PROVISIONER_DAEMON, Resource.ORGANIZATION, Resource.ASSIGN_ORG_ROLE)
    if sharing is not ShareableOwners.NONE:
        organization += grant_read(Resource.ORGANIZATION_MEMBER)
    if sharing is ShareableOwners.EVERYONE or (is_service_account and sharing is ShareableOwners.SERVICE_ACCOUNTS):
        organization += grant_read(Resource.GROUP)
    if sharing is ShareableOwners.NONE:
        organization += deny(Resource.WORKSPACE, "share")
    member = _FLOOR if options.minimal_implicit_member else _FLOOR + _ELEVATION
    if sharing is not ShareableOwners.EVERYONE and not is_service_account:
        member += deny(Resource.WORKSPACE, "share")
    name = OrganizationRole.SERVICE_ACCOUNT if is_service_account else OrganizationRole.MEMBER
    return Role(name.value, organization=organization, member=member)


def display_name(name: str) -> str:
    """How the built-in role `name` is shown to people; "" for the implied organization roles and unknown names."""
    role = site_role(name) or organization_role(name)
    return role.display_name if role else ""
