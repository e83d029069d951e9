"""Workspaces as they were: read with today's rights, under the names, access lists and matches of that time (design.md 7).

What is not history is left out: an agent's last heartbeat, and which provisioners a pending build could have hoped for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from psycopg import AsyncConnection, sql

from domain.kernel.errors import Gone, NotFound
from domain.kernel.predicate import ALWAYS, NEVER, Or
from domain.kernel.spellings import uuid_text
from domain.roles.filters import readable_workspaces
from domain.roles.policy import Subject
from projections.access import Condition, condition
from projections.engine.tables import Row
from projections.engine.versions import looking_back
from projections.jobs.queries import queue_places
from projections.live import LIVE_SCHEMA
from projections.users.queries import user_by_name
from projections.workspaces.acl import acl_document, stored_acl
from projections.workspaces.documents import surroundings
from projections.workspaces.moments import surroundings_at
from projections.workspaces.past_pages import PastList
from projections.workspaces.queries import id_of_name, name_of
from projections.workspaces.render import QueuePlace, Rendered, Surroundings, queued, render_workspace, shown
from projections.workspaces.search import ACCESS, is_broad, sources
from service.http.call import Call
from service.http.queries import Page
from service.http.responses import json_bytes, json_response
from service.http.workspaces.access import readable, require_template
from service.http.workspaces.people import may_meet, person_in_path
from service.http.workspaces.search import read_query
from service.watch.frames import Document
from service.web.access import may_list, may_read_template

_PENDING = "pending"
# Documents are a handful of rows by their keys: to plan for every one anew would cost many times what it takes to find them.
_PLAN_ONCE = "SET LOCAL plan_cache_mode TO force_generic_plan"


@dataclass(frozen=True, slots=True)
class Past:
    """A document as its reader would have seen it: JSON, and whether the workspace was deleted by then."""

    body: bytes
    is_deleted: bool


async def documents_then(connection: AsyncConnection[Any], call: Call, ids: Sequence[str], position: int) -> Mapping[str, Past]:
    """Those of the workspaces that there were, by id; `connection` looks back to `position`."""
    await connection.execute(_PLAN_ONCE)
    around = [(workspace, its) for workspace, its in await surroundings(connection, ids, past=True) if its is not None]
    rendered = [(workspace, its, render_workspace(workspace, its)) for workspace, its in around]
    waiting = [its.job["id"] for _, its, document in rendered if document.status == _PENDING]
    places = await queue_places(connection, waiting, at=position) if waiting else {}
    return {workspace["id"]: _past(call, workspace, its, document, places.get(its.job["id"])) for workspace, its, document in rendered}


async def documents_at(connection: AsyncConnection[Any], call: Call, id: str, positions: Sequence[int]) -> Mapping[int, Past]:
    """The document of a workspace at those of the positions at which it was there; `connection` does not look back."""
    async with connection.transaction():
        await connection.execute(_PLAN_ONCE)
        around = await surroundings_at(connection, id, positions)
    found: dict[int, Past] = {}
    last: tuple[Row, Surroundings, Rendered] | None = None
    for position, (workspace, its) in sorted(around.items()):
        if its is None:
            continue
        # What lies between two events of a workspace rarely shows in it.
        if last is None or (workspace, its) != last[:2]:
            last = (workspace, its, render_workspace(workspace, its))
        document = last[2]
        place = None
        if document.status == _PENDING:
            async with looking_back(connection, position):
                place = (await queue_places(connection, [its.job["id"]], at=position)).get(its.job["id"])
        found[position] = _past(call, workspace, its, document, place)
    return found


def _past(call: Call, workspace: Row, its: Surroundings, document: Rendered, place: tuple[int, int] | None) -> Past:
    is_favorite = workspace["favorite"] and workspace["owner_id"] == call.caller.user_id
    body = shown(document.document, favorite=is_favorite, allow_renames=call.services.settings.allow_workspace_renames)
    return Past(body if place is None else queued(body, QueuePlace(*place)), workspace["deleted"])


async def workspace_then(call: Call, document: Document, position: int, *, include_deleted: bool) -> web.Response:
    """One workspace at a position. Raises `NotFound` before its creation, `Gone` when it was deleted and that was not asked for."""
    async with call.pool.connection() as connection, connection.pipeline(), looking_back(connection, position):
        past = (await documents_then(connection, call, (document.id,), position)).get(document.id)
    if past is None:
        raise NotFound
    if past.is_deleted and not include_deleted:
        raise Gone("This workspace had been deleted by then. Ask with include_deleted=true to see it all the same.")
    require_template(call, document)
    return json_bytes(past.body, 200, **_position(position))


async def workspace_by_name_then(call: Call, position: int, *, include_deleted: bool) -> web.Response:
    """By the names of that time, the owner's too. Whatever is in the way, the answer is the same 404."""
    name = call.path["workspacename"]
    async with call.pool.connection() as connection:
        owner_id = await _owner_then(call, connection, position)
        async with looking_back(connection, position):
            id = None if "\0" in name else await id_of_name(connection, owner_id, name, include_deleted=include_deleted)
    if id is None:
        raise NotFound
    document = await readable(call, id)
    if not may_read_template(call.caller.subject, document):
        raise NotFound
    return await workspace_then(call, document, position, include_deleted=include_deleted)


