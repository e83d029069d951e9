"""The people of the role matrix, in two organizations (contract/authorization.md 13)."""

from __future__ import annotations

from collections.abc import Iterable

from domain.roles.builtin import DEFAULT_OPTIONS, DEFAULT_ORG_MEMBER_ROLES, DeploymentOptions, ShareableOwners
from domain.roles.permissions import Permission
from domain.roles.policy import OrgMembership, Subject, compile_subject
from domain.roles.role import Role

ME = "11111111-1111-4111-8111-111111111111"
ANOTHER = "22222222-2222-4222-8222-222222222222"
ORG = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
OTHER_ORG = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
NOWHERE = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
THING = "33333333-3333-4333-8333-333333333333"
GROUP = "44444444-4444-4444-8444-444444444444"

ROLES: dict[str, tuple[list[str], list[str]]] = {
    "owner": (["owner"], []),
    "user-admin": (["user-admin"], []),
    "template-admin": (["template-admin"], []),
    "auditor": (["auditor"], []),
    "member": ([], []),
    "org-admin": ([], ["organization-admin"]),
    "org-template-admin": ([], ["organization-template-admin"]),
    "org-user-admin": ([], ["organization-user-admin"]),
    "org-auditor": ([], ["organization-auditor"]),
    "ban": ([], ["organization-workspace-creation-ban"]),
    "org-admin+ban": ([], ["organization-admin", "organization-workspace-creation-ban"]),
    "owner+ban": (["owner"], ["organization-workspace-creation-ban"]),
    "agents": ([], ["agents-access"]),
}


def membership(
    *roles: str,
    sharing: ShareableOwners = ShareableOwners.EVERYONE,
    is_service_account: bool = False,
    default_roles: Iterable[str] = DEFAULT_ORG_MEMBER_ROLES,
) -> OrgMembership:
    return OrgMembership(roles, sharing, is_service_account, tuple(default_roles))


def subject(name: str, *, options: DeploymentOptions = DEFAULT_OPTIONS) -> Subject:
    """`member` and so on of `ORG`; `outsider` belongs to no organization; a trailing `@other` means the role in the other one."""
    if name == "outsider":
        return compile_subject(ME, [], {}, options=options)
    name, _, where = name.partition("@")
    site, roles = ROLES[name]
    organization_id = OTHER_ORG if where else ORG
    return compile_subject(ME, site, {organization_id: membership(*roles)}, options=options)


def with_custom(*permissions: Permission, roles: Iterable[str] = (), organization_id: str = ORG) -> Subject:
    """A member of the organization whose only extra is a custom role with these organization permissions."""
    custom = {(organization_id, "extra"): Role("extra", organization=permissions)}
    return compile_subject(ME, [], {organization_id: membership("extra", *roles)}, custom_roles=custom)
