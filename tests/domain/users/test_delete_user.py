"""The end of an account: names and memberships go, and with erasure what history knew."""

from __future__ import annotations

from domain.kernel.decider import Append, Decision
from domain.kernel.errors import ExpectationFailed, Forbidden, NotFound
from domain.kernel.events import Stream
from domain.organizations.events import MemberRemoved
from domain.reservations.events import NameReleased
from domain.roles.policy import Subject
from domain.users.commands import DeleteUser
from domain.users.decisions import decide_delete_user
from domain.users.events import UserDeleted, UserErased
from domain.users.state import USER, User
from tests.domain.users.people import ORGANIZATION, bob, name, subject
from tests.support.spec import ALICE, BOB, context, given

LEFT = Append(Stream("organization", ORGANIZATION), (MemberRemoved(BOB),))


def delete(state: User, caller: Subject, *, erase: bool = False, has_workspaces: bool = False) -> Decision:
    names = [("username", name("bob", BOB)), ("email", name("bob@", BOB))]
    return decide_delete_user(DeleteUser(BOB, caller, erase), state, names, [LEFT], has_workspaces, context())


def test_names_and_memberships_are_given_up() -> None:
    given(USER, bob()).when(lambda s: delete(s, subject("user-admin"))).then(
        UserDeleted(), NameReleased("username", BOB), NameReleased("email", BOB), MemberRemoved(BOB)
    )


def test_deleting_again_changes_nothing() -> None:
    given(USER, bob(), UserDeleted()).when(lambda s: delete(s, subject("owner"), has_workspaces=True)).then_nothing()


def test_erasing_adds_to_a_deletion_now_or_later() -> None:
    given(USER, bob()).when(lambda s: delete(s, subject("owner"), erase=True)).then(
        UserDeleted(), UserErased(), NameReleased("username", BOB), NameReleased("email", BOB), MemberRemoved(BOB)
    )
    given(USER, bob(), UserDeleted()).when(lambda s: delete(s, subject("owner"), erase=True)).then(UserErased())
    given(USER, bob(), UserDeleted(), UserErased()).when(lambda s: delete(s, subject("owner"), erase=True)).then_nothing()


def test_an_erased_person_has_no_names_left_in_the_state() -> None:
    state = given(USER, bob(), UserDeleted(), UserErased()).state
    assert (state.username, state.email, state.name) == ("", "", "")


def test_a_name_that_went_to_somebody_else_is_left_to_them() -> None:
    names = [("username", name("bob", ALICE))]
    given(USER, bob()).when(
        lambda s: decide_delete_user(DeleteUser(BOB, subject("owner")), s, names, [], has_workspaces=False, context=context())
    ).then(UserDeleted())


def test_oneself_comes_first_then_workspaces_then_rights() -> None:
    given(USER, bob()).when(lambda s: delete(s, subject(id=BOB), has_workspaces=True)).then_raises(Forbidden, message="yourself")
    given(USER, bob()).when(lambda s: delete(s, subject(), has_workspaces=True)).then_raises(ExpectationFailed, message="workspaces")
    given(USER, bob()).when(lambda s: delete(s, subject("auditor"))).then_raises(Forbidden, message="permission")


def test_nobody_and_the_system_user_cannot_be_deleted() -> None:
    given(USER).when(lambda s: delete(s, subject("owner"))).then_raises(NotFound)
    given(USER, bob(is_system=True)).when(lambda s: delete(s, subject("owner"))).then_raises(NotFound)
