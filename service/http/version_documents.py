"""Rows of template versions as answers, with what only the moment knows: places in the queue, provisioners that could take a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.errors import NotFound
from projections.documents import rfc3339_or_none
from projections.jobs.queries import queue_places
from projections.jobs.render import job_status
from projections.template_versions.queries import job_of, version_by_id
from projections.template_versions.render import render_version
from service.store.provisioner_daemons import Matched, matched

Row = Mapping[str, Any]

_NOBODY = Matched()
#: A job's columns as they were when it was queued.
_QUEUED = {
    "job$started_at": None,
    "job$canceled_at": None,
    "job$completed_at": None,
    "job$worker_id": None,
    "job$error": "",
    "job$error_code": "",
}


def matched_document(found: Matched) -> dict[str, Any]:
    """The schema `MatchedProvisioners`."""
    return {"available": found.available, "count": found.count, "most_recently_seen": rfc3339_or_none(found.most_recently_seen)}


async def matched_provisioners(connection: AsyncConnection[Any], job: Row) -> dict[str, Any]:
    """The daemons that can take one job (a row of `jobs`), pending or not."""
    return matched_document((await matched(connection, [job])).get(job["id"], _NOBODY))


async def version_documents(connection: AsyncConnection[Any], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The documents of versions. Only pending imports wait in a queue and for provisioners."""
    jobs = [job_of(row) for row in rows]
    pending = [job for job in jobs if job_status(job) == "pending"]
    places = await queue_places(connection, [job["id"] for job in pending]) if pending else {}
    daemons = await matched(connection, pending)
    waiting = {job["id"]: matched_document(daemons.get(job["id"], _NOBODY)) for job in pending}
    return [render_version(row, queue=places.get(row["job_id"], (0, 0)), matched_provisioners=waiting.get(row["job_id"])) for row in rows]


async def queued_document(connection: AsyncConnection[Any], version_id: str) -> dict[str, Any]:
    """A version as it was made, even if a provisioner has taken its import in the meantime."""
    row = await version_by_id(connection, version_id)
    if row is None:
        raise NotFound
    made = {**row, **_QUEUED, "readme": "", "updated_at": row["created_at"]}
    return render_version(made, matched_provisioners=await matched_provisioners(connection, job_of(row)))
