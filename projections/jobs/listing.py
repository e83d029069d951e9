"""Jobs and daemons of an organization as its administrators see them. Reads template_versions, templates, workspaces, builds,
and the register of daemons beside the log. Source: contract/lifecycle.md C3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import orjson
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from domain.kernel.ids import NIL
from projections.jobs.queries import queue_places
from projections.jobs.render import job_status, render_job

_STATUS: LiteralString = """
    CASE
      WHEN j.error <> '' THEN 'failed'
      WHEN j.completed_at IS NOT NULL THEN CASE WHEN j.canceled_at IS NOT NULL THEN 'canceled' ELSE 'succeeded' END
      WHEN j.canceled_at IS NOT NULL THEN 'canceling'
      WHEN j.started_at IS NULL THEN 'pending'
      ELSE 'running'
    END
"""
_JOBS: LiteralString = (
    """
    SELECT j.*, d.name AS worker_name,
      coalesce(v.name, '') AS version_name, t.id AS template_id, coalesce(t.name, '') AS template_name,
      coalesce(t.display_name, '') AS template_display_name, coalesce(t.icon, '') AS template_icon,
      w.name AS workspace_name, b.transition,
      (SELECT count(*) FROM jobs p WHERE p.organization_id = j.organization_id AND p.started_at IS NULL AND p.completed_at IS NULL)
        AS waiting
    FROM jobs j
    LEFT JOIN provisioner_daemons d ON d.id = j.worker_id
    LEFT JOIN template_versions v ON v.id = j.template_version_id
    LEFT JOIN templates t ON t.id = v.template_id
    LEFT JOIN builds b ON b.id = j.build_id
    LEFT JOIN workspaces w ON w.id = j.workspace_id
    WHERE j.organization_id = %(organization)s::uuid
      AND (cardinality(%(ids)s::uuid[]) = 0 OR j.id = ANY(%(ids)s::uuid[]))
      AND (%(initiator)s::uuid IS NULL OR j.initiator_id = %(initiator)s::uuid)
      AND (%(tags)s::jsonb IS NULL OR j.tags @> %(tags)s::jsonb)
      AND (cardinality(%(statuses)s::text[]) = 0 OR """
    + _STATUS
    + """ = ANY(%(statuses)s::text[]))
    ORDER BY j.created_at DESC, j.id DESC
    LIMIT %(limit)s::bigint
"""
)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What a list of jobs is narrowed to; empty parts do not count. `limit` 0 is none."""

    ids: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    initiator_id: str = ""
    tags: Mapping[str, str] | None = None
    limit: int = 0


async def organization_jobs(connection: AsyncConnection[Any], organization_id: str, wanted: JobFilter) -> list[dict[str, Any]]:
    """The documents of an organization's jobs, newest first, with what only these routes fill in."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        _JOBS,
        {
            "organization": organization_id,
            "ids": list(wanted.ids),
            "initiator": wanted.initiator_id or None,
            "tags": None if wanted.tags is None else orjson.dumps(dict(wanted.tags)).decode(),
            "statuses": list(wanted.statuses),
            "limit": wanted.limit or None,
        },
    )
    rows = await cursor.fetchall()
    pending = [row["id"] for row in rows if job_status(row) == "pending"]
    places = await queue_places(connection, pending) if pending else {}
    return [_document(row, places.get(row["id"], (0, 0))[0]) for row in rows]


def _document(row: Mapping[str, Any], position: int) -> dict[str, Any]:
    document = render_job(row, queue_position=position, queue_size=row["waiting"], metadata=_metadata(row))
    if row["worker_name"] is not None:
        document["worker_name"] = row["worker_name"]
    return document


def _metadata(row: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {
        "template_display_name": row["template_display_name"],
        "template_icon": row["template_icon"],
        "template_id": row["template_id"] or NIL,
        "template_name": row["template_name"],
        "template_version_name": row["version_name"],
    }
    if row["transition"] is not None:
        metadata["workspace_build_transition"] = row["transition"]
    if row["workspace_id"] is not None:
        metadata["workspace_id"] = row["workspace_id"]
        metadata["workspace_name"] = row["workspace_name"] or ""
    return metadata
