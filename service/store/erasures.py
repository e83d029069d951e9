"""Lets go of an erased person in this process: the key that opens their data, and states that were folded with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection

from service.store.personal_keys import KeyRing

if TYPE_CHECKING:
    from service.web.feed import Change


class ErasureFollower:
    """A feed follower; `evict` makes the repository forget streams."""

    def __init__(self, keys: KeyRing, evict: Callable[[Iterable[str]], None]) -> None:
        self._keys = keys
        self._evict = evict

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Their key is gone from the database already."""
        self._erase([change.stream_id for change in changes if change.name == "UserErased"])

    async def reset(self, connection: AsyncConnection[Any], _position: int) -> None:
        """Somebody may have been erased unheard; keys of people who are about to be stored must stay."""
        known = list(self._keys.people())
        if known:
            cursor = await connection.execute("SELECT id FROM users WHERE deleted AND username = '' AND id = ANY(%s::uuid[])", (known,))
            self._erase([row[0] for row in await cursor.fetchall()])

    def _erase(self, people: Sequence[str]) -> None:
        for person in people:
            self._keys.put(person, None)
        self._evict(people)
