"""The register of provisioner daemons, and the signs of life of daemons and of the jobs that they carry out.

Neither is history: what follows from silence (a failed job) is an event, the silence itself is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import orjson
from psycopg import AsyncConnection
from psycopg.rows import dict_row

#: How long after its last sign of life a daemon still counts as there (contract/lifecycle.md C4).
ALIVE_SECONDS = 90

#: The protocol between provisioners and this service.
API_VERSION = "1.0"

# A job with exactly the default tags goes to daemons with exactly these; any other to daemons whose tags include the job's.
_MATCHES: LiteralString = """
    (d.organization_id IS NULL OR d.organization_id = j.organization_id)
    AND j.type = ANY(d.job_types)
    AND CASE WHEN j.tags = '{"scope": "organization", "owner": ""}'::jsonb THEN d.tags = j.tags ELSE d.tags @> j.tags END
"""
_IDLE: LiteralString = (
    """
    SELECT EXISTS (
      SELECT 1
      FROM provisioner_daemons d, (SELECT %s::uuid AS organization_id, %s::jsonb AS tags, 'workspace_build' AS type) AS j
      WHERE d.last_seen_at > now() - make_interval(secs => 90)
        AND %s = ANY(d.provisioners)
        AND NOT EXISTS (SELECT 1 FROM jobs b WHERE b.worker_id = d.id AND b.completed_at IS NULL)
        AND """
    + _MATCHES
    + ")"
)
_MATCHED: LiteralString = (
    """
    SELECT j.id, count(*), count(*) FILTER (WHERE d.last_seen_at >= j.created_at - make_interval(secs => 90)), max(d.last_seen_at)
    FROM json_to_recordset(%s::json)
      AS j (id uuid, organization_id uuid, tags jsonb, type text, provisioner text, created_at timestamptz)
    JOIN provisioner_daemons d ON j.provisioner = ANY(d.provisioners) AND """
    + _MATCHES
    + " GROUP BY j.id"
)
_MATCHED_BY = ("id", "organization_id", "tags", "type", "provisioner", "created_at")
_SLOTS: LiteralString = "SELECT id, slot FROM provisioner_daemons WHERE slot IS NOT NULL AND job_types = %s::text[] ORDER BY slot"
_ADD: LiteralString = """
    INSERT INTO provisioner_daemons (id, organization_id, name, version, api_version, provisioners, job_types, tags, slot)
    SELECT %s::uuid, NULL, %s, %s, %s, %s, %s, %s::jsonb, coalesce(max(slot), 0) + 1 FROM provisioner_daemons
    ON CONFLICT (slot) DO NOTHING
    RETURNING slot
"""
_ATTACH: LiteralString = """
    INSERT INTO provisioner_daemons (id, key_id, organization_id, name, version, api_version, provisioners, job_types, tags)
    VALUES (%s::uuid, %s::uuid, %s::uuid, %s, %s, %s, %s, %s, %s::jsonb)
    ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version, api_version = EXCLUDED.api_version,
      provisioners = EXCLUDED.provisioners, job_types = EXCLUDED.job_types, tags = EXCLUDED.tags, last_seen_at = now()
"""
_RENAME: LiteralString = "UPDATE provisioner_daemons SET name = %s, version = %s, api_version = %s WHERE id = %s::uuid"
_BEAT: LiteralString = """
    WITH daemons AS (
      UPDATE provisioner_daemons SET last_seen_at = now() WHERE id = ANY(%s::uuid[])
    )
    INSERT INTO job_heartbeats (job_id, seen_at)
    SELECT id, now() FROM unnest(%s::uuid[]) AS n (id)
    ON CONFLICT (job_id) DO UPDATE SET seen_at = EXCLUDED.seen_at
"""
_FORGET_JOBS: LiteralString = "DELETE FROM job_heartbeats WHERE job_id = ANY(%s::uuid[])"
_FORGET_DAEMONS: LiteralString = """
    DELETE FROM provisioner_daemons d
    WHERE last_seen_at < now() - interval '7 days'
      AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.worker_id = d.id AND j.completed_at IS NULL)
"""

_SILENT: LiteralString = """
    (
      SELECT j.*
      FROM jobs j
      LEFT JOIN job_heartbeats h ON h.job_id = j.id
      LEFT JOIN provisioner_daemons d ON d.id = j.worker_id
      WHERE j.started_at IS NOT NULL AND j.completed_at IS NULL
        AND greatest(j.started_at, h.seen_at)
          < now() - make_interval(secs => CASE WHEN d.slot IS NULL THEN %(silent)s * 10 ELSE %(silent)s END)
      ORDER BY j.started_at
      LIMIT %(limit)s
    )
    UNION ALL
    (
      SELECT j.*
      FROM jobs j
      WHERE j.started_at IS NULL AND j.completed_at IS NULL AND j.created_at < now() - make_interval(secs => %(pending)s)
      ORDER BY j.created_at
      LIMIT %(limit)s
    )
