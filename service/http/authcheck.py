"""`POST /authcheck`: what may the caller do? (contract/authorization.md 12, contract/listing.md 13)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from domain.kernel.errors import Invalid, Violation
from domain.kernel.spellings import uuid_text
from domain.roles.objects import Object
from domain.roles.permissions import Action
from domain.roles.policy import Subject, allows, allows_on_workspace
from service.auth.stored_objects import BY_ID, stored_objects
from service.http.call import Call
from service.http.fields import FLAG, TEXT, map_of, wire
from service.http.parsing import decode_body, nested
from service.http.responses import json_response
from service.http.routing import Access, Route

#: Each look-up of a stored object costs a row, so that one request may ask for a few only.
MOST_BY_ID = 10


@dataclass(frozen=True, slots=True)
class ObjectRequest:
    """`AuthorizationObject`; ids are plain texts: `me` and `*` are owners too."""

    resource_type: str = wire(TEXT)
    owner_id: str = wire(TEXT)
    organization_id: str = wire(TEXT)
    resource_id: str = wire(TEXT)
    any_org: bool = wire(FLAG)


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """`AuthorizationCheck`."""

    object: ObjectRequest = wire(nested(ObjectRequest))
    action: str = wire(TEXT)


@dataclass(frozen=True, slots=True)
class AuthcheckRequest:
    """`AuthorizationRequest`."""

    checks: Mapping[str, CheckRequest] = wire(map_of(nested(CheckRequest)))


async def check(call: Call) -> web.Response:
    """One answer per question, under its key. Stored objects are looked up together, and count as the caller sees them."""
    checks = decode_body(await call.body(), AuthcheckRequest).checks
    wanted = _stored_ids(checks)
    stored: Mapping[tuple[str, str], Object] = {}
    if wanted:
        async with call.pool.connection() as connection:
            stored = await stored_objects(connection, frozenset(wanted.values()))
    subject = call.caller.subject
    answers = {}
    for key, asked in checks.items():
        if key in wanted:
            answers[key] = _may_with_stored(subject, asked.action, stored.get(wanted[key]))
        else:
            answers[key] = allows(subject, asked.action, _described(asked.object, subject.id))
    return json_response(answers)


def _stored_ids(checks: Mapping[str, CheckRequest]) -> dict[str, tuple[str, str]]:
    """Type and canonical id of each question about a stored object. Raises `Invalid` for the first that cannot be asked."""
    count = sum(1 for asked in checks.values() if asked.object.resource_id)
    if count > MOST_BY_ID:
        raise Invalid(
            f'At most {MOST_BY_ID} checks of one request may have a "resource_id"; {count} have one. Remove it from {count - MOST_BY_ID}.'
        )
    wanted: dict[str, tuple[str, str]] = {}
    for key, asked in checks.items():
        kind, id = asked.object.resource_type, asked.object.resource_id
        if not kind:
            raise Invalid(f'Object\'s "resource_type" field must be defined for key "{key}".')
        if not id:
            continue
        canonical = _canonical(id)
        if kind not in BY_ID:
            detail = f"{kind} objects cannot be checked by id, only {', '.join(sorted(BY_ID))}."
            raise Invalid(
                f'Object\'s "resource_type" cannot have a "resource_id" for key "{key}".', validations=(Violation("resource_type", detail),)
            )
        wanted[key] = (kind, canonical)
    return wanted


def _canonical(id: str) -> str:
    try:
        return uuid_text(id)
    except ValueError as error:
        raise Invalid(f'Object "{id}" is not a valid UUID.', validations=(Violation("resource_id", str(error)),)) from None


def _described(asked: ObjectRequest, caller_id: str) -> Object:
    owner_id = caller_id if asked.owner_id == "me" else asked.owner_id
    return Object(asked.resource_type, "", owner_id, asked.organization_id, asked.any_org)


def _may_with_stored(subject: Subject, action: str, stored: Object | None) -> bool:
    """Whether the action is allowed on a record that must be there and readable first."""
    return stored is not None and allows(subject, Action.READ, stored) and allows_on_workspace(subject, action, stored)


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/authcheck",
        check,
        access=Access.SESSION,
        permission="none: it asks which permissions the caller has",
        summary="Ask what the caller may do",
        request="AuthorizationRequest",
        responses={200: "AuthorizationResponse"},
        tag="Authorization",
    ),
)
