"""The built-in roles as a list: names, what is shown, what is implied (contract/authorization.md 7)."""

from __future__ import annotations

import pytest

from domain.roles.builtin import (
    DEFAULT_ORG_MEMBER_ROLES,
    LISTED_ORGANIZATION_ROLES,
    LISTED_SITE_ROLES,
    RESERVED_NAMES,
    SYSTEM_ROLES,
    DeploymentOptions,
    OrganizationRole,
    ShareableOwners,
    SiteRole,
    display_name,
    implied_organization_role,
    organization_role,
    site_role,
)
from domain.roles.permissions import WILDCARD, Permission


def test_listings_leave_out_what_everybody_has() -> None:
    assert {role.value for role in LISTED_SITE_ROLES} == {"owner", "auditor", "template-admin", "user-admin"}
    assert {role.value for role in LISTED_ORGANIZATION_ROLES} == {
        "organization-admin",
        "organization-auditor",
        "organization-user-admin",
        "organization-template-admin",
        "organization-workspace-creation-ban",
        "organization-workspace-access",
        "agents-access",
    }


def test_every_listed_role_exists_and_is_shown_by_a_name_of_its_own() -> None:
    names = [role.value for role in (*LISTED_SITE_ROLES, *LISTED_ORGANIZATION_ROLES)]
    assert len({display_name(name) for name in names} - {""}) == len(names)
    assert all(site_role(role.value) for role in SiteRole)
    assert all(organization_role(role.value) for role in LISTED_ORGANIZATION_ROLES)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("owner", "Owner"),
        ("auditor", "Auditor"),
        ("template-admin", "Template Admin"),
        ("user-admin", "User Admin"),
        ("organization-admin", "Organization Admin"),
        ("organization-auditor", "Organization Auditor"),
        ("agents-access", "Coder Agents User"),
        ("organization-member", ""),
        ("organization-service-account", ""),
        ("no-such-role", ""),
    ],
)
def test_display_names(name: str, shown: str) -> None:
    assert display_name(name) == shown


def test_reserved_names_are_all_but_those_of_system_roles() -> None:
    every = {role.value for role in SiteRole} | {role.value for role in OrganizationRole}
    assert every - SYSTEM_ROLES == RESERVED_NAMES
    assert sorted(SYSTEM_ROLES) == ["organization-member", "organization-service-account"]


def test_implied_roles_cannot_be_found_by_name() -> None:
    assert not any(organization_role(name) for name in SYSTEM_ROLES)
    assert DEFAULT_ORG_MEMBER_ROLES == ("organization-workspace-access",)


def test_every_permission_of_a_built_in_role_is_valid() -> None:
    roles = [site_role(role.value) for role in SiteRole] + [organization_role(role.value) for role in LISTED_ORGANIZATION_ROLES]
    for options in (DeploymentOptions(), DeploymentOptions(True, True, True)):
        for sharing in ShareableOwners:
            roles += [implied_organization_role(sharing, is_service_account=is_one, options=options) for is_one in (True, False)]
    for role in roles:
        assert role is not None
        levels = (role.site, role.user, role.organization, role.member)
        assert all(permission.is_valid and permission.resource_type != WILDCARD for level in levels for permission in level)
        assert all(len(set(level)) == len(level) for level in levels)


DENY_SHARE = Permission("workspace", "share", negate=True)


@pytest.mark.parametrize("sharing", list(ShareableOwners))
@pytest.mark.parametrize("is_service_account", [False, True])
def test_the_implied_role_follows_the_sharing_setting(sharing: ShareableOwners, is_service_account: bool) -> None:
    role = implied_organization_role(sharing, is_service_account=is_service_account)
    assert role.name == ("organization-service-account" if is_service_account else "organization-member")
    assert (role.display_name, role.site, role.user) == ("", (), ())
    reads = {p.resource_type for p in role.organization if p.action == "read"}
    wanted = {"provisioner_daemon", "organization", "assign_org_role"}
    if sharing is not ShareableOwners.NONE:
        wanted.add("organization_member")
    if sharing is ShareableOwners.EVERYONE or (is_service_account and sharing is ShareableOwners.SERVICE_ACCOUNTS):
        wanted.add("group")
    assert reads == wanted
    assert (DENY_SHARE in role.organization) is (sharing is ShareableOwners.NONE)
    assert (DENY_SHARE in role.member) is (sharing is not ShareableOwners.EVERYONE and not is_service_account)


def test_the_owner_loses_exec_only_by_option() -> None:
    def actions(options: DeploymentOptions) -> set[str]:
        role = site_role("owner", options)
        assert role is not None
        return {p.action for p in role.site if p.resource_type == "workspace"}

    assert actions(DeploymentOptions()) - actions(DeploymentOptions(disable_owner_exec=True)) == {"ssh", "application_connect"}
