"""Builds, read: documents by id, by number, of a workspace; what access to one hangs on.

Joins workspaces, jobs, users, template_versions, templates, agents and app_statuses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from projections.agents.tables import AGENTS, APP_STATUSES
from projections.builds.fold import MODEL
from projections.builds.render import Owner, render_build, render_resources
from projections.builds.tables import BUILDS
from projections.engine.tables import Row, Rows
from projections.jobs.fold import MODEL as JOB_MODEL
from projections.jobs.tables import JOBS

_BUILD = tuple(name for name in BUILDS.columns if name not in ("parameters", "timings"))
_JOB = tuple(JOBS.columns)
_AGENT = tuple(AGENTS.columns)
_STATUS = tuple(APP_STATUSES.columns)

_MAIN: LiteralString = f"""
    SELECT {", ".join("b." + c for c in _BUILD)},
      {", ".join("j." + c for c in _JOB)},
      w.name, w.owner_id, coalesce(o.username, ''), coalesce(o.avatar_url, ''), coalesce(i.username, ''), coalesce(v.name, '')
    FROM builds b
    JOIN jobs j ON j.id = b.job_id
    JOIN workspaces w ON w.id = b.workspace_id
    LEFT JOIN users o ON o.id = w.owner_id
    LEFT JOIN users i ON i.id = b.initiator_id
    LEFT JOIN template_versions v ON v.id = b.template_version_id
"""
_BY_IDS: LiteralString = _MAIN + " WHERE b.id = ANY(%s::uuid[]) ORDER BY b.number DESC"
_BY_NUMBER: LiteralString = "SELECT id FROM builds WHERE workspace_id = %s::uuid AND number = %s"
# The cursor of this list is a lower bound: the reference lists what is newer than it (contract/lifecycle.md B8).
_PAGE: LiteralString = """
    SELECT id
    FROM builds
    WHERE workspace_id = %(workspace)s::uuid
      AND (%(after)s = '' OR number > (SELECT number FROM builds WHERE id = nullif(%(after)s, '')::uuid))
      AND (%(since)s::timestamptz IS NULL OR created_at > %(since)s::timestamptz)
    ORDER BY number DESC
    LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
"""
_AGENTS: LiteralString = f"""
    SELECT {", ".join(_AGENT)}
    FROM agents
    WHERE build_id = ANY(%s::uuid[]) AND NOT deleted
"""
_STATUSES: LiteralString = f"""
    SELECT {", ".join(_STATUS)}
    FROM app_statuses
    WHERE build_id = ANY(%s::uuid[])
    ORDER BY created_at DESC, id DESC
"""
_PLACE: LiteralString = """
    SELECT b.id, b.workspace_id, b.job_id, j.completed_at IS NOT NULL,
      coalesce((t.settings ->> 'allow_user_cancel_workspace_jobs')::boolean, false)
    FROM builds b
    JOIN jobs j ON j.id = b.job_id
    JOIN workspaces w ON w.id = b.workspace_id
    LEFT JOIN templates t ON t.id = w.template_id
    WHERE b.id = %s::uuid
"""
_OWNER: LiteralString = """
    SELECT w.name, w.owner_id, coalesce(o.username, ''), coalesce(o.avatar_url, ''), coalesce(i.username, '')
    FROM workspaces w
    LEFT JOIN users o ON o.id = w.owner_id
    LEFT JOIN users i ON i.id = %s::uuid
    WHERE w.id = %s::uuid
"""


@dataclass(frozen=True, slots=True)
class BuildPlace:
    """Where a build belongs; `may_be_canceled` is what its template lets users do with running builds."""

    id: str
    workspace_id: str
    job_id: str
    has_ended: bool
    may_be_canceled: bool


async def build_place(connection: AsyncConnection[Any], id: str) -> BuildPlace | None:
    """The workspace and job of a build, None when there is no such build."""
    cursor = await connection.execute(_PLACE, (id,), prepare=True)
    row = await cursor.fetchone()
    return None if row is None else BuildPlace(*row)


async def build_of_number(connection: AsyncConnection[Any], workspace_id: str, number: int) -> str | None:
    """The id of a workspace's build."""
    cursor = await connection.execute(_BY_NUMBER, (workspace_id, number), prepare=True)
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def builds_of_workspace(
    connection: AsyncConnection[Any], workspace_id: str, *, since: datetime | None, after_id: str, limit: int, offset: int
) -> list[str]:
    """Ids, newest first; `limit` 0 is no limit, `since` excludes itself, `after_id` "" is none."""
    cursor = await connection.execute(
        _PAGE, {"workspace": workspace_id, "since": since, "after": after_id, "limit": limit or None, "offset": offset}
    )
    return [row[0] for row in await cursor.fetchall()]


