"""States of organizations and groups survive being stored: long streams are folded from there."""

from __future__ import annotations

from domain.groups.events import GroupCreated, GroupMembersChanged
from domain.groups.state import GROUP, Group
from domain.organizations.events import CustomRoleCreated, MemberAdded, OrganizationCreated, WorkspaceSharingSet
from domain.organizations.state import ORGANIZATION, Organization
from service.store import state_codec
from tests.support.spec import ALICE, BOB, given

CREATE = {"negate": False, "resource_type": "workspace", "action": "create"}


def test_an_organization_comes_back_as_it_was() -> None:
    state = given(
        ORGANIZATION,
        OrganizationCreated("acme", "Acme", "", ""),
        MemberAdded(ALICE, ["helper"]),
        MemberAdded(BOB, []),
        CustomRoleCreated("helper", "Helper", [CREATE]),
        WorkspaceSharingSet("none"),
    ).state
    assert state_codec.decode(Organization, state_codec.encode(state)) == state


def test_a_group_comes_back_as_it_was() -> None:
    state = given(GROUP, GroupCreated(ALICE, "devs", "", "", 1), GroupMembersChanged(ALICE, [BOB], [])).state
    assert state_codec.decode(Group, state_codec.encode(state)) == state
