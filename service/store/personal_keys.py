"""Per-person keys for personal data in events. Dropping a key erases the person from history, replay and rebuilds.

Keys lie in their own table beside the log. A sealed field reads as `""` once its key is gone.
"""

from __future__ import annotations

import base64
import os
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import AsyncConnection

_NONCE_BYTES = 12
_MISSING = None


class KeyRing:
    """A bounded cache of opened keys; `load` fills it from the database, `seal` and `open` never wait."""

    def __init__(self, capacity: int = 50_000) -> None:
        self._capacity = capacity
        self._keys: OrderedDict[str, AESGCM | None] = OrderedDict()

    def knows(self, person: str) -> bool:
        """Whether the ring can answer for this person without the database."""
        return person in self._keys

    def usable(self, person: str) -> bool:
        """Whether the person has a key in the ring."""
        return self._keys.get(person) is not None

    def people(self) -> Iterable[str]:
        """Everybody that the ring knows something of."""
        return tuple(self._keys)

    def new(self, person: str) -> bytes:
        """A fresh key for somebody who has none; the caller stores it in the transaction that first uses it."""
        raw = AESGCM.generate_key(bit_length=256)
        self.put(person, raw)
        return raw

    def put(self, person: str, raw: bytes | None) -> None:
        """Remember a key, or with None that there is none any more."""
        self._keys[person] = AESGCM(raw) if raw is not None else _MISSING
        self._keys.move_to_end(person)
        while len(self._keys) > self._capacity:
            self._keys.popitem(last=False)

    def forget(self, person: str) -> None:
        """Drop what the ring knows; the next `load` asks the database."""
        self._keys.pop(person, None)

    async def load(self, connection: AsyncConnection[Any], people: Iterable[str]) -> None:
        """Make sure that `seal` and `open` can answer for these people (one statement at the most)."""
        unknown = [p for p in set(people) if p not in self._keys]
        if not unknown:
            return
        cursor = await connection.execute("SELECT user_id::text, key FROM personal_keys WHERE user_id = ANY(%s::uuid[])", (unknown,))
        found = {row[0]: bytes(row[1]) for row in await cursor.fetchall()}
        for person in unknown:
            # What became known while the database was asked is newer: a key just made, or that there is none any more.
            if person not in self._keys:
                self.put(person, found.get(person))

    def seal(self, person: str, field: str, value: str) -> dict[str, str]:
        """The stored form of a personal value. Raises `LookupError` when the person's key is not in the ring."""
        key = self._keys.get(person)
        if key is None:
            raise LookupError(f"no personal key loaded for {person}")
        nonce = os.urandom(_NONCE_BYTES)
        return {"sealed": base64.b64encode(nonce + key.encrypt(nonce, value.encode(), f"{person}|{field}".encode())).decode()}

    def open(self, person: str, field: str, stored: dict[str, str]) -> str:
        """The value again, or `""` when the key was dropped."""
        key = self._keys.get(person)
        if key is None:
            return ""
        raw = base64.b64decode(stored["sealed"])
        try:
            return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], f"{person}|{field}".encode()).decode()
        except InvalidTag:
            return ""
