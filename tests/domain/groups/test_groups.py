"""Groups: named in their organization, made of its members, changed all at once (contract/identity.md 8)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.groups.commands import CreateGroup, DeleteGroup, UpdateGroup
from domain.groups.decisions import (
    Membership,
    check_everyone_update,
    decide_create_group,
    decide_delete_group,
    decide_update_group,
)
from domain.groups.events import GroupCreated, GroupDeleted, GroupMembersChanged, GroupUpdated
from domain.groups.state import GROUP
from domain.kernel.errors import Forbidden, Invalid, NameTaken, NotFound
from domain.kernel.events import Event
from domain.kernel.ids import PREBUILDS_USER
from domain.reservations.events import NameReleased, NameReserved
from domain.reservations.values import Reservation
from tests.domain.roles.subjects import ANOTHER, ME, ORG, subject
from tests.domain.roles.subjects import GROUP as TEAM
from tests.support.spec import Then, context, given

FREE, HELD, OURS = Reservation(None), Reservation("another"), Reservation(TEAM)
MADE = GroupCreated(ORG, "devs", "Devs", "", 5, "user")
BOTH_MEMBERS = Membership("acme", {ME: 0, ANOTHER: 0})
STRANGER = "99999999-9999-4999-8999-999999999999"


def created(name: str = "devs", holder: Reservation = FREE, *, by: str = "org-admin", is_organization_live: bool = True) -> Then:
    command = CreateGroup(TEAM, ORG, name, "Devs", "", 5, subject(by))
    return given(GROUP, id=TEAM).when(lambda s: decide_create_group(command, s, holder, is_organization_live, context()))


def change(**changes: Any) -> UpdateGroup:
    settings: dict[str, Any] = {
        "name": "",
        "display_name": None,
        "avatar_url": None,
        "quota_allowance": None,
        "add": (),
        "remove": (),
        "subject": subject("org-admin"),
        **changes,
    }
    return UpdateGroup(group_id=TEAM, organization_id=ORG, **settings)


def updated(*history: Event, holder: Reservation = OURS, membership: Membership = BOTH_MEMBERS, **changes: Any) -> Then:
    command = change(**changes)
    return given(GROUP, MADE, *history, id=TEAM).when(lambda s: decide_update_group(command, s, holder, membership, context()))


def test_a_new_one_takes_its_name() -> None:
    created().then(NameReserved("group", TEAM), MADE)


def test_groups_that_cannot_be() -> None:
    created("Everyone").then_raises(Invalid, field="name")
    created(holder=HELD).then_raises(NameTaken, field="name")
    created(by="member").then_raises(Forbidden)
    created(is_organization_live=False).then_raises(NotFound)


def test_only_the_exact_word_everyone_is_reserved() -> None:
    assert created("everyone").events


def test_settings_and_people_change_together() -> None:
    updated(display_name="", quota_allowance=7, add=(ANOTHER.upper(),)).then(
        GroupUpdated(ORG, "devs", "", "", 7), GroupMembersChanged(ORG, [ANOTHER], [])
    )


def test_another_name_moves_the_reservation() -> None:
    updated(holder=FREE, name="ops").then(NameReleased("group", TEAM), NameReserved("group", TEAM), GroupUpdated(ORG, "ops", "Devs", "", 5))


def test_the_same_name_and_no_change_are_nothing() -> None:
    updated(name="devs", quota_allowance=5).then_nothing()


def test_who_is_not_in_leaves_without_a_trace() -> None:
    updated(remove=(ANOTHER,)).then_nothing()
    updated(GroupMembersChanged(ORG, [ANOTHER], []), remove=(ANOTHER, ANOTHER)).then(GroupMembersChanged(ORG, [], [ANOTHER]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Everyone"}, "Everyone"),
        ({"add": ("nobody",)}, 'ID "nobody" must be a valid user UUID.'),
        ({"add": (STRANGER,)}, 'User must be a member of organization "acme"'),
        ({"remove": (STRANGER,)}, 'User must be a member of organization "acme"'),
        ({"add": (ANOTHER, ANOTHER)}, "Cannot add the same user to a group twice!"),
        ({"add": (ANOTHER,), "subject": subject("member")}, "Failed to add or remove non-existent group member"),
    ],
)
def test_changes_that_are_refused(changes: dict[str, Any], message: str) -> None:
    updated(**changes).then_raises(Invalid, message=message)


def test_a_member_is_not_added_again_until_they_left_the_organization() -> None:
    inside = GroupMembersChanged(ORG, [ANOTHER], [])
    updated(inside, add=(ANOTHER,)).then_raises(Invalid, message="twice")
    came_back = Membership("acme", {ANOTHER: 9})
    updated(inside, membership=came_back, add=(ANOTHER,)).then(GroupMembersChanged(ORG, [ANOTHER], []))


def test_a_taken_name_is_a_conflict() -> None:
    updated(holder=HELD, name="ops").then_raises(NameTaken, field="name")


def test_the_owner_of_prebuilds_need_be_no_member() -> None:
    updated(add=(PREBUILDS_USER,)).then(GroupMembersChanged(ORG, [PREBUILDS_USER], []))


def test_deleting() -> None:
    def deleted(*history: Event, group_id: str = TEAM, by: str = "org-admin") -> Then:
        command = DeleteGroup(group_id, ORG, subject(by))
        return given(GROUP, *history, id=group_id).when(lambda s: decide_delete_group(command, s, context()))

    deleted(MADE).then(NameReleased("group", TEAM), GroupDeleted(ORG))
    deleted(MADE, by="member").then_raises(Forbidden)
    deleted(MADE, GroupDeleted(ORG)).then_raises(NotFound)
    deleted(group_id=ORG).then_raises(Invalid, message="Everyone")


def test_everyone_takes_neither_names_nor_people() -> None:
    check_everyone_update(change(name="Everyone", display_name="", quota_allowance=1))
    for refused in ({"name": "all"}, {"display_name": "All"}):
        with pytest.raises(Invalid):
            check_everyone_update(change(**refused))
    for people in ({"add": (ME,)}, {"remove": (ME,)}):
        with pytest.raises(Forbidden):
            check_everyone_update(change(**people))
