"""How a deployment begins: with one active owner in one default organization (contract/identity.md 3.1)."""

from __future__ import annotations

from domain.kernel.context import Context
from domain.kernel.decider import Append, Decision
from domain.kernel.errors import Conflict
from domain.kernel.events import Stream
from domain.kernel.ids import PREBUILDS_USER
from domain.reservations.values import Reservation, name_stream, reserve
from domain.roles.builtin import SiteRole
from domain.users.commands import CreateFirstUser, NewPerson
from domain.users.decisions import Name, create_person
from domain.users.values import LoginType, UserStatus

DEFAULT_ORGANIZATION = "coder"
FIRST_USER = "first user"
DEFAULT = "default organization"
PREBUILDS = NewPerson(PREBUILDS_USER, "prebuilds", "", "Prebuilds Owner", "")


def first_user_stream() -> Stream:
    """Held by the first user for ever: there is only one."""
    return name_stream(FIRST_USER)


def default_organization_stream() -> Stream:
    """Held by the default organization: there is at most one."""
    return name_stream(DEFAULT)


def decide_create_first_user(
    command: CreateFirstUser, first: Reservation, names: tuple[Name, Name, Name], organization: tuple[Append, ...], context: Context
) -> Decision:
    """The owner and the system user, and what `organization` appends: both as members, the default organization if it is not
    there yet. `names` are the owner's username and address, and the system user's username.

    Raises `Conflict` when somebody was first.
    """
    if first.holder is not None:
        raise Conflict("The initial user has already been created.")
    username, email, prebuilds = names
    return (
        *create_person(command.person, LoginType.PASSWORD.value, UserStatus.ACTIVE.value, username, email, roles=(SiteRole.OWNER.value,)),
        *create_person(PREBUILDS, LoginType.NONE.value, UserStatus.ACTIVE.value, prebuilds, None, is_system=True),
        *organization,
        reserve(first_user_stream(), FIRST_USER, command.person.user_id),
    )
