"""The queue, read: the next jobs for a worker, places in the queue, one job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import orjson
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from projections.engine.spans import held

# A job with exactly the default tags goes to daemons with exactly these; any other to daemons whose tags include the job's
# (contract/lifecycle.md C4).
_MATCHES: LiteralString = """
    (CASE WHEN j.tags = '{"scope": "organization", "owner": ""}'::jsonb THEN j.tags = %(tags)s::jsonb ELSE %(tags)s::jsonb @> j.tags END)
"""
_NEXT: LiteralString = (
    """
    SELECT j.*
    FROM jobs j
    WHERE j.started_at IS NULL AND j.completed_at IS NULL AND j.canceled_at IS NULL
      AND j.provisioner = ANY(%(provisioners)s) AND j.type = ANY(%(types)s)
      AND (%(organization)s::uuid IS NULL OR j.organization_id = %(organization)s::uuid)
      AND """
    + _MATCHES
    + """
    ORDER BY j.created_at, j.id
    LIMIT %(limit)s
"""
)
_PLACES: LiteralString = """
    SELECT id, place, size
    FROM (
      SELECT j.id, row_number() OVER w AS place, count(*) OVER (PARTITION BY j.organization_id, j.tags) AS size
      FROM {jobs}
      WHERE j.started_at IS NULL AND j.completed_at IS NULL
      WINDOW w AS (PARTITION BY j.organization_id, j.tags ORDER BY j.created_at, j.id)
    ) AS queue
    WHERE id = ANY(%(jobs)s::uuid[])
"""
_PLACES_NOW = _PLACES.format(jobs="jobs j")
_PLACES_THEN = _PLACES.format(jobs=held("jobs", "j"))

_UNFINISHED: LiteralString = """
    SELECT *
    FROM jobs
    WHERE worker_id = ANY(%s::uuid[]) AND started_at IS NOT NULL AND completed_at IS NULL
    ORDER BY started_at, id
"""


async def next_jobs(
    connection: AsyncConnection[Any],
    *,
    tags: Mapping[str, str],
    provisioners: Sequence[str],
    types: Sequence[str],
    organization_id: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    """The oldest pending jobs that a worker with these tags may take; None serves every organization."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        _NEXT,
        {
            "tags": orjson.dumps(dict(tags)).decode(),
            "provisioners": list(provisioners),
            "types": list(types),
            "organization": organization_id,
            "limit": limit,
        },
        prepare=True,
    )
    return await cursor.fetchall()


async def unfinished_jobs(connection: AsyncConnection[Any], worker_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Jobs that these workers have taken and not ended."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_UNFINISHED, (list(worker_ids),))
    return await cursor.fetchall()


async def queue_places(connection: AsyncConnection[Any], job_ids: Sequence[str], *, at: int | None = None) -> dict[str, tuple[int, int]]:
    """`(queue_position, queue_size)` of those of the jobs that are pending; positions count from 1. `at` is the position that the
    connection looks back to, if it does."""
    statement = _PLACES_NOW if at is None else _PLACES_THEN
    cursor = await connection.execute(statement, {"jobs": list(job_ids), "at": at})
    return {row[0]: (row[1], row[2]) for row in await cursor.fetchall()}


async def has_ended(connection: AsyncConnection[Any], job_id: str) -> tuple[bool, int]:
    """Whether a job is over (one that does not exist is), and a position at which the read models show it."""
    cursor = await connection.execute(
        "SELECT EXISTS (SELECT 1 FROM jobs WHERE id = %s::uuid AND completed_at IS NULL), (SELECT min(position) FROM positions)",
        (job_id,),
        prepare=True,
    )
    row = await cursor.fetchone()
    return (not row[0], int(row[1] or 0)) if row else (True, 0)
