"""Founding: once, with an owner and the system's own user."""

from __future__ import annotations

from domain.kernel.errors import Conflict
from domain.kernel.ids import PREBUILDS_USER
from domain.reservations.events import NameReserved
from domain.reservations.values import RESERVATION, Reservation
from domain.users.commands import CreateFirstUser
from domain.users.events import UserCreated, UserSiteRolesSet, UserSSHKeyGenerated
from domain.users.founding import decide_create_first_user
from tests.domain.users.people import BOB_PERSON, ORGANIZATION, name
from tests.support.spec import ALICE, BOB, context, given

COMMAND = CreateFirstUser(BOB_PERSON, ORGANIZATION)
NAMES = (name("bob"), name("bob@"), name("prebuilds"))


def test_the_first_user_is_an_active_owner() -> None:
    given(RESERVATION).when(lambda first: decide_create_first_user(COMMAND, first, NAMES, (), context())).then(
        UserCreated("bob", "bob@example.com", "Bob", "password", "active"),
        UserSSHKeyGenerated("ssh-ed25519 AAAA\n"),
        UserSiteRolesSet(["owner"]),
        NameReserved("username", BOB),
        NameReserved("email", BOB),
        UserCreated("prebuilds", "", "Prebuilds Owner", "none", "active", is_system=True),
        NameReserved("username", PREBUILDS_USER),
        NameReserved("first user", BOB),
    )


def test_there_is_only_one_first_user() -> None:
    given(RESERVATION).when(lambda _: decide_create_first_user(COMMAND, Reservation(ALICE), NAMES, (), context())).then_raises(Conflict)
