"""Snapshots of long streams: what folding gave, so that the next fold starts there. Thrown away at will, never trusted blindly.

Streams that hold personal data are not kept: a snapshot would outlive the person's key.
"""

from __future__ import annotations

from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection

from domain.kernel.decider import Decider
from service.store import state_codec

#: Events folded in one load that make a snapshot worth its writing.
LONG = 200
_PERSONAL_CATEGORIES = frozenset({"user"})
_READ: LiteralString = "SELECT version, position, state FROM aggregate_snapshots WHERE stream_id = %s::uuid AND shape = %s"
_WRITE: LiteralString = """
    INSERT INTO aggregate_snapshots (stream_id, shape, version, position, state)
    VALUES (%s::uuid, %s, %s, %s, %s)
    ON CONFLICT (stream_id) DO UPDATE
    SET shape = EXCLUDED.shape, version = EXCLUDED.version, position = EXCLUDED.position, state = EXCLUDED.state
    WHERE aggregate_snapshots.version < EXCLUDED.version OR aggregate_snapshots.shape <> EXCLUDED.shape
"""


class Snapshot(NamedTuple):
    """A state as of a version of its stream."""

    state: Any
    version: int
    position: int


async def read_snapshot(connection: AsyncConnection[Any], decider: Decider[Any], id: str) -> Snapshot | None:
    """The stream's snapshot, if it was made by this release's kind of state."""
    kind = type(decider.initial)
    cursor = connection.cursor(binary=True)
    await cursor.execute(_READ, (id, _shape(decider)), prepare=True)
    row = await cursor.fetchone()
    return None if row is None else Snapshot(state_codec.decode(kind, row[2]), row[0], row[1])


async def write_snapshot(connection: AsyncConnection[Any], decider: Decider[Any], id: str, snapshot: Snapshot) -> None:
    """Keep it, unless a newer one is there. Streams with personal data are left out."""
    if decider.category in _PERSONAL_CATEGORIES:
        return
    state = state_codec.encode(snapshot.state)
    await connection.execute(_WRITE, (id, _shape(decider), snapshot.version, snapshot.position, state))


def _shape(decider: Decider[Any]) -> str:
    return f"{decider.category}/{decider.revision}/{state_codec.shape(type(decider.initial))}"
