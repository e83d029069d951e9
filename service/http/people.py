"""The path parameter `{user}`: `me`, an id or a username, found for whoever may read the person (contract/identity.md 1)."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from domain.kernel.errors import NotFound
from domain.kernel.spellings import uuid_text
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import allows
from projections.users.queries import user_by_id, user_by_name
from projections.users.render import UserRow
from service.http.call import Call


async def find_user(connection: AsyncConnection[Any], handle: str, caller_id: str) -> UserRow | None:
    """Whoever `handle` means to the caller, with nobody's rights: `me`, any spelling of an id, or a username in any case."""
    if handle == "me":
        return await user_by_id(connection, caller_id)
    try:
        user_id = uuid_text(handle)
    except ValueError:
        return await user_by_name(connection, handle) if "\0" not in handle else None
    return await user_by_id(connection, user_id)


async def known_user(call: Call, name: str = "user") -> UserRow | None:
    """Whoever the path means, with nobody's rights; without a statement while nothing has happened to people."""
    handle = call.path[name]
    key = call.caller.user_id if handle == "me" else handle

    async def ask(connection: AsyncConnection[Any]) -> UserRow | None:
        return await find_user(connection, key, key)

    return await call.services.recalls.people.get(key, ask)


async def path_user(call: Call, connection: AsyncConnection[Any], name: str = "user") -> UserRow:
    """The person of the path, readable by the caller. Raises `NotFound`, whether absent or unreadable."""
    return _readable(call, await find_user(connection, call.path[name], call.caller.user_id))


async def personal_user(call: Call, connection: AsyncConnection[Any], action: Action) -> UserRow:
    """`path_user` for what is a person's own: `action` (`READ_PERSONAL`, `UPDATE_PERSONAL`) must be allowed too, else `NotFound`."""
    user = await path_user(call, connection)
    if not allows(call.caller.subject, action, objects.user(user.id)):
        raise NotFound
    return user


async def user_in_path(call: Call) -> UserRow:
    """`path_user` without a connection."""
    return _readable(call, await known_user(call))


async def user_after_change(call: Call, user_id: str) -> UserRow:
    """The person as the read model shows them once a change was carried out."""
    async with call.pool.connection() as connection:
        user = await user_by_id(connection, user_id)
    if user is None:
        raise NotFound
    return user


def _readable(call: Call, user: UserRow | None) -> UserRow:
    if user is None or not allows(call.caller.subject, Action.READ, objects.user(user.id)):
        raise NotFound
    return user
