"""Template versions, read. A row comes with its job's columns, its author, and what decides who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from projections.jobs.render import COLUMNS as JOB_COLUMNS

Row = dict[str, Any]

_COLUMNS: LiteralString = """
    v.id, v.template_id, v.organization_id, v.name, v.message, v.readme, v.archived, v.file_id, v.job_id, v.created_by, v.created_at,
    v.updated_at, u.username AS author_username, u.name AS author_name, u.avatar_url AS author_avatar_url
"""
_JOB: LiteralString = """
    j.provisioner AS job$provisioner,
    j.id AS job$id, j.type AS job$type, j.organization_id AS job$organization_id, j.initiator_id AS job$initiator_id,
    j.file_id AS job$file_id, j.tags AS job$tags, j.template_version_id AS job$template_version_id, j.build_id AS job$build_id,
    j.worker_id AS job$worker_id, j.created_at AS job$created_at, j.started_at AS job$started_at, j.canceled_at AS job$canceled_at,
    j.completed_at AS job$completed_at, j.error AS job$error, j.error_code AS job$error_code, j.logs_overflowed AS job$logs_overflowed
"""
_FROM: LiteralString = """
    FROM template_versions v
    JOIN jobs j ON j.id = v.job_id
    LEFT JOIN users u ON u.id = v.created_by
"""
_VERSION: LiteralString = "SELECT " + _COLUMNS + ", " + _JOB
_BY_ID: LiteralString = _VERSION + _FROM + "WHERE v.id = %s::uuid"
_BY_NAME: LiteralString = _VERSION + _FROM + "WHERE v.template_id = %s::uuid AND v.name = %s"
_PREVIOUS: LiteralString = (
    _VERSION
    + _FROM
    + """
    WHERE v.template_id = %(template_id)s::uuid AND (v.created_at, v.id) < (%(created_at)s, %(id)s::uuid)
    ORDER BY v.created_at DESC, v.id DESC
    LIMIT 1
"""
)
_LIST: LiteralString = (
    _VERSION
    + _FROM
    + """
    WHERE v.template_id = %(template_id)s::uuid
      AND (%(archived)s OR NOT v.archived)
      AND (%(after_id)s::uuid IS NULL
        OR (v.created_at, v.id) > (SELECT a.created_at, a.id FROM template_versions a WHERE a.id = %(after_id)s::uuid))
    ORDER BY v.created_at, v.id
    LIMIT NULLIF(%(limit)s::bigint, 0)
    OFFSET %(offset)s
"""
)
# What decides about reading comes along, so that a version is found and judged in one round trip.
_GUARD: LiteralString = """
    v.id, v.template_id, v.organization_id, v.job_id, t.user_acl, t.group_acl
    FROM template_versions v
    JOIN jobs j ON j.id = v.job_id
    LEFT JOIN templates t ON t.id = v.template_id
    WHERE v.id = %s::uuid
"""
_GUARDED: LiteralString = "SELECT " + _GUARD
_PLANNED: LiteralString = "SELECT v.plan, j.completed_at, " + _GUARD
_DRY_RUN: LiteralString = (
    "SELECT d.id AS dry_run_id, d.template_version_id, d.resources, "
    + _JOB
    + """
    FROM jobs j
    LEFT JOIN dry_runs d ON d.job_id = j.id
    WHERE j.id = %s::uuid
"""
)
_OF_FILE: LiteralString = """
    SELECT DISTINCT t.id, t.organization_id, t.user_acl, t.group_acl
    FROM template_versions v
    JOIN templates t ON t.id = v.template_id
    WHERE v.file_id = %s::uuid AND NOT t.deleted
"""


@dataclass(frozen=True, slots=True)
class VersionPage:
    """`after_id` None starts at the first; `limit` 0 is no limit."""

    include_archived: bool = False
    after_id: str | None = None
    limit: int = 0
    offset: int = 0


def job_of(row: Mapping[str, Any]) -> Row:
    """The job's columns of a joined row, by their own names."""
    return {name: row[f"job${name}"] for name in (*JOB_COLUMNS, "provisioner")}


async def _one(connection: AsyncConnection[Any], query: LiteralString, parameters: Any) -> Row | None:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, parameters)
    return await cursor.fetchone()


async def _all(connection: AsyncConnection[Any], query: LiteralString, parameters: Any) -> list[Row]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(query, parameters)
    return await cursor.fetchall()


async def version_by_id(connection: AsyncConnection[Any], version_id: str) -> Row | None:
    """A version with its job and author."""
    return await _one(connection, _BY_ID, (version_id,))


async def guarded_version(connection: AsyncConnection[Any], version_id: str) -> Row | None:
    """What says who may do what with a version: its template's access lists, None while it has no template."""
    return await _one(connection, _GUARDED, (version_id,))


async def planned_version(connection: AsyncConnection[Any], version_id: str) -> Row | None:
    """The same with `plan`, and `completed_at` of the import."""
    return await _one(connection, _PLANNED, (version_id,))


async def version_by_name(connection: AsyncConnection[Any], template_id: str, name: str) -> Row | None:
    """A version of the template by its exact name, archived or not."""
    return await _one(connection, _BY_NAME, (template_id, name))


async def previous_version(connection: AsyncConnection[Any], template_id: str, version: Mapping[str, Any]) -> Row | None:
    """The version of the template that was made before `version`."""
    return await _one(connection, _PREVIOUS, {"template_id": template_id, "created_at": version["created_at"], "id": version["id"]})


async def versions_of(connection: AsyncConnection[Any], template_id: str, page: VersionPage) -> list[Row]:
    """The versions of a template, oldest first."""
    parameters = {
        "template_id": template_id,
        "archived": page.include_archived,
        "after_id": page.after_id,
        "limit": page.limit,
        "offset": page.offset,
    }
    return await _all(connection, _LIST, parameters)


async def dry_run_by_job(connection: AsyncConnection[Any], job_id: str) -> Row | None:
    """A job with the dry run that it carries out; `dry_run_id` is None for a job of another kind."""
    return await _one(connection, _DRY_RUN, (job_id,))


async def templates_of_file(connection: AsyncConnection[Any], file_id: str) -> list[Row]:
    """The templates that use a file, as far as deciding who may update them needs."""
    return await _all(connection, _OF_FILE, (file_id,))
