"""Founding a deployment, by whoever asks first: the web page, or the settings of the process."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from domain.kernel.context import Context
from domain.kernel.errors import Invalid, Violation
from domain.users.commands import CreateFirstUser, NewPerson
from service.auth.password_strength import weakness
from service.auth.passwords import Passwords
from service.auth.secrets import password_hash_written, private_key_written
from service.auth.ssh_keys import generate_key_pair
from service.commands.bus import CommandBus


class Founded(NamedTuple):
    """Ids of the owner and the default organization, and the position at which both show."""

    user_id: str
    organization_id: str
    position: int


async def create_first_user(
    bus: CommandBus, passwords: Passwords, context: Context, *, email: str, username: str, name: str, password: str
) -> Founded:
    """Create the owner and, if absent, the default organization.

    Raises `Conflict` when somebody was first, `Invalid` for a weak password, `TooMany` when too many hashes wait.
    """
    reason = weakness(password)
    if reason:
        raise Invalid("Password is invalid", validations=[Violation("password", reason)])
    user_id = str(uuid.uuid4())
    pair = generate_key_pair()
    command = CreateFirstUser(NewPerson(user_id, username, email, name, pair.public), str(uuid.uuid4()))
    side_writes = (password_hash_written(user_id, await passwords.hash(password)), private_key_written(user_id, pair))
    outcome = await bus.execute(command, context, side_writes=side_writes)
    organization_id = next(r.stream.id for r in outcome.events if r.event.NAME == "MemberAdded")
    return Founded(user_id, organization_id, outcome.position)
