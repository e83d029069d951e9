"""The provisioner state of builds, beside the log: opaque bytes that may hold secrets.

A build begins with the state it was given, else with that of the build before; its provisioner leaves another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection

from service.store.append import SideWrite

_INHERIT: LiteralString = """
    INSERT INTO build_states (build_id, state)
    SELECT %s::uuid, s.state FROM build_states s WHERE s.build_id = %s::uuid
"""
_PUT: LiteralString = """
    INSERT INTO build_states (build_id, state) VALUES (%s::uuid, %b)
    ON CONFLICT (build_id) DO UPDATE SET state = EXCLUDED.state
"""
# With the tokens of the agents that the state speaks of: one statement for what the end of a build leaves.
_LEFT: LiteralString = """
    WITH tokens AS (
      INSERT INTO agent_token_digests (digest, agent_id)
      SELECT decode(n.digest, 'hex'), n.agent_id FROM unnest(%s::text[], %s::uuid[]) AS n (digest, agent_id)
    )
    INSERT INTO build_states (build_id, state) VALUES (%s::uuid, %b)
    ON CONFLICT (build_id) DO UPDATE SET state = EXCLUDED.state
"""
_READ: LiteralString = "SELECT state FROM build_states WHERE build_id = %s::uuid"


def put(build_id: str, state: bytes) -> SideWrite:
    """The statement that makes `state` the build's."""
    return SideWrite(_PUT, (build_id, state))


def left(build_id: str, state: bytes, tokens: Sequence[tuple[str, bytes]]) -> SideWrite:
    """The statement for what a build leaves that succeeded: its state, and `(agent id, digest)` of its agents' tokens."""
    digests, agents = ",".join(digest.hex() for _, digest in tokens), ",".join(id for id, _ in tokens)
    return SideWrite(_LEFT, (f"{{{digests}}}", f"{{{agents}}}", build_id, state))


def inherited(build_id: str, previous_build_id: str) -> SideWrite:
    """The statement that gives a new build the state of the one before, if that has one."""
    return SideWrite(_INHERIT, (build_id, previous_build_id))


async def build_state(connection: AsyncConnection[Any], build_id: str) -> bytes:
    """The state of a build, empty if it has none."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(_READ, (build_id,))
    row = await cursor.fetchone()
    return bytes(row[0]) if row else b""
