"""Ways in which somebody may no longer come in at all: what every stream must end for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.service.watch.conftest import Place

#: From the answer to the change to what the stream says of it.
SECONDS = 1.0

Loss = Callable[[Place], Awaitable[Any]]


async def signed_out(place: Place) -> None:
    """The reader's session ends."""
    await place.friend.post("/users/logout", want=200)


async def suspended(place: Place) -> None:
    """The reader is suspended."""
    await place.admin.put(f"/users/{place.friend.user['id']}/status/suspend", want=200)


async def deleted(place: Place) -> None:
    """The reader is deleted."""
    await place.admin.delete(f"/users/{place.friend.user['id']}", want=200)


async def organization_of(place: Place) -> str:
    """The id of the one organization there is."""
    return str((await place.admin.get("/organizations/default", want=200)).json["id"])
