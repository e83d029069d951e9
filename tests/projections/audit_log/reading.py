"""The audit log as tests of its entries read it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from domain.kernel.events import Actor, Recorded
from domain.kernel.predicate import ALWAYS, Predicate
from projections.audit_log.queries import named, page
from projections.audit_log.render import entry_document
from projections.audit_log.search import BAD_QUERY, KEYS, counted_as, where
from tests.projections.workspaces.histories import ANN, FOUNDED, Entry, history
from tests.support.projecting import Projecting


def requested(events: Sequence[Recorded], *sizes: int) -> list[Recorded]:
    """The last events as requests of so many events each; those before them come one a request."""
    requests = list(range(len(events) - sum(sizes)))
    requests += [len(requests) + index for index, size in enumerate(sizes) for _ in range(size)]
    return [
        replace(event, metadata=replace(event.metadata, request_id=str(uuid.UUID(int=number + 1)), ip="192.0.2.7", user_agent="tests"))
        for event, number in zip(events, requests, strict=True)
    ]


async def entries(
    projecting: Projecting, q: str = "", visible: Predicate = ALWAYS, *, limit: int = 100, offset: int = 0
) -> list[dict[str, Any]]:
    filters = await named(projecting.connection, KEYS.parse(q, BAD_QUERY).values, ANN, "")
    counted = counted_as(filters, visible)
    rows, count = await page(projecting.connection, where(filters, visible), counted, limit=limit, offset=offset)
    _, looked_at = await page(projecting.connection, where(filters, visible), None, limit=1, offset=0)
    assert count == looked_at >= len(rows), "what is counted beforehand is what is there"
    return [entry_document(row) for row in rows]


async def about(projecting: Projecting, id: str, *changes: Entry, sizes: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Entries about one resource after the founding and these changes, newest first."""
    await projecting.fold(requested(history(*FOUNDED, *changes), *sizes))
    return await entries(projecting, f"resource_id:{id}")


def by_system(events: Sequence[Recorded], count: int) -> list[Recorded]:
    """The same, the last `count` of them done by the service itself."""
    own = [
        replace(e, metadata=replace(e.metadata, actor=Actor("system"), request_id=None, ip=None, user_agent=None)) for e in events[-count:]
    ]
    return [*events[:-count], *own]
