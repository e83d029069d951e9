"""What provisioner jobs print, beside the log: lines in order, at most 1 MiB of text per job (contract/lifecycle.md B7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection

CHANNEL: LiteralString = "ledger_job_logs"
MAX_BYTES = 1 << 20

#: Who prints: the daemon about itself, or the tool that it runs.
DAEMON = "provisioner_daemon"
TOOL = "provisioner"

_OVERFLOW = "The log of this job is full: what follows is left out."
# One statement decides and writes, so that two writers of one job cannot both pass the limit.
_APPEND: LiteralString = """
    WITH size AS (
      INSERT INTO job_log_sizes AS s (job_id, bytes)
      SELECT %(job)s::uuid, %(bytes)s WHERE %(bytes)s <= %(limit)s
      ON CONFLICT (job_id) DO UPDATE SET bytes = s.bytes + EXCLUDED.bytes
        WHERE NOT s.is_full AND s.bytes + EXCLUDED.bytes <= %(limit)s
      RETURNING 1
    ), lines AS (
      INSERT INTO job_logs (job_id, created_at, source, level, stage, output)
      SELECT %(job)s::uuid, n.created_at, n.source, n.level, n.stage, n.output
      FROM unnest(%(times)s::timestamptz[], %(sources)s::text[], %(levels)s::text[], %(stages)s::text[], %(outputs)s::text[])
        WITH ORDINALITY AS n (created_at, source, level, stage, output, ordinal), size
      ORDER BY n.ordinal
      RETURNING 1
    )
    SELECT count(*), pg_notify('ledger_job_logs', %(job)s::text) FROM lines
"""
_FILL: LiteralString = """
    WITH full_now AS (
      INSERT INTO job_log_sizes AS s (job_id, bytes, is_full) VALUES (%(job)s::uuid, 0, true)
      ON CONFLICT (job_id) DO UPDATE SET is_full = true WHERE NOT s.is_full
      RETURNING 1
    )
    INSERT INTO job_logs (job_id, created_at, source, level, stage, output)
    SELECT %(job)s::uuid, %(time)s, 'provisioner_daemon', 'warn', %(stage)s, %(output)s FROM full_now
"""
_READ: LiteralString = """
    SELECT id, created_at, source, level, stage, output
    FROM job_logs
    WHERE job_id = %s::uuid AND id > %s
    ORDER BY id
    LIMIT %s
"""
_LAST_STAGE: LiteralString = "SELECT stage FROM job_logs WHERE job_id = %s::uuid ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as printed: `source` is DAEMON or TOOL, `level` trace, debug, info, warn or error."""

    created_at: datetime
    stage: str
    output: str
    source: str = TOOL
    level: str = "info"


class StoredLine(NamedTuple):
    """One line as stored; ids grow in the order of printing, with gaps."""

    id: int
    created_at: datetime
    source: str
    level: str
    stage: str
    output: str


async def append_lines(connection: AsyncConnection[Any], job_id: str, lines: Sequence[LogLine]) -> bool:
    """Store lines and wake who follows the job. False, with none of them stored, when they would pass the limit.

    The first time that happens a warning becomes the last line of the log.
    """
    if not lines:
        return True
    cursor = await connection.execute(
        _APPEND,
        {
            "job": job_id,
            "bytes": sum(len(line.output.encode()) for line in lines),
            "limit": MAX_BYTES,
            "times": [line.created_at for line in lines],
            "sources": [line.source for line in lines],
            "levels": [line.level for line in lines],
            "stages": [line.stage for line in lines],
            "outputs": [line.output for line in lines],
        },
        prepare=True,
    )
    row = await cursor.fetchone()
    if row is not None and row[0] == len(lines):
        return True
    last = lines[-1]
    await connection.execute(_FILL, {"job": job_id, "time": last.created_at, "stage": last.stage, "output": _OVERFLOW})
    await connection.execute("SELECT pg_notify('ledger_job_logs', %s)", (job_id,))
    return False


async def read_lines(connection: AsyncConnection[Any], job_id: str, after: int, limit: int) -> list[StoredLine]:
    """At most `limit` lines with a greater id than `after`, oldest first."""
    cursor = await connection.execute(_READ, (job_id, after, limit), prepare=True)
    return [StoredLine(*row) for row in await cursor.fetchall()]


async def last_stage(connection: AsyncConnection[Any], job_id: str) -> str:
    """The stage of the newest line, "Unknown" when nothing was printed."""
    cursor = await connection.execute(_LAST_STAGE, (job_id,))
    row = await cursor.fetchone()
    return row[0] if row else "Unknown"
