"""Who the sentences about people speak of."""

from __future__ import annotations

from domain.reservations.values import Reservation, name_stream
from domain.roles.policy import OrgMembership, Subject, compile_subject
from domain.users.commands import NewPerson
from domain.users.decisions import Name
from domain.users.events import UserCreated
from tests.support.spec import ALICE, BOB

ORGANIZATION = "0c0c0000-0000-4000-8000-000000000001"
BOB_PERSON = NewPerson(BOB, "bob", "bob@example.com", "Bob", "ssh-ed25519 AAAA\n")


def subject(*site_roles: str, id: str = ALICE) -> Subject:
    """Somebody with these site roles, member of one organization."""
    return compile_subject(id, site_roles, {ORGANIZATION: OrgMembership()})


def bob(status: str = "active", *, login_type: str = "password", is_system: bool = False) -> UserCreated:
    """That Bob exists."""
    return UserCreated("bob", "bob@example.com", "Bob", login_type, status, False, is_system)


def name(text: str, holder: str | None = None) -> Name:
    """A name's stream, free unless somebody holds it."""
    return Name(name_stream("tests", text), Reservation(holder))
