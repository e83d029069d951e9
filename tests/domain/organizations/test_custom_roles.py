"""Roles of an organization's own, and whose workspaces may be shared (contract/authorization.md 9 and 11)."""

from __future__ import annotations

import pytest

from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.organizations.commands import CreateCustomRole, DeleteCustomRole, SetWorkspaceSharing, UpdateCustomRole
from domain.organizations.custom_roles import decide_create_custom_role, decide_delete_custom_role, decide_update_custom_role
from domain.organizations.events import (
    CustomRoleCreated,
    CustomRoleDeleted,
    CustomRoleUpdated,
    OrganizationCreated,
    WorkspaceSharingSet,
)
from domain.organizations.sharing import decide_set_workspace_sharing
from domain.organizations.state import ORGANIZATION
from domain.roles.custom import CustomRoleDefinition
from domain.roles.permissions import Permission
from tests.domain.roles.subjects import ORG, subject
from tests.support.spec import Then, context, given

CREATE = {"negate": False, "resource_type": "workspace", "action": "create"}
FOUNDED = OrganizationCreated("acme", "Acme", "", "")
HELPER = CustomRoleCreated("helper", "Helper", [CREATE])


def definition(name: str = "helper", *permissions: str) -> CustomRoleDefinition:
    split = (p.split(":") for p in permissions)
    return CustomRoleDefinition(name, "Helper", organization_permissions=tuple(Permission(t, a) for t, a in split))


def created(wanted: CustomRoleDefinition, *history: CustomRoleCreated, by: str = "org-admin") -> Then:
    command = CreateCustomRole(ORG, wanted, subject(by))
    return given(ORGANIZATION, FOUNDED, *history, id=ORG).when(lambda s: decide_create_custom_role(command, s, context()))


def updated(wanted: CustomRoleDefinition, by: str = "org-admin") -> Then:
    command = UpdateCustomRole(ORG, wanted, subject(by))
    return given(ORGANIZATION, FOUNDED, HELPER, id=ORG).when(lambda s: decide_update_custom_role(command, s, context()))


def deleted(name: str, by: str = "org-admin") -> Then:
    command = DeleteCustomRole(ORG, name, subject(by))
    return given(ORGANIZATION, FOUNDED, HELPER, id=ORG).when(lambda s: decide_delete_custom_role(command, s, context()))


def shared(owners: str, by: str = "org-admin") -> Then:
    command = SetWorkspaceSharing(ORG, owners, subject(by))
    return given(ORGANIZATION, FOUNDED, id=ORG).when(lambda s: decide_set_workspace_sharing(command, s, context()))


def test_a_definition_becomes_a_role() -> None:
    created(definition("helper", "workspace:create")).then(HELPER)


@pytest.mark.parametrize("by", ["member", "user-admin", "org-user-admin", "template-admin", "org-admin@other"])
def test_who_may_not_define_finds_nothing(by: str) -> None:
    created(definition("helper", "workspace:create"), by=by).then_raises(NotFound)


def test_names_are_unique_whatever_their_case() -> None:
    created(definition("HELPER"), HELPER).then_raises(Invalid, field="name")


def test_nobody_gives_what_they_do_not_have() -> None:
    created(definition("helper", "workspace:ssh")).then_raises(Invalid, message="not allowed to grant this permission")
    created(definition("helper", "workspace:ssh"), by="owner").then(
        CustomRoleCreated("helper", "Helper", [{"negate": False, "resource_type": "workspace", "action": "ssh"}])
    )


def test_a_change_states_the_whole_role() -> None:
    read = {"negate": False, "resource_type": "workspace", "action": "read"}
    updated(definition("helper", "workspace:read", "workspace:fly")).then(CustomRoleUpdated("helper", "Helper", [read]))
    updated(definition("helper", "workspace:create")).then_nothing()
    updated(definition("nobody")).then_raises(NotFound)
    updated(definition("organization-member")).then_raises(NotFound)
    updated(definition("helper"), by="member").then_raises(NotFound)


def test_deleting() -> None:
    deleted("helper").then(CustomRoleDeleted("helper"))
    deleted("nobody").then_raises(NotFound, message="nobody")
    deleted("organization-member").then_raises(NotFound)
    deleted("helper", by="member").then_raises(Forbidden)


def test_sharing_modes() -> None:
    shared("none").then(WorkspaceSharingSet("none"))
    shared("service_accounts", by="owner").then(WorkspaceSharingSet("service_accounts"))
    shared("everyone").then_nothing()
    shared("none", by="member").then_raises(Forbidden)
    shared("none", by="org-user-admin").then_raises(Forbidden)
