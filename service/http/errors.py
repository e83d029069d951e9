"""The error table: kind of refusal to HTTP status, and the one error body (contract/workspaces.md 1.2)."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from domain.kernel import errors
from domain.kernel.errors import DomainError
from service.commands.unit import UnroutedCommand
from service.store.group_commit import Busy
from service.watch.websocket import UpgradeRequired


class NotOffered(DomainError):
    """The reference has it; this service, truthfully, has not."""


STATUS: dict[type[DomainError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodRefused: 405,
    errors.NotAcceptable: 406,
    errors.Unfinished: 408,
    errors.Conflict: 409,
    errors.NameTaken: 409,
    errors.BuildActive: 409,
    errors.Gone: 410,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.ExpectationFailed: 417,
    errors.Unprocessable: 422,
    errors.TooEarly: 425,
    UpgradeRequired: 426,
    errors.TooMany: 429,
    Busy: 503,
    UnroutedCommand: 500,
    NotOffered: 501,
}


def status_of(error: DomainError) -> int:
    """The status of the nearest kind in the table. Raises `KeyError` for a kind without a row (a test walks them all)."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    raise KeyError(type(error).__name__)


def error_body(message: str, detail: str = "", validations: list[dict[str, str]] | None = None) -> bytes:
    """`{message, detail?, validations?}` as a response body."""
    document: dict[str, Any] = {"message": message}
    if detail:
        document["detail"] = detail
    if validations:
        document["validations"] = validations
    return orjson.dumps(document) + b"\n"


def error_response(error: DomainError) -> web.Response:
    """What the caller is told about a refusal."""
    body = error_body(error.message, error.detail, [{"field": v.field, "detail": v.detail} for v in error.validations])
    response = web.Response(body=body, status=status_of(error), headers={"Content-Type": "application/json; charset=utf-8"})
    if isinstance(error, errors.Unfinished):
        # What may come of the body still is nobody's request (RFC 9110 15.5.9).
        response.force_close()
    if isinstance(error, errors.TooMany | Busy):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
