"""What happened to a workspace, to its builds and to its agents: who, when, from where, and what it changed (design.md 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from aiohttp import web
from psycopg import AsyncConnection

from projections.engine.tail import ENDLESS
from projections.history.changes import changes
from projections.history.queries import positions_of
from projections.queryvalues import FLAG, TEXT, number
from service.http.call import Call
from service.http.event_pages import PRODUCES, documents, page_response, shape
from service.http.queries import QueryReader
from service.http.routing import AFTER, BEFORE, Access, Parameter, Route
from service.http.workspaces.access import require_template, workspace_in_path
from service.http.workspaces.past import documents_at

_DEFAULT_LIMIT, _MOST = 25, 1000
#: Each event of a page with changes costs two documents of the past.
_MOST_WITH_CHANGES = 100


async def history(call: Call) -> web.Response:
    """Newest first; of deleted workspaces too. An event of a later release, which this one cannot read, is passed over. Changes are
    shown to those alone who are shown the document."""
    document = await workspace_in_path(call)
    reader = QueryReader(call.request.query)
    with_changes = bool(reader.read("diff", FLAG))
    limit = min(reader.read("limit", number(1, _MOST, _DEFAULT_LIMIT)), _MOST_WITH_CHANGES if with_changes else _MOST)
    before = reader.read("before", number(0, ENDLESS, ENDLESS, what="position"))
    after = reader.read("after", number(0, ENDLESS, what="position"))
    type = reader.read("type", TEXT).replace("\0", "\ufffd")
    reader.check()
    if with_changes:
        require_template(call, document)
    async with call.pool.connection() as connection:
        positions = await positions_of(connection, document.id, before=before, after=after, type=type, limit=limit + 1)
        events = await call.services.log.at(connection, positions[:limit])
        form = shape(call)
        found = [form(event) for event in await documents(connection, events[::-1])]
        if with_changes:
            what = await _changes(connection, call, document.id, [event.position for event in events[::-1]])
            found = [{**event, "changes": its} for event, its in zip(found, what, strict=True)]
    return page_response(call, {"events": found, "next_before": positions[limit - 1] if len(positions) > limit else None})


async def _changes(connection: AsyncConnection[Any], call: Call, id: str, positions: Sequence[int]) -> list[list[dict[str, Any]]]:
    """What each event changed in the caller's document. Where events follow each other at once, one's past is the other's."""
    async with connection.pipeline():
        past = await documents_at(connection, call, id, sorted({p for at in positions for p in (at - 1, at)}))
    then = {at: orjson.loads(its.body) for at, its in past.items()}
    return [changes(then.get(at - 1), then.get(at)) for at in positions]


ROUTES = (
    Route(
        "GET",
        "/workspaces/{workspace}/history",
        history,
        access=Access.SESSION,
        permission="workspace:read; with changes template:read, too",
        summary="Read the history of a workspace",
        responses={200: "HistoryResponse"},
        query=(
            Parameter(
                "limit", "int", f"At most this many events, up to {_MOST}; with changes {_MOST_WITH_CHANGES}.", default=_DEFAULT_LIMIT
            ),
            BEFORE,
            AFTER,
            Parameter("type", "string", "Only events of this type."),
            Parameter("diff", "bool", "Say of each event what it changed in the workspace's document.", default=False),
        ),
        tag="Workspaces",
        produces=PRODUCES,
    ),
)