async def _owner_then(call: Call, connection: AsyncConnection[Any], position: int) -> str:
    """Whoever had the name that the path gives, if the caller may know of that person today."""
    handle = call.path["user"]
    if handle == "me" or _is_id(handle):
        return (await person_in_path(call, connection)).id
    async with looking_back(connection, position):
        person = await user_by_name(connection, handle) if "\0" not in handle else None
    if person is None or not await may_meet(call, connection, person.id):
        raise NotFound
    return person.id


def _is_id(handle: str) -> bool:
    try:
        uuid_text(handle)
    except ValueError:
        return False
    return True


async def acl_then(call: Call, document: Document, position: int) -> web.Response:
    """With whom it was shared. Raises `NotFound` before its creation."""
    async with call.pool.connection() as connection, connection.pipeline(), looking_back(connection, position):
        if await name_of(connection, document.id) is None:
            raise NotFound
        body = await acl_document(connection, *await stored_acl(connection, document.id), past=True)
    response = json_response(body)
    response.headers.update(_position(position))
    return response


async def list_then(call: Call, wanted: Page, text: str, position: int) -> web.Response:
    """A page of what matched then, of what the caller may read today."""
    subject = call.caller.subject
    async with call.pool.connection() as connection, connection.pipeline(), looking_back(connection, position):
        filters = await read_query(connection, subject, text)
        today, broad = await _readable_today(connection, subject)
        found = await PastList(connection, position, filters, today, broad).page(wanted.limit, wanted.offset)
        past = await documents_then(connection, call, found.ids, position) if found.ids else {}
    by_id = await call.services.documents.get_many(found.ids) if found.ids else {}
    rows = [past[id].body for id in found.ids if id in past and id in by_id and may_list(subject, by_id[id])]
    return json_bytes(b'{"workspaces":[%b],"count":%d}' % (b",".join(rows), found.count), 200, **_position(position))


async def _readable_today(connection: AsyncConnection[Any], subject: Subject) -> tuple[Sequence[Condition], bool]:
    """What the caller may read among the workspaces of the present, as a condition over those of then, and whether it may be most
    of them. Deleted ones are still there, so nothing is said of everything."""
    readable = readable_workspaces(subject)
    if readable == ALWAYS:
        return (), True
    by_role, by_acl = sources(readable)
    role = condition(by_role, ACCESS, "role")
    if by_acl == NEVER:
        return (role,), is_broad(by_role)
    # Asked beforehand, they are values: the planner would take the question for one that each row asks.
    acl = condition(by_acl, ACCESS, "acl")
    among = sql.SQL("w.is_shared AND") if isinstance(readable, Or) else sql.SQL("")
    statement = sql.SQL("SELECT w.id FROM {}.workspaces w WHERE {} {}").format(sql.Identifier(LIVE_SCHEMA), among, acl.text)
    shared = [row[0] for row in await (await connection.execute(statement, acl.parameters)).fetchall()]
    either = sql.SQL("({} OR w.id = ANY(%(shared_ids)s::uuid[]))").format(role.text)
    return (Condition(either, {**role.parameters, "shared_ids": shared}),), is_broad(by_role)


def _position(position: int) -> dict[str, str]:
    return {"Ledger-Position": str(position)}
