"""What provisioner jobs print, beside the log: lines in order, at most 1 MiB of text per job (contract/lifecycle.md B7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

import orjson
from psycopg import AsyncConnection

from service.store.append import SideWrite

CHANNEL: LiteralString = "ledger_job_logs"
MAX_BYTES = 1 << 20

#: Who prints: the daemon about itself, or the tool that it runs.
DAEMON = "provisioner_daemon"
TOOL = "provisioner"

_OVERFLOW = "The log of this job is full: what follows is left out."
# One statement decides and writes, so that two writers of one job cannot both pass the limit. Lines travel as one document.
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
      FROM ROWS FROM (
          json_to_recordset(%(lines)s::json) AS (created_at timestamptz, source text, level text, stage text, output text)
        ) WITH ORDINALITY AS n (created_at, source, level, stage, output, ordinal), size
      ORDER BY n.ordinal
    ), full_now AS (
      INSERT INTO job_log_sizes AS s (job_id, bytes, is_full)
      SELECT %(job)s::uuid, 0, true WHERE NOT EXISTS (SELECT FROM size)
      ON CONFLICT (job_id) DO UPDATE SET is_full = true WHERE NOT s.is_full
      RETURNING 1
    ), warning AS (
      INSERT INTO job_logs (job_id, created_at, source, level, stage, output)
      SELECT %(job)s::uuid, %(time)s, 'provisioner_daemon', 'warn', %(stage)s, %(warning)s FROM full_now
    )
    SELECT EXISTS (SELECT FROM size), pg_notify('ledger_job_logs', %(job)s::text)
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
    cursor = await connection.execute(_APPEND, _parameters(job_id, lines), prepare=True)
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


def stored_with(job_id: str, lines: Sequence[LogLine]) -> SideWrite:
    """The statement that stores lines with the end of their job. For lines that are known to fit: nobody hears if they do not."""
    return SideWrite(_APPEND, _parameters(job_id, lines))


def size_of(line: LogLine) -> int:
    """How much of the limit a line takes, in bytes."""
    return len(line.output.encode())


def _parameters(job_id: str, lines: Sequence[LogLine]) -> Mapping[str, Any]:
    return {
        "job": job_id,
        "bytes": sum(size_of(line) for line in lines),
        "limit": MAX_BYTES,
        "lines": orjson.dumps(lines).decode(),
        "time": lines[-1].created_at,
        "stage": lines[-1].stage,
        "warning": _OVERFLOW,
    }


async def read_lines(connection: AsyncConnection[Any], job_id: str, after: int, limit: int) -> list[StoredLine]:
    """At most `limit` lines with a greater id than `after`, oldest first."""
    cursor = await connection.execute(_READ, (job_id, after, limit), prepare=True)
    return [StoredLine(*row) for row in await cursor.fetchall()]


async def last_stage(connection: AsyncConnection[Any], job_id: str) -> str:
    """The stage of the newest line, "Unknown" when nothing was printed."""
    cursor = await connection.execute(_LAST_STAGE, (job_id,))
    row = await cursor.fetchone()
    return row[0] if row else "Unknown"
