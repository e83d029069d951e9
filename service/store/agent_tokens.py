"""Digests of agents' tokens (contract/lifecycle.md D1); the tokens themselves are stored nowhere."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection

_RENEW: LiteralString = """
    WITH former AS (
      DELETE FROM agent_token_digests WHERE agent_id = %(agent_id)s::uuid
    )
    INSERT INTO agent_token_digests (digest, agent_id)
    SELECT %(digest)b, id FROM agents WHERE id = %(agent_id)s::uuid AND NOT deleted
"""


async def renew_token(connection: AsyncConnection[Any], agent_id: str, digest: bytes) -> None:
    """Let an agent have this token and no other from now on: whoever speaks with a former one is turned away."""
    await connection.execute(_RENEW, {"agent_id": agent_id, "digest": digest})
