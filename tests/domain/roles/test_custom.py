"""Defining custom roles: the checks in their order (contract/authorization.md 9)."""

from __future__ import annotations

import pytest

from domain.kernel.errors import Invalid, NotFound
from domain.roles.custom import CustomRoleDefinition, check_deletable, created_role, may_grant, updated_role
from domain.roles.permissions import Permission
from domain.roles.role import Role
from tests.domain.roles.subjects import ORG, OTHER_ORG, subject, with_custom

READ = Permission("workspace", "read")
CREATE = Permission("workspace", "create")
SSH = Permission("workspace", "ssh")


def anything(_: Permission) -> bool:
    return True


def definition(*permissions: Permission, name: str = "creator") -> CustomRoleDefinition:
    return CustomRoleDefinition(name, "The creators", organization_permissions=permissions)


def test_a_definition_becomes_a_role_of_the_organization_level() -> None:
    role = created_role(definition(READ, CREATE), [], anything)
    assert role == Role("creator", "The creators", organization=(READ, CREATE))


@pytest.mark.parametrize(
    ("name", "rule"), [("", "required"), ("two words", "username"), ("a_b", "username"), ("x" * 33, "username"), ("new", "username")]
)
def test_the_name_follows_the_name_rule(name: str, rule: str) -> None:
    with pytest.raises(Invalid) as refusal:
        created_role(definition(name=name), [], anything)
    assert refusal.value.message == "Validation failed."
    assert [(v.field, v.detail) for v in refusal.value.validations] == [
        ("name", f'Validation failed for tag "{rule}" with value: "{name}"')
    ]


@pytest.mark.parametrize(
    "name", ["owner", "member", "auditor", "organization-admin", "organization-workspace-creation-ban", "agents-access"]
)
def test_built_in_names_are_reserved(name: str) -> None:
    with pytest.raises(Invalid, match=r"^Reserved role name$"):
        created_role(definition(name=name), [], anything)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (CustomRoleDefinition("r", site_permissions=(READ,)), "site wide permissions"),
        (CustomRoleDefinition("r", user_permissions=(READ,)), "not allowed to assign user permissions"),
        (
            CustomRoleDefinition("r", organization_member_permissions=(READ,)),
            "not allowed to assign organization member permissions for an organization role",
        ),
        (definition(Permission("spaceship", "read")), "Failed to update role permissions"),
        (definition(Permission("workspace", "fly")), "Failed to update role permissions"),
        (definition(Permission("workspace", "*")), "Failed to update role permissions"),
        (definition(Permission("*", "read")), "Failed to update role permissions"),
        (definition(Permission("*", "*")), "Failed to update role permissions"),
        (definition(READ, Permission("workspace", "read", negate=True)), "Failed to update role permissions"),
    ],
)
def test_permissions_that_no_custom_role_may_hold(given: CustomRoleDefinition, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        created_role(given, [], anything)


def test_checks_come_in_order() -> None:
    everything_wrong = CustomRoleDefinition("owner", "", (READ,), (READ,), (Permission("x", "y"),), (READ,))
    steps = ["Reserved", "site wide", "user permissions", "organization member", "Failed to update"]
    fixes: list[dict[str, object]] = [
        {"name": "r"},
        {"site_permissions": ()},
        {"user_permissions": ()},
        {"organization_member_permissions": ()},
    ]
    given = everything_wrong
    for step, message in enumerate(steps):
        with pytest.raises(Invalid, match=message):
            created_role(given, ["r"], lambda _: False)
        if step < len(fixes):
            fields = {name: getattr(given, name) for name in CustomRoleDefinition.__slots__}
            given = CustomRoleDefinition(**(fields | fixes[step]))


@pytest.mark.parametrize("taken", ["creator", "Creator", "CREATOR"])
def test_names_are_unique_whatever_their_case(taken: str) -> None:
    with pytest.raises(Invalid) as refusal:
        created_role(definition(READ), [taken], anything)
    assert [v.field for v in refusal.value.validations] == ["name"]


@pytest.mark.parametrize("name", ["organization-member", "Organization-Member", "organization-service-account"])
def test_hidden_roles_hold_their_names(name: str) -> None:
    with pytest.raises(Invalid, match="already exists"):
        created_role(definition(READ, name=name), [], anything)
    with pytest.raises(NotFound):
        updated_role(definition(READ, name="organization-member"), ["organization-member"], anything)


# ---- escalation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("maker", "permission", "granted"),
    [
        ("owner", SSH, True),
        ("org-admin", CREATE, True),
        ("org-admin", SSH, False),
        ("org-admin@other", CREATE, False),
        ("org-admin+ban", CREATE, False),
        ("member", READ, False),
        ("member", Permission("organization", "read"), True),
        ("template-admin", READ, True),
        ("owner", Permission("user_secret", "read"), False),
    ],
)
def test_nobody_grants_what_they_do_not_hold_for_everybody(maker: str, permission: Permission, granted: bool) -> None:
    grantable = may_grant(subject(maker), ORG)
    assert grantable(permission) is granted
    if not granted:
        with pytest.raises(Invalid) as refusal:
            created_role(definition(permission), [], grantable)
        assert refusal.value.message == "Failed to update role permissions"
        assert refusal.value.detail.endswith("not allowed to grant this permission")


def test_a_custom_role_can_be_handed_on_within_its_organization() -> None:
    assert may_grant(with_custom(CREATE), ORG)(CREATE)
    assert not may_grant(with_custom(CREATE), OTHER_ORG)(CREATE)


# ---- changing and deleting --------------------------------------------------------------------------------------------


def test_an_update_drops_what_the_table_does_not_know() -> None:
    given = definition(READ, Permission("workspace", "fly"), Permission("spaceship", "read"))
    assert updated_role(given, ["creator"], anything).organization == (READ,)
    assert updated_role(definition(), ["creator"], anything).organization == ()


def test_an_update_is_checked_like_a_new_role() -> None:
    with pytest.raises(Invalid, match="Failed to update"):
        updated_role(definition(Permission("workspace", "*")), ["creator"], anything)
    with pytest.raises(Invalid, match="site wide"):
        updated_role(CustomRoleDefinition("creator", site_permissions=(READ,)), ["creator"], anything)


def test_unknown_roles_are_not_found() -> None:
    with pytest.raises(NotFound):
        updated_role(definition(READ), ["another"], anything)
    with pytest.raises(NotFound, match="creator"):
        check_deletable("creator", ["another"])
    with pytest.raises(NotFound, match="organization-member"):
        check_deletable("organization-member", ["organization-member"])
    check_deletable("creator", ["another", "creator"])
