"""`GET /workspaces`: stored documents joined by commas. Source: contract/listing.md."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.predicate import Predicate
from domain.roles.filters import readable_workspaces
from projections.workspaces.queries import number_of, page
from projections.workspaces.search import conditions, visibility
from service.http.call import Call
from service.http.queries import paging
from service.http.ready import Ready
from service.http.routing import AFTER_ID, AT, LIMIT, OFFSET, Access, Parameter, Route
from service.http.workspaces.answers import body_for, places
from service.http.workspaces.moment import asked_position
from service.http.workspaces.past import list_then
from service.http.workspaces.search import read_query
from service.web.access import may_list


async def list_workspaces(call: Call) -> web.StreamResponse:
    """A page of what the caller may read. Rows whose template they may not read are counted but left out, as in the
    reference; the page is not refilled."""
    position_then = await asked_position(call)
    if position_then is not None:
        return await list_then(call, paging(call.request.query), call.request.query.get("q", ""), position_then)
    subject, pages, text = call.caller.subject, call.services.pages, call.request.query_string
    kept = pages.get(subject, text)
    if kept is not None:
        call.saw(kept.position)
        return Ready(kept.body)
    generation = pages.generation
    given = call.request.query
    wanted = paging(given)
    q, readable = given.get("q", ""), readable_workspaces(subject)
    # A search is counted with its page. How many there are at all is asked again and again, and changes less often than they do.
    number = None if q.strip() else await _number_of_all(call, readable)
    async with call.pool.connection() as connection:
        meeting = conditions(await read_query(connection, subject, q), readable)
        found = await page(connection, meeting, subject.id, limit=wanted.limit, offset=wanted.offset, number=number)
    by_id = await call.services.documents.get_many(found.ids) if found.ids else {}
    documents = [document for id in found.ids if (document := by_id.get(id)) is not None and may_list(subject, document)]
    position = max((document.position for document in documents), default=0)
    call.saw(position)
    queue = await places(call, documents)
    rows = b",".join([body_for(call, document, queue.get(document.id)) for document in documents])
    body = b'{"workspaces":[%b],"count":%d}\n' % (rows, found.count)
    if not queue:
        # Places in the queue change without a change of the document.
        pages.keep(subject, text, body, position, generation)
    return Ready(body)


async def _number_of_all(call: Call, readable: Predicate) -> int:
    async def ask(connection: AsyncConnection[Any]) -> int:
        return await number_of(connection, (visibility(readable),))

    return await call.services.recalls.workspace_numbers.get(readable, ask)


ROUTES = (
    Route(
        "GET",
        "/workspaces",
        list_workspaces,
        access=Access.SESSION,
        permission="none: the list holds what the caller may read",
        summary="List workspaces",
        responses={200: "WorkspacesResponse"},
        query=(Parameter("q", "string", "Search: key:value pairs and words, as in owner:me status:running."), LIMIT, OFFSET, AFTER_ID, AT),
        tag="Workspaces",
    ),
)
