"""Adding people: names are taken in the same decision, organizations must be there."""

from __future__ import annotations

import pytest

from domain.kernel.decider import Append
from domain.kernel.errors import NameTaken, NotFound
from domain.kernel.events import Stream
from domain.organizations.events import MemberAdded
from domain.reservations.events import NameReserved
from domain.users.commands import CreateUser, NewPerson
from domain.users.decisions import Joining, Name, decide_create_user
from domain.users.events import UserCreated, UserSiteRolesSet, UserSSHKeyGenerated
from domain.users.state import USER
from tests.domain.users.people import BOB_PERSON, ORGANIZATION, name
from tests.support.spec import ALICE, BOB, context, given

JOINED = Append(Stream("organization", ORGANIZATION), (MemberAdded(BOB, []),))
COMMAND = CreateUser(BOB_PERSON, "password", "dormant", False, (ORGANIZATION,))


def joining(*, is_live: bool = True) -> list[Joining]:
    return [Joining(ORGANIZATION, is_live, JOINED)]


def test_a_person_takes_both_names_and_joins() -> None:
    given(USER).when(lambda _: decide_create_user(COMMAND, name("bob"), name("bob@"), joining(), context())).then(
        UserCreated("bob", "bob@example.com", "Bob", "password", "dormant"),
        UserSSHKeyGenerated("ssh-ed25519 AAAA\n"),
        NameReserved("username", BOB),
        NameReserved("email", BOB),
        MemberAdded(BOB, []),
    )


def test_a_person_without_an_address_takes_one_name() -> None:
    nobody = NewPerson(BOB, "bob", "", "", "")
    command = CreateUser(nobody, "none", "active", True, (ORGANIZATION,), ("auditor",))
    given(USER).when(lambda _: decide_create_user(command, name("bob"), None, joining(), context())).then(
        UserCreated("bob", "", "", "none", "active", is_service_account=True),
        UserSiteRolesSet(["auditor"]),
        NameReserved("username", BOB),
        MemberAdded(BOB, []),
    )


@pytest.mark.parametrize(("username", "email"), [(name("bob", ALICE), name("bob@")), (name("bob"), name("bob@", ALICE))])
def test_a_taken_username_or_address_is_refused(username: Name, email: Name) -> None:
    given(USER).when(lambda _: decide_create_user(COMMAND, username, email, joining(), context())).then_raises(
        NameTaken, message="User already exists."
    )


def test_an_organization_that_is_gone_is_named() -> None:
    given(USER).when(lambda _: decide_create_user(COMMAND, name("bob"), name("bob@"), joining(is_live=False), context())).then_raises(
        NotFound, message=ORGANIZATION
    )
