"""Workspace documents as answers: for this reader, with the queue as it is now. Nothing is parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from projections.jobs.queries import queue_places
from projections.workspaces.queries import latest_jobs
from projections.workspaces.render import QueuePlace, queued
from service.http.call import Call
from service.http.responses import json_bytes, tagged_bytes
from service.http.workspaces.conditional import etag, is_unchanged
from service.store.provisioner_daemons import Matched, matched
from service.watch.frames import Document


async def workspace_answer(call: Call, document: Document, *, conditional: bool = False) -> web.StreamResponse:
    """The whole document; `conditional` reads carry its tag and answer 304 to who has it."""
    place = (await places(call, (document,))).get(document.id) if document.is_pending else None
    tag = etag(document, place)
    if conditional and is_unchanged(call, tag):
        return web.Response(status=304, headers={"ETag": tag})
    body = body_for(call, document, place)
    return tagged_bytes(body, tag) if conditional else json_bytes(body)


def body_for(call: Call, document: Document, place: QueuePlace | None) -> bytes:
    """The JSON of a document as the caller sees it, with its place in the queue if it has one."""
    body = document.body_for(call.caller.user_id)
    return body if place is None else queued(body, place)


async def places(call: Call, documents: Sequence[Document]) -> Mapping[str, QueuePlace]:
    """Where the pending ones among `documents` stand, by workspace id; no statement when there are none."""
    pending = [document.id for document in documents if document.is_pending]
    if not pending:
        return {}
    async with call.pool.connection() as connection:
        jobs = await latest_jobs(connection, pending)
        ranks = await queue_places(connection, [job["id"] for job in jobs.values()])
        daemons = await matched(connection, list(jobs.values()))
    return {id: _place(ranks.get(job["id"], (0, 0)), daemons.get(job["id"], Matched())) for id, job in jobs.items()}


async def place_of_new(connection: AsyncConnection[Any], job: Mapping[str, Any]) -> QueuePlace:
    """What the answer to queuing a build says: no place yet, but who could take it (contract/lifecycle.md C4)."""
    return _place((0, 0), (await matched(connection, (job,))).get(job["id"], Matched()))


def _place(rank: tuple[int, int], daemons: Matched) -> QueuePlace:
    return QueuePlace(*rank, daemons.count, daemons.available, daemons.most_recently_seen)
