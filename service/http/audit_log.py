"""`GET /audit`: the audit log in the reference's shape. Source: contract/identity.md 9."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from psycopg import AsyncConnection

from domain.kernel.errors import Forbidden
from domain.kernel.predicate import ALWAYS, In, Predicate
from domain.roles import objects
from domain.roles.permissions import Action
from domain.roles.policy import Subject, allows
from projections.audit_log.queries import named, page
from projections.audit_log.render import entry_document
from projections.audit_log.search import BAD_QUERY, KEYS, Filters, counted_as, where
from projections.organizations.queries import organization_by_name
from projections.queryvalues import ById, quoted
from service.http.call import Call
from service.http.queries import paging
from service.http.responses import json_response
from service.http.routing import OFFSET, Access, Parameter, Route

#: The log has no end: nobody is sent all of it for having asked for no particular number.
_DEFAULT_LIMIT = 100
_LIMIT = Parameter("limit", "int", "At most this many; 0 stands for the default.", default=_DEFAULT_LIMIT)


async def list_audit_log(call: Call) -> web.Response:
    """Newest first. Whoever audits some organizations sees only what is theirs. `count` is exact, so it has no cap."""
    subject = call.caller.subject
    if not allows(subject, Action.READ, objects.audit_log_anywhere()):
        raise Forbidden
    wanted = paging(call.request.query, default_limit=_DEFAULT_LIMIT)
    async with call.pool.connection() as connection:
        filters = await _filters(connection, subject, call.request.query.get("q", ""))
        seen = visible_entries(subject)
        rows, count = await page(connection, where(filters, seen), counted_as(filters, seen), limit=wanted.limit, offset=wanted.offset)
    return json_response({"audit_logs": [entry_document(row) for row in rows], "count": count, "count_cap": 0})


def visible_entries(subject: Subject) -> Predicate:
    """Over `organization_id`: everything, or the entries of the organizations whose log the subject may read."""
    if allows(subject, Action.READ, objects.audit_entry()):
        return ALWAYS
    readable = [id for id in subject.organizations if allows(subject, Action.READ, objects.audit_entry(organization_id=id))]
    return In("organization_id", frozenset(readable))


async def _filters(connection: AsyncConnection[Any], subject: Subject, text: str) -> Filters:
    """Raises `Invalid` with every error at once; an organization is named only to those who may read it."""
    parsed = KEYS.parse(text, BAD_QUERY)
    asked, found = parsed.values.organization, ""
    if isinstance(asked, ById):
        found = asked.id
    elif asked is not None:
        organization = await organization_by_name(connection, asked.name)
        if organization is None or not allows(subject, Action.READ, objects.organization(organization.id)):
            parsed.problems.reject("organization", f"organization {quoted(asked.name)} does not exist, or you may not read it")
        else:
            found = organization.id
    parsed.problems.check()
    return await named(connection, parsed.values, subject.id, found)


ROUTES = (
    Route(
        "GET",
        "/audit",
        list_audit_log,
        access=Access.SESSION,
        permission="audit_log:read of the deployment, or of an organization (then its entries alone)",
        summary="Read the audit log",
        responses={200: "AuditLogResponse"},
        query=(Parameter("q", "string", "Search: key:value pairs, as in resource_type:workspace action:create."), _LIMIT, OFFSET),
        tag="Audit",
    ),
)
