"""What agents send that is not history: log lines (at most 1 MiB of text each), heartbeats, metadata. It lies beside the log.

Source: contract/lifecycle.md D2, D8, D9. Whoever follows an agent is woken by a notification that carries its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection

CHANNEL: LiteralString = "ledger_agent_telemetry"
MAX_LOG_BYTES = 1 << 20

# One statement decides and writes, so that two writers of one agent cannot both pass the limit.
_APPEND: LiteralString = """
    WITH size AS (
      INSERT INTO agent_log_sizes AS s (agent_id, bytes)
      SELECT %(agent)s::text::uuid, %(bytes)s WHERE %(bytes)s <= %(limit)s
      ON CONFLICT (agent_id) DO UPDATE SET bytes = s.bytes + EXCLUDED.bytes
        WHERE NOT s.is_full AND s.bytes + EXCLUDED.bytes <= %(limit)s
      RETURNING 1
    ), lines AS (
      INSERT INTO agent_logs (agent_id, created_at, level, output, source_id)
      SELECT %(agent)s::text::uuid, n.created_at, n.level, n.output, %(source)s::uuid
      FROM unnest(%(times)s::timestamptz[], %(levels)s::text[], %(outputs)s::text[]) WITH ORDINALITY
        AS n (created_at, level, output, ordinal), size
      ORDER BY n.ordinal
      RETURNING 1
    )
    SELECT count(*), pg_notify('ledger_agent_telemetry', %(agent)s::text) FROM lines
"""
_FILL: LiteralString = """
    INSERT INTO agent_log_sizes (agent_id, bytes, is_full) VALUES (%s::uuid, 0, true)
    ON CONFLICT (agent_id) DO UPDATE SET is_full = true
"""
_READ: LiteralString = """
    SELECT id, created_at, level, output, source_id
    FROM agent_logs
    WHERE agent_id = %s::uuid AND id > %s
    ORDER BY id
    LIMIT %s
"""
_BEAT: LiteralString = """
    INSERT INTO agent_heartbeats AS h (agent_id, heard_at) VALUES (%s::uuid, %s)
    ON CONFLICT (agent_id) DO UPDATE SET heard_at = greatest(h.heard_at, EXCLUDED.heard_at)
"""
_PUT_METADATA: LiteralString = """
    WITH kept AS (
      SELECT sum(octet_length(key)) AS bytes
      FROM (SELECT key FROM agent_metadata WHERE agent_id = %(agent)s::text::uuid UNION SELECT unnest(%(keys)s::text[])) AS k
    ), stored AS (
      INSERT INTO agent_metadata
        (agent_id, key, display_name, script, interval_seconds, timeout_seconds, value, error, collected_at)
      SELECT %(agent)s::text::uuid, n.*
      FROM kept, unnest(%(keys)s::text[], %(names)s::text[], %(scripts)s::text[], %(intervals)s::bigint[], %(timeouts)s::bigint[],
        %(values)s::text[], %(errors)s::text[], %(times)s::timestamptz[]) AS n
      WHERE kept.bytes <= %(most)s
      ON CONFLICT (agent_id, key) DO UPDATE SET display_name = EXCLUDED.display_name, script = EXCLUDED.script,
        interval_seconds = EXCLUDED.interval_seconds, timeout_seconds = EXCLUDED.timeout_seconds, value = EXCLUDED.value,
        error = EXCLUDED.error, collected_at = EXCLUDED.collected_at
      RETURNING 1
    )
    SELECT count(*), pg_notify('ledger_agent_telemetry', %(agent)s::text) FROM stored
"""
_METADATA: LiteralString = """
    SELECT key, display_name, script, interval_seconds, timeout_seconds, value, error, collected_at
    FROM agent_metadata
    WHERE agent_id = %s::uuid
    ORDER BY key
"""


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One line as sent; `level` is trace, debug, info, warn or error."""

    created_at: datetime
    level: str
    output: str


class StoredLine(NamedTuple):
    """One line as stored; ids grow in the order of arrival, with gaps."""

    id: int
    created_at: datetime
    level: str
    output: str
    source_id: str


class Metadatum(NamedTuple):
    """The newest value of one metadata key, with its description; `interval_seconds` and `timeout_seconds` may be 0."""

    key: str
    display_name: str
    script: str
    interval_seconds: int
    timeout_seconds: int
    value: str
    error: str
    collected_at: datetime


async def append_lines(connection: AsyncConnection[Any], agent_id: str, source_id: str, lines: Sequence[AgentLine]) -> bool:
    """Store lines and wake who follows. False, with none stored, when they would pass the limit: from then on the log is full."""
    cursor = await connection.execute(
        _APPEND,
        {
            "agent": agent_id,
            "source": source_id,
            "bytes": sum(len(line.output.encode()) for line in lines),
            "limit": MAX_LOG_BYTES,
            "times": [line.created_at for line in lines],
            "levels": [line.level for line in lines],
            "outputs": [line.output for line in lines],
        },
        prepare=True,
    )
    row = await cursor.fetchone()
    if row is not None and row[0] == len(lines):
        return True
    await connection.execute(_FILL, (agent_id,))
    return False


async def read_lines(connection: AsyncConnection[Any], agent_id: str, after: int, limit: int) -> list[StoredLine]:
    """At most `limit` lines with a greater id than `after`, oldest first."""
    cursor = await connection.execute(_READ, (agent_id, after, limit), prepare=True)
    return [StoredLine(*row) for row in await cursor.fetchall()]


async def beat(connection: AsyncConnection[Any], agent_id: str, at: datetime) -> None:
    """The agent was heard at `at`; never moved backwards."""
    await connection.execute(_BEAT, (agent_id, at), prepare=True)


async def put_metadata(connection: AsyncConnection[Any], agent_id: str, values: Sequence[Metadatum], most_key_bytes: int) -> bool:
    """Replace the values of these keys (each at most once) and wake who watches. False, with nothing kept, if the keys of the agent
    would then have more bytes together."""
    cursor = await connection.execute(
        _PUT_METADATA,
        {
            "agent": agent_id,
            "keys": [v.key for v in values],
            "names": [v.display_name for v in values],
            "scripts": [v.script for v in values],
            "intervals": [v.interval_seconds for v in values],
            "timeouts": [v.timeout_seconds for v in values],
            "values": [v.value for v in values],
            "errors": [v.error for v in values],
            "times": [v.collected_at for v in values],
            "most": most_key_bytes,
        },
    )
    row = await cursor.fetchone()
    return row is not None and row[0] == len(values)


async def metadata_of(connection: AsyncConnection[Any], agent_id: str) -> list[Metadatum]:
    """All that the agent reported, by key."""
    cursor = await connection.execute(_METADATA, (agent_id,), prepare=True)
    return [Metadatum(*row) for row in await cursor.fetchall()]
