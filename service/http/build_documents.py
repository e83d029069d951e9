"""Builds as answers, with what only the moment knows: places in the queue, provisioners that could take a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.errors import NotFound
from projections.builds.queries import BuildPlace, build_documents, build_place
from projections.documents import rfc3339_or_none
from projections.jobs.queries import queue_places
from projections.jobs.render import job_status
from service.http.call import Call
from service.http.paths import path_uuid
from service.http.workspaces.access import readable
from service.store.provisioner_daemons import Matched, matched
from service.watch.frames import Document

_NOBODY = Matched()


async def build_in_path(call: Call) -> tuple[BuildPlace, Document]:
    """The build of the path and its workspace, readable by the caller. Raises `Invalid` for what is no id, else `NotFound`."""
    id = path_uuid(call.path["workspacebuild"])
    async with call.pool.connection() as connection:
        place = await build_place(connection, id)
    if place is None:
        raise NotFound
    return place, await readable(call, place.workspace_id)


async def shown_builds(connection: AsyncConnection[Any], ids: Sequence[str]) -> list[dict[str, Any]]:
    """The documents of builds, highest number first."""
    found = await build_documents(connection, ids)
    pending = [job for _, job in found if job_status(job) == "pending"]
    if pending:
        places = await queue_places(connection, [job["id"] for job in pending])
        daemons = await matched(connection, pending)
        for document, job in found:
            if document["status"] == "pending":
                wait_in(document, places.get(job["id"], (0, 0)), daemons.get(job["id"], _NOBODY))
    return [document for document, _ in found]


async def shown_build(connection: AsyncConnection[Any], id: str) -> dict[str, Any]:
    """The document of one build. Raises `NotFound`."""
    found = await shown_builds(connection, (id,))
    if not found:
        raise NotFound
    return found[0]


async def as_queued(connection: AsyncConnection[Any], document: dict[str, Any], job: Mapping[str, Any]) -> dict[str, Any]:
    """A build that was queued a moment ago: it has no place yet, but may have provisioners (contract/lifecycle.md C4)."""
    wait_in(document, (0, 0), (await matched(connection, [job])).get(job["id"], _NOBODY))
    return document


def wait_in(document: dict[str, Any], place: tuple[int, int], daemons: Matched) -> None:
    """Say where a pending build stands and who could take it."""
    document["job"]["queue_position"], document["job"]["queue_size"] = place
    document["matched_provisioners"] = {
        "available": daemons.available,
        "count": daemons.count,
        "most_recently_seen": rfc3339_or_none(daemons.most_recently_seen),
    }
