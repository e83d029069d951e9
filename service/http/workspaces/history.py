"""What happened to a workspace, to its builds and to its agents: who, when, from where (design.md 7)."""

from __future__ import annotations

from aiohttp import web

from projections.history.queries import positions_of
from projections.queryvalues import TEXT, number
from service.http.call import Call
from service.http.event_pages import PRODUCES, documents, page_response, shape
from service.http.queries import QueryReader
from service.http.routing import AFTER, BEFORE, Access, Parameter, Route
from service.http.workspaces.access import workspace_in_path

_DEFAULT_LIMIT, _MOST = 25, 1000
_ENDLESS = 2**62
_LIMIT = number(1, _MOST, _DEFAULT_LIMIT)
_POSITION = number(0, _ENDLESS, what="position")


async def history(call: Call) -> web.Response:
    """Newest first; of deleted workspaces too. An event of a later release, which this one cannot read, is passed over."""
    document = await workspace_in_path(call)
    reader = QueryReader(call.request.query)
    limit = reader.read("limit", _LIMIT)
    before = reader.read("before", number(0, _ENDLESS, _ENDLESS, what="position"))
    after = reader.read("after", _POSITION)
    type = reader.read("type", TEXT)
    reader.check()
    async with call.pool.connection() as connection:
        positions = await positions_of(
            connection, document.id, before=before, after=after, type=type.replace("\0", "\ufffd"), limit=limit + 1
        )
        events = await call.services.log.at(connection, positions[:limit])
        found = await documents(connection, events[::-1])
    form = shape(call)
    next_before = positions[limit - 1] if len(positions) > limit else None
    return page_response(call, {"events": [form(event) for event in found], "next_before": next_before})


ROUTES = (
    Route(
        "GET",
        "/workspaces/{workspace}/history",
        history,
        access=Access.SESSION,
        permission="workspace:read",
        summary="Read the history of a workspace",
        responses={200: "HistoryResponse"},
        query=(
            Parameter("limit", "int", f"At most this many events, up to {_MOST}.", default=_DEFAULT_LIMIT),
            BEFORE,
            AFTER,
            Parameter("type", "string", "Only events of this type."),
        ),
        tag="Workspaces",
        produces=PRODUCES,
    ),
)
