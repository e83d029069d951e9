"""People join, leave and hold roles (contract/identity.md 7, contract/authorization.md 8)."""

from __future__ import annotations

import uuid

import pytest

from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.organizations.commands import AddMember, RemoveMember, SetMemberRoles
from domain.organizations.events import (
    CustomRoleCreated,
    CustomRoleDeleted,
    MemberAdded,
    MemberRemoved,
    MemberRolesSet,
    OrganizationCreated,
)
from domain.organizations.members import decide_add_member, decide_remove_member, decide_set_member_roles
from domain.organizations.roster import EMPTY_ROSTER, Member
from domain.organizations.state import ORGANIZATION
from domain.roles.permissions import Permission
from domain.roles.policy import Subject
from tests.domain.roles.subjects import ANOTHER, ME, ORG, subject, with_custom
from tests.support.spec import Then, context, given

FOUNDED = OrganizationCreated("acme", "Acme", "", "")
JOINED = MemberAdded(ANOTHER, [])
NOBODY = "99999999-9999-4999-8999-999999999999"


def added(*history: MemberAdded | MemberRemoved, by: Subject | None) -> Then:
    command = AddMember(ORG, ANOTHER, by)
    return given(ORGANIZATION, FOUNDED, *history, id=ORG).when(lambda s: decide_add_member(command, s, context()))


def removed(user_id: str = ANOTHER, *, by: str) -> Then:
    command = RemoveMember(ORG, user_id, subject(by))
    return given(ORGANIZATION, FOUNDED, JOINED, id=ORG).when(lambda s: decide_remove_member(command, s, context()))


def given_roles(*roles: str, by: str, user_id: str = ANOTHER, stored: tuple[str, ...] = ()) -> Then:
    history = (FOUNDED, CustomRoleCreated("helper", "Helper", []), MemberAdded(ANOTHER, list(stored)))
    command = SetMemberRoles(ORG, user_id, roles, subject(by))
    return given(ORGANIZATION, *history, id=ORG).when(lambda s: decide_set_member_roles(command, s, context()))


@pytest.mark.parametrize("by", ["owner", "user-admin", "org-admin", "org-user-admin"])
def test_who_may_add(by: str) -> None:
    added(by=subject(by)).then(MemberAdded(ANOTHER, []))


def test_the_service_itself_may_add() -> None:
    added(by=None).then(MemberAdded(ANOTHER, []))


@pytest.mark.parametrize("by", ["member", "template-admin", "org-auditor", "org-admin@other", "outsider"])
def test_who_may_not_add_finds_nobody(by: str) -> None:
    added(by=subject(by)).then_raises(NotFound)


def test_the_permissions_alone_do_not_give_what_membership_implies() -> None:
    holder = with_custom(Permission("assign_org_role", "assign"), Permission("organization_member", "create"))
    added(by=holder).then_raises(Forbidden, message="not authorized to assign role")


def test_a_member_is_not_added_twice_but_comes_back_without_roles() -> None:
    added(JOINED, by=subject("owner")).then_raises(Invalid, message="User is already an organization member")
    added(MemberAdded(ANOTHER, ["organization-admin"]), MemberRemoved(ANOTHER), by=subject("owner")).then(MemberAdded(ANOTHER, []))


def test_removing() -> None:
    removed(by="org-admin").then(MemberRemoved(ANOTHER))
    removed(ME, by="org-admin").then_raises(Invalid, message="cannot remove self from an organization")
    removed(by="member").then_raises(NotFound)
    removed(NOBODY, by="owner").then_raises(NotFound)


def test_roles_are_stored_once_in_the_order_given() -> None:
    given_roles("organization-auditor", "helper", "organization-auditor", by="org-admin").then(
        MemberRolesSet(ANOTHER, ["organization-auditor", "helper"])
    )


def test_the_same_roles_are_nothing() -> None:
    given_roles("helper", by="owner", stored=("helper",)).then_nothing()


def test_the_implied_role_is_not_stored() -> None:
    given_roles("organization-member", by="owner").then_nothing()


def test_roles_that_are_refused() -> None:
    given_roles("no-such-role", by="member").then_raises(Invalid, message=f'"no-such-role:{ORG}" is not a supported role')
    given_roles("organization-auditor", by="member").then_raises(Forbidden)
    given_roles("organization-auditor", by="user-admin").then_raises(
        Invalid, message='not authorized to assign role "organization-auditor"'
    )
    given_roles(by="owner", user_id=ME).then_raises(Invalid, message="You cannot change your own organization roles.")
    given_roles(by="owner", user_id=NOBODY).then_raises(Forbidden)


def test_a_deleted_custom_role_leaves_every_member() -> None:
    history = (FOUNDED, CustomRoleCreated("helper", "Helper", []), MemberAdded(ANOTHER, ["helper", "organization-auditor"]))
    state = given(ORGANIZATION, *history, CustomRoleDeleted("helper"), id=ORG).state
    member = state.members.get(ANOTHER)
    assert member is not None
    assert member.roles == ("organization-auditor",)


def test_a_roster_is_a_map_that_is_never_changed_in_place() -> None:
    ids = [str(uuid.UUID(int=n << 100 | n)) for n in range(1, 400)]
    rosters = [EMPTY_ROSTER]
    for since, user_id in enumerate(ids, 1):
        rosters.append(rosters[-1].with_member(user_id, Member((), since)))
    assert [len(roster) for roster in rosters] == list(range(len(ids) + 1))
    full = rosters[-1]
    assert set(full) == set(ids)
    assert all(full.get(user_id) == Member((), since) for since, user_id in enumerate(ids, 1))
    assert len(full.with_member(ids[0], Member(("a",), 1))) == len(full)
    rest = full.without(ids[3]).without(ids[3])
    assert len(rest) == len(ids) - 1
    assert ids[3] not in rest
    assert ids[3] in full
