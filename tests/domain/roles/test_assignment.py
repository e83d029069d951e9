"""Giving and taking roles: the permission, the table, the implied roles (contract/authorization.md 8)."""

from __future__ import annotations

import pytest

from domain.kernel.errors import Forbidden, Invalid
from domain.roles.assignment import (
    RoleChange,
    check_default_roles,
    check_organization_roles,
    check_site_roles,
    may_assign_organization_role,
    may_assign_site_role,
    organization_change,
    site_change,
)
from domain.roles.builtin import DEFAULT_ORG_MEMBER_ROLES
from domain.roles.permissions import Permission
from domain.roles.policy import Subject
from tests.domain.roles.subjects import ORG, ROLES, subject, with_custom

SITE = ["owner", "auditor", "member", "template-admin", "user-admin"]
FOR_MEMBERS = ["organization-member", "organization-workspace-access", "agents-access"]
POWERFUL = [
    "organization-admin",
    "organization-auditor",
    "organization-user-admin",
    "organization-template-admin",
    "organization-workspace-creation-ban",
    "some-custom-role",
]


@pytest.mark.parametrize(
    ("name", "site", "organization"),
    [
        ("owner", SITE, FOR_MEMBERS + POWERFUL),
        ("owner@other", SITE, FOR_MEMBERS + POWERFUL),
        ("user-admin", ["member"], FOR_MEMBERS),
        ("org-admin", [], FOR_MEMBERS + POWERFUL),
        ("org-admin+ban", [], FOR_MEMBERS + POWERFUL),
        ("org-admin@other", [], []),
        ("org-user-admin", [], FOR_MEMBERS),
        ("org-user-admin@other", [], []),
        ("member", [], []),
        ("auditor", [], []),
        ("template-admin", [], []),
        ("org-template-admin", [], []),
        ("org-auditor", [], []),
        ("outsider", [], []),
    ],
)
def test_the_table(name: str, site: list[str], organization: list[str]) -> None:
    who = subject(name)
    assert [role for role in SITE if may_assign_site_role(who, role)] == site
    assert [role for role in FOR_MEMBERS + POWERFUL if may_assign_organization_role(who, ORG, role)] == organization


@pytest.mark.parametrize("name", list(ROLES))
def test_nobody_makes_service_accounts_by_role(name: str) -> None:
    assert not may_assign_organization_role(subject(name), ORG, "organization-service-account")


def test_the_permission_alone_is_not_enough() -> None:
    holder = with_custom(Permission("assign_org_role", "assign"), Permission("assign_org_role", "unassign"))
    with pytest.raises(Invalid, match="not authorized to assign role"):
        give(holder, [], ["organization-auditor"])


def test_implied_roles_count_as_added_every_time() -> None:
    assert site_change(["auditor"], ["auditor"]) == RoleChange(("member",), ())
    assert site_change(["auditor"], ["owner"]) == RoleChange(("member", "owner"), ("auditor",))
    assert organization_change(["a"], ["b"], DEFAULT_ORG_MEMBER_ROLES) == RoleChange(
        ("b", "organization-member", "organization-workspace-access"), ("a",)
    )
    assert organization_change(["organization-workspace-access"], [], DEFAULT_ORG_MEMBER_ROLES) == RoleChange(("organization-member",), ())


def give(who: Subject, stored: list[str], wanted: list[str], custom: frozenset[str] = frozenset()) -> tuple[str, ...]:
    return check_organization_roles(who, ORG, stored, wanted, default_roles=DEFAULT_ORG_MEMBER_ROLES, custom_roles=custom)


def test_what_is_stored_has_each_role_once() -> None:
    assert check_site_roles(subject("owner"), [], ["auditor", "member", "auditor"]) == ("auditor", "member")
    assert give(subject("org-admin"), [], ["organization-auditor", "organization-member", "organization-auditor"]) == (
        "organization-auditor",
    )
    assert give(subject("org-admin"), [], ["mine"], frozenset({"mine"})) == ("mine",)


@pytest.mark.parametrize("name", ["org-admin", "org-user-admin", "template-admin", "auditor", "member"])
def test_site_roles_need_the_permission(name: str) -> None:
    with pytest.raises(Forbidden):
        check_site_roles(subject(name), [], [])


def test_user_admins_hold_the_permission_but_little_of_the_table() -> None:
    assert check_site_roles(subject("user-admin"), [], []) == ()
    for stored, wanted in (([], ["auditor"]), (["auditor"], [])):
        with pytest.raises(Invalid, match=r'^not authorized to assign role "auditor"$'):
            check_site_roles(subject("user-admin"), stored, wanted)


@pytest.mark.parametrize("name", ["member", "auditor", "template-admin", "org-auditor", "org-template-admin", "org-admin@other"])
def test_organization_roles_need_the_permission(name: str) -> None:
    with pytest.raises(Forbidden):
        give(subject(name), [], [])


@pytest.mark.parametrize("name", ["user-admin", "org-user-admin"])
@pytest.mark.parametrize(("stored", "wanted"), [([], ["organization-auditor"]), (["organization-auditor"], [])])
def test_taking_a_role_away_needs_the_table_as_well(name: str, stored: list[str], wanted: list[str]) -> None:
    with pytest.raises(Invalid, match="organization-auditor"):
        give(subject(name), stored, wanted)


def test_a_removed_role_needs_unassign() -> None:
    giver = with_custom(Permission("assign_org_role", "assign"), roles=["organization-admin"])
    assert give(giver, ["organization-auditor"], []) == ()
    only_assign = with_custom(Permission("assign_org_role", "assign"))
    with pytest.raises(Forbidden):
        give(only_assign, ["organization-auditor"], [])


@pytest.mark.parametrize("name", ["organization-admin", f"organization-admin:{ORG}", "no-such-role", ""])
@pytest.mark.parametrize("who", ["owner", "member"])
def test_unknown_site_roles_come_before_the_permission(who: str, name: str) -> None:
    with pytest.raises(Invalid, match=f'^"{name}" is not a supported role$'):
        check_site_roles(subject(who), [], [name])


@pytest.mark.parametrize("name", ["owner", "no-such-role"])
@pytest.mark.parametrize("who", ["org-admin", "member"])
def test_unknown_organization_roles_come_before_the_permission(who: str, name: str) -> None:
    with pytest.raises(Invalid, match=f'^"{name}:{ORG}" is not a supported role$'):
        give(subject(who), [], [name])


@pytest.mark.parametrize("who", ["owner", "member"])
def test_an_organization_is_never_part_of_the_name(who: str) -> None:
    with pytest.raises(Invalid, match="organization-admin"):
        give(subject(who), [], [f"organization-admin:{ORG}"])


def test_default_roles_are_changed_by_those_who_may_move_the_difference() -> None:
    check_default_roles(subject("org-admin"), ORG, ["organization-workspace-access"], ["organization-auditor"])
    check_default_roles(subject("member"), ORG, ["organization-workspace-access"], ["organization-workspace-access"])
    with pytest.raises(Forbidden):
        check_default_roles(subject("member"), ORG, ["organization-workspace-access"], [])
    with pytest.raises(Invalid, match="organization-auditor"):
        check_default_roles(subject("org-user-admin"), ORG, [], ["organization-auditor"])
