"""Names, status, roles, settings and passwords of somebody who exists."""

from __future__ import annotations

import pytest

from domain.kernel.errors import Conflict, Forbidden, Invalid, NameTaken, NotFound
from domain.reservations.events import NameReleased, NameReserved
from domain.roles.policy import Subject
from domain.users.commands import ChangePassword, ChangeProfile, ChangeSettings, FallDormant, ReplaceSSHKey, SetSiteRoles, SetUserStatus
from domain.users.decisions import (
    decide_change_password,
    decide_change_profile,
    decide_change_settings,
    decide_fall_dormant,
    decide_replace_ssh_key,
    decide_set_site_roles,
    decide_set_status,
)
from domain.users.events import (
    UserDeleted,
    UserPasswordChanged,
    UserProfileChanged,
    UserSeen,
    UserSettingsChanged,
    UserSiteRolesSet,
    UserSSHKeyGenerated,
    UserStatusSet,
)
from domain.users.state import USER
from tests.domain.users.people import bob, name, subject
from tests.support.spec import ALICE, BOB, NOON, context, given


def test_another_username_is_taken_and_the_old_one_freed() -> None:
    command = ChangeProfile(BOB, "rob", "Bob")
    given(USER, bob()).when(lambda s: decide_change_profile(command, s, name("rob"), name("bob", BOB), context())).then(
        UserProfileChanged("rob", "Bob"), NameReserved("username", BOB), NameReleased("username", BOB)
    )


def test_another_spelling_of_the_username_needs_no_other_reservation() -> None:
    given(USER, bob()).when(lambda s: decide_change_profile(ChangeProfile(BOB, "BOB", "Bob"), s, None, None, context())).then(
        UserProfileChanged("BOB", "Bob")
    )


def test_the_same_names_change_nothing() -> None:
    given(USER, bob()).when(lambda s: decide_change_profile(ChangeProfile(BOB, "bob", "Bob"), s, None, None, context())).then_nothing()


def test_a_username_of_somebody_else_is_refused() -> None:
    command = ChangeProfile(BOB, "alice", "Bob")
    given(USER, bob()).when(lambda s: decide_change_profile(command, s, name("alice", ALICE), name("bob", BOB), context())).then_raises(
        NameTaken, field="username"
    )


def test_nobody_and_the_deleted_cannot_be_changed() -> None:
    command = ChangeProfile(BOB, "rob", "Bob")
    given(USER).when(lambda s: decide_change_profile(command, s, None, None, context())).then_raises(NotFound)
    given(USER, bob(), UserDeleted()).when(lambda s: decide_change_profile(command, s, None, None, context())).then_raises(Conflict)


def test_an_administrator_suspends_and_activates() -> None:
    admin = subject("user-admin")
    given(USER, bob()).when(lambda s: decide_set_status(SetUserStatus(BOB, "suspended", admin), s, context())).then(
        UserStatusSet("suspended")
    )
    given(USER, bob("dormant")).when(lambda s: decide_set_status(SetUserStatus(BOB, "active", admin), s, context())).then(
        UserStatusSet("active")
    )
    given(USER, bob()).when(lambda s: decide_set_status(SetUserStatus(BOB, "active", admin), s, context())).then_nothing()


@pytest.mark.parametrize("caller", [subject(id=BOB), subject("owner", id=BOB)])
def test_nobody_suspends_themselves_whatever_their_rights(caller: Subject) -> None:
    given(USER, bob()).when(lambda s: decide_set_status(SetUserStatus(BOB, "suspended", caller), s, context())).then_raises(
        Invalid, message="cannot suspend yourself"
    )


def test_an_owner_cannot_be_suspended() -> None:
    given(USER, bob(), UserSiteRolesSet(["owner"])).when(
        lambda s: decide_set_status(SetUserStatus(BOB, "suspended", subject("owner")), s, context())
    ).then_raises(Invalid, message="owner")


def test_a_member_may_not_suspend() -> None:
    given(USER, bob()).when(lambda s: decide_set_status(SetUserStatus(BOB, "suspended", subject()), s, context())).then_raises(Forbidden)


def test_roles_are_replaced_and_stored_once() -> None:
    command = SetSiteRoles(BOB, ("auditor", "auditor", "member"), subject("owner"))
    given(USER, bob(), UserSiteRolesSet(["owner"])).when(lambda s: decide_set_site_roles(command, s, context())).then(
        UserSiteRolesSet(["auditor", "member"])
    )


@pytest.mark.parametrize(
    ("caller", "roles", "kind"),
    [
        (subject("owner", id=BOB), ("auditor",), Invalid),
        (subject("owner"), ("nonsense",), Invalid),
        (subject("user-admin"), ("owner",), Invalid),
        (subject("auditor"), (), Forbidden),
    ],
)
def test_roles_that_may_not_be_given(caller: Subject, roles: tuple[str, ...], kind: type[Invalid | Forbidden]) -> None:
    command = SetSiteRoles(BOB, roles, caller)
    given(USER, bob()).when(lambda s: decide_set_site_roles(command, s, context())).then_raises(kind)


def test_a_password_changes_under_the_revision_that_was_compared() -> None:
    given(USER, bob()).when(lambda s: decide_change_password(ChangePassword(BOB, 0), s, context())).then(UserPasswordChanged())
    given(USER, bob(), UserPasswordChanged()).when(lambda s: decide_change_password(ChangePassword(BOB, 0), s, context())).then_raises(
        Invalid, field="old_password"
    )


def test_who_has_no_password_cannot_change_it() -> None:
    given(USER, bob(login_type="none")).when(lambda s: decide_change_password(ChangePassword(BOB, 0), s, context())).then_raises(
        Invalid, message="login type"
    )


def test_settings_are_replaced_group_by_group() -> None:
    command = ChangeSettings(BOB, "appearance", {"theme_preference": "dark"})
    changed = UserSettingsChanged("appearance", {"theme_preference": "dark"})
    given(USER, bob()).when(lambda s: decide_change_settings(command, s, context())).then(changed)
    given(USER, bob(), changed).when(lambda s: decide_change_settings(command, s, context())).then_nothing()


def test_a_git_key_is_replaced() -> None:
    given(USER, bob()).when(lambda s: decide_replace_ssh_key(ReplaceSSHKey(BOB, "ssh-ed25519 BBBB\n"), s, context())).then(
        UserSSHKeyGenerated("ssh-ed25519 BBBB\n")
    )


def test_only_the_long_unseen_fall_dormant() -> None:
    command = FallDormant(BOB, 90)
    late = NOON.replace(month=9)
    given(USER, bob()).when(lambda s: decide_fall_dormant(command, s, context(late))).then(UserStatusSet("dormant", automatic=True))
    given(USER, bob(), UserSeen()).when(lambda s: decide_fall_dormant(command, s, context())).then_nothing()
    given(USER, bob("suspended")).when(lambda s: decide_fall_dormant(command, s, context(late))).then_nothing()
    given(USER, bob(is_system=True)).when(lambda s: decide_fall_dormant(command, s, context(late))).then_nothing()
