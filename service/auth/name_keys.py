"""Reservation streams of usernames and addresses. Their ids are keyed: whoever holds the log cannot ask it about a person."""

from __future__ import annotations

import hashlib
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import Stream
from domain.kernel.names import fold
from domain.reservations.values import name_stream
from domain.users.decisions import EMAIL, USERNAME


class NameKeys:
    """Names to streams, by the deployment's pepper."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper

    def username(self, username: str) -> Stream:
        """The stream that stands for a username, in any case."""
        return name_stream(USERNAME, self._keyed(USERNAME, username))

    def email(self, email: str) -> Stream:
        """The stream that stands for an address, in any case."""
        return name_stream(EMAIL, self._keyed(EMAIL, email))

    def _keyed(self, kind: str, name: str) -> str:
        return hashlib.blake2b(f"{kind}|{fold(name)}".encode(), key=self._pepper, digest_size=32).hexdigest()


async def load_name_keys(connection: AsyncConnection[Any]) -> NameKeys:
    """The deployment's `NameKeys`."""
    cursor = await connection.execute("SELECT pepper FROM name_pepper")
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the table name_pepper is empty: names cannot be reserved")
    return NameKeys(bytes(row[0]))


async def reserved_as(connection: AsyncConnection[Any], stream: Stream) -> Stream:
    """Where the reservation of a name lies: in the stream that stands for it, unless it came with an imported log."""
    cursor = await connection.execute("SELECT reserved_as FROM imported_names WHERE stream_id = %s::uuid", (stream.id,))
    row = await cursor.fetchone()
    return stream if row is None else Stream(stream.category, str(row[0]))