async def build_documents(connection: AsyncConnection[Any], ids: Sequence[str]) -> list[tuple[dict[str, Any], Row]]:
    """Documents of builds with their rows in `jobs`, highest number first. Three statements, however many."""
    if not ids:
        return []
    builds = await (await connection.execute(_BY_IDS, (list(ids),), prepare=True)).fetchall()
    agents: dict[str, list[Row]] = defaultdict(list)
    for values in await (await connection.execute(_AGENTS, (list(ids),), prepare=True)).fetchall():
        row = dict(zip(_AGENT, values, strict=True))
        agents[row["build_id"]].append(row)
    statuses = await _statuses(connection, list(ids)) if agents else {}
    documents = []
    for values in builds:
        build = dict(zip(_BUILD, values[: len(_BUILD)], strict=True))
        job = dict(zip(_JOB, values[len(_BUILD) : len(_BUILD) + len(_JOB)], strict=True))
        *owner, initiator, version = values[len(_BUILD) + len(_JOB) :]
        document = render_build(
            build,
            job,
            Owner(*owner),
            initiator_name=initiator,
            version_name=version,
            agents=agents.get(build["id"], ()),
            statuses=statuses,
        )
        documents.append((document, job))
    return documents


async def _statuses(connection: AsyncConnection[Any], ids: list[str]) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for values in await (await connection.execute(_STATUSES, (ids,), prepare=True)).fetchall():
        row = dict(zip(_STATUS, values, strict=True))
        found[row["agent_id"]].append(row)
    return found


async def queued_document(connection: AsyncConnection[Any], events: Sequence[Recorded]) -> tuple[dict[str, Any], Row]:
    """The document of a build as it was queued, whatever has become of it since, and its row in `jobs`.

    `events` are those of the queueing. The version's name is left empty, as in the reference (contract/lifecycle.md B1).
    """
    rows = Rows()
    queued = next(recorded for recorded in events if type(recorded.event).NAME == "BuildQueued")
    for model in (JOB_MODEL, MODEL):
        model.apply(rows, queued)
    build = rows.get(BUILDS, queued.stream.id)
    job = None if build is None else rows.get(JOBS, build["job_id"])
    if build is None or job is None:
        raise LookupError("these are not the events of a new build")
    cursor = await connection.execute(_OWNER, (build["initiator_id"], build["workspace_id"]), prepare=True)
    found = await cursor.fetchone()
    if found is None:
        raise LookupError("a build belongs to a workspace")
    *owner, initiator = found
    return render_build(build, job, Owner(*owner), initiator_name=initiator, version_name=""), job


async def build_parameters(connection: AsyncConnection[Any], id: str) -> list[dict[str, str]]:
    """`[{name, value}]` of a build."""
    row = await (await connection.execute("SELECT parameters FROM builds WHERE id = %s::uuid", (id,))).fetchone()
    return [{"name": p["name"], "value": p["value"]} for p in row[0]] if row else []


async def build_resources(connection: AsyncConnection[Any], id: str) -> list[dict[str, Any]]:
    """The resources of an ended build, by name alone (contract/lifecycle.md B8)."""
    builds = await (await connection.execute(_BY_IDS, ([id],), prepare=True)).fetchall()
    if not builds:
        return []
    build = dict(zip(_BUILD, builds[0][: len(_BUILD)], strict=True))
    job = dict(zip(_JOB, builds[0][len(_BUILD) : len(_BUILD) + len(_JOB)], strict=True))
    found = await (await connection.execute(_AGENTS, ([id],), prepare=True)).fetchall()
    agents = [dict(zip(_AGENT, values, strict=True)) for values in found]
    return render_resources(
        build["resources"],
        agents,
        job_id=build["job_id"],
        transition=build["transition"],
        created_at=job["completed_at"] or build["updated_at"],
        statuses=await _statuses(connection, [id]) if agents else {},
        by_name=True,
    )
