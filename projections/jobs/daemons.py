"""The register of daemons as an organization sees it: those of its own and those that serve all, with what they do and did.

Reads the register beside the log, jobs, template_versions and templates. Source: contract/lifecycle.md C1, C3, C4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import orjson
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from projections.documents import rfc3339
from projections.jobs.render import job_status

#: The key of daemons that need none, because they are part of the service; its name is shown to administrators.
BUILT_IN_KEY = "00000000-0000-0000-0000-000000000001"

_DAEMONS: LiteralString = """
    SELECT *
    FROM (
      SELECT d.*, k.name AS key_name, c.job AS current_job, p.job AS previous_job,
        CASE
          WHEN d.last_seen_at < now() - make_interval(secs => %(alive)s) THEN 'offline'
          WHEN c.job IS NOT NULL THEN 'busy'
          ELSE 'idle'
        END AS status
      FROM provisioner_daemons d
      LEFT JOIN provisioner_keys k ON k.id = d.key_id
      LEFT JOIN LATERAL (
        SELECT to_jsonb(j) AS job FROM jobs j WHERE j.worker_id = d.id AND j.completed_at IS NULL ORDER BY j.started_at DESC LIMIT 1
      ) AS c ON true
      LEFT JOIN LATERAL (
        SELECT to_jsonb(j) AS job FROM jobs j WHERE j.worker_id = d.id AND j.completed_at IS NOT NULL ORDER BY j.started_at DESC LIMIT 1
      ) AS p ON true
      WHERE (d.organization_id IS NULL OR d.organization_id = %(organization)s::uuid)
        AND (cardinality(%(ids)s::uuid[]) = 0 OR d.id = ANY(%(ids)s::uuid[]))
        AND (%(tags)s::jsonb IS NULL OR d.tags @> %(tags)s::jsonb)
        AND (%(max_age)s::double precision IS NULL OR d.last_seen_at >= now() - make_interval(secs => %(max_age)s::double precision))
    ) AS daemons
    WHERE (status <> 'offline' OR %(offline)s OR 'offline' = ANY(%(statuses)s::text[]))
      AND (cardinality(%(statuses)s::text[]) = 0 OR status = ANY(%(statuses)s::text[]))
    ORDER BY created_at DESC, id
    LIMIT %(limit)s::bigint
"""
_TEMPLATES: LiteralString = """
    SELECT v.id, t.name, t.icon, t.display_name
    FROM template_versions v
    JOIN templates t ON t.id = v.template_id
    WHERE v.id = ANY(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class DaemonFilter:
    """What a list of daemons is narrowed to; `max_age` in seconds, `offline` whether silent ones are shown. `limit` 0 is none."""

    ids: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = None
    offline: bool = False
    max_age: float | None = None
    limit: int = 0


async def organization_daemons(
    connection: AsyncConnection[Any], organization_id: str, wanted: DaemonFilter, *, alive_seconds: int
) -> list[dict[str, Any]]:
    """The documents of the daemons that serve an organization, newest first."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        _DAEMONS,
        {
            "organization": organization_id,
            "ids": list(wanted.ids),
            "statuses": list(wanted.statuses),
            "tags": None if wanted.tags is None else orjson.dumps(dict(wanted.tags)).decode(),
            "offline": wanted.offline,
            "max_age": wanted.max_age,
            "limit": wanted.limit or None,
            "alive": alive_seconds,
        },
    )
    rows = await cursor.fetchall()
    versions = {job["template_version_id"] for row in rows for job in (row["current_job"], row["previous_job"]) if job is not None}
    templates: dict[str, tuple[str, str, str]] = {}
    if versions:
        found = await connection.execute(_TEMPLATES, (list(versions),))
        templates = {row[0]: (row[1], row[2], row[3]) for row in await found.fetchall()}
    return [_document(row, organization_id, templates) for row in rows]


def _document(row: Mapping[str, Any], organization_id: str, templates: Mapping[str, tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "api_version": row["api_version"],
        "created_at": rfc3339(row["created_at"]),
        "current_job": _job(row["current_job"] if row["status"] == "busy" else None, templates),
        "id": row["id"],
        "key_id": row["key_id"] or BUILT_IN_KEY,
        "key_name": "built-in" if row["key_id"] is None else row["key_name"] or "deleted",
        "last_seen_at": rfc3339(row["last_seen_at"]),
        "name": row["name"],
        "organization_id": row["organization_id"] or organization_id,
        "previous_job": _job(row["previous_job"], templates),
        "provisioners": row["provisioners"],
        "status": row["status"],
        "tags": row["tags"],
        "version": row["version"],
    }


def _job(job: Mapping[str, Any] | None, templates: Mapping[str, tuple[str, str, str]]) -> dict[str, Any] | None:
    """The schema `ProvisionerDaemonJob`; a version without template has none to show."""
    if job is None:
        return None
    name, icon, display_name = templates.get(job["template_version_id"], ("", "", ""))
    return {
        "id": job["id"],
        "status": job_status(job),
        "template_display_name": display_name,
        "template_icon": icon,
        "template_name": name,
    }