"""

#: Slots are claimed by advisory locks of two numbers: this one, and the slot's.
_SLOT_LOCKS = 0x6C_65_64_67


@dataclass(frozen=True, slots=True)
class Kind:
    """What a daemon is: its name, release, protocol, the provisioners that it has, the types of jobs that it takes, its tags."""

    name: str
    version: str
    api_version: str
    provisioners: tuple[str, ...]
    job_types: tuple[str, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matched:
    """Daemons that may take a job: all that were ever seen, those alive when it was queued, the last sign of life of any."""

    count: int = 0
    available: int = 0
    most_recently_seen: datetime | None = None


def _json(tags: Mapping[str, str]) -> str:
    return orjson.dumps(dict(tags)).decode()


async def claim_slot(connection: AsyncConnection[Any], daemon_id: str, slot: int) -> bool:
    """Hold a slot for as long as the connection lasts; False when another process holds it."""
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_SLOT_LOCKS, slot))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def take_slot(connection: AsyncConnection[Any], new_id: str, kind: Kind, avoid: Sequence[str]) -> tuple[str, int]:
    """`(daemon id, slot)` of a slot whose process is gone, else of a new one with `new_id`; held by the connection.

    Whoever takes over a slot takes over the jobs that it has not ended. `avoid` are slots that this connection holds already.
    """
    cursor = await connection.execute(_SLOTS, (list(kind.job_types),))
    for id, slot in await cursor.fetchall():
        if id not in avoid and await claim_slot(connection, id, slot):
            await connection.execute(_RENAME, (kind.name, kind.version, kind.api_version, id))
            return id, slot
    while True:
        added = await connection.execute(
            _ADD,
            (new_id, kind.name, kind.version, kind.api_version, list(kind.provisioners), list(kind.job_types), _json(kind.tags)),
        )
        row = await added.fetchone()
        if row is not None and await claim_slot(connection, new_id, row[0]):
            return new_id, row[0]


async def attach(connection: AsyncConnection[Any], id: str, key_id: str, organization_id: str, kind: Kind) -> None:
    """Register a daemon of another process, or note that it is there and what it is now."""
    await connection.execute(
        _ATTACH,
        (
            *(id, key_id, organization_id, kind.name, kind.version, kind.api_version),
            *(list(kind.provisioners), list(kind.job_types), _json(kind.tags)),
        ),
    )


async def beat(connection: AsyncConnection[Any], daemon_ids: Sequence[str], job_ids: Sequence[str]) -> None:
    """Signs of life of daemons and of the jobs that they carry out."""
    await connection.execute(_BEAT, (list(daemon_ids), list(job_ids)), prepare=True)


async def silent_jobs(
    connection: AsyncConnection[Any], *, silent_seconds: float, pending_seconds: float, limit: int
) -> list[dict[str, Any]]:
    """Jobs that nobody will end: their worker gave no sign of life for so long, or nobody took them for so long.

    Daemons of other processes get ten times as long, because they need not beat as often (contract/lifecycle.md C6).
    """
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_SILENT, {"silent": silent_seconds, "pending": pending_seconds, "limit": limit})
    return await cursor.fetchall()


async def forget_jobs(connection: AsyncConnection[Any], job_ids: Sequence[str]) -> None:
    """Drop the signs of life of jobs that have ended."""
    await connection.execute(_FORGET_JOBS, (list(job_ids),))


async def forget_daemons(connection: AsyncConnection[Any]) -> None:
    """Drop daemons that were not heard of for a week and have nothing left to do."""
    await connection.execute(_FORGET_DAEMONS)


async def somebody_is_idle(connection: AsyncConnection[Any], organization_id: str, tags: Mapping[str, str], provisioner: str) -> bool:
    """Whether a daemon that may take such a build is alive and has nothing to do."""
    cursor = await connection.execute(_IDLE, (organization_id, _json(tags), provisioner))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def matched(connection: AsyncConnection[Any], jobs: Sequence[Mapping[str, Any]]) -> dict[str, Matched]:
    """The daemons that may take each of these pending jobs (rows of `jobs`), by job id; absent: none ever registered.

    Source: contract/workspaces.md 9.1.
    """
    if not jobs:
        return {}
    known = [{name: job[name] for name in _MATCHED_BY} for job in jobs]
    cursor = await connection.execute(_MATCHED, (orjson.dumps(known).decode(),), prepare=True)
    return {row[0]: Matched(*row[1:]) for row in await cursor.fetchall()}
