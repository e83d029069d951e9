"""The published documents and the pages that show them: `/api/v2/openapi.json`, `/api/v2/asyncapi.json`, `/api/v2/docs`,
`/api/v2/events.json`, `/api/v2/docs/events`.

Everything is ready bytes with an ETag after the first request. The pages load nothing from other hosts and run no inline script.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from domain.kernel.errors import NotFound
from service.http.asyncapi import build_asyncapi
from service.http.events_page import events_page
from service.http.openapi import build_document
from service.http.routing import Access, Handler, Route
from service.store.catalogue import catalogue

if TYPE_CHECKING:
    from service.http.call import Call

_JSON = "application/json; charset=utf-8"
_PAGE = "docs.html"
_CONTENT_TYPES: Mapping[str, str] = {
    "docs.html": "text/html; charset=utf-8",
    "docs.css": "text/css; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "schema_view.js": "text/javascript; charset=utf-8",
    "elements.js": "text/javascript; charset=utf-8",
}
_SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class _Ready:
    """Bytes to hand out; `etag` is a strong validator, quotes included."""

    body: bytes
    content_type: str
    etag: str


def documentation_routes(table: Callable[[], Sequence[Route]]) -> tuple[Route, ...]:
    """The rows of the documentation. `table` gives the whole route table, these rows included, once it stands."""

    @cache
    def openapi() -> _Ready:
        return _ready(orjson.dumps(build_document(table())), _JSON)

    @cache
    def asyncapi() -> _Ready:
        return _ready(orjson.dumps(build_asyncapi(table())), _JSON)

    @cache
    def events() -> _Ready:
        return _ready(orjson.dumps(catalogue()), _JSON)

    @cache
    def events_shown() -> _Ready:
        return _ready(events_page(catalogue()), _CONTENT_TYPES[_PAGE])

    async def page(call: Call) -> web.StreamResponse:
        return _shown(call.request, _asset(_PAGE))

    async def asset(call: Call) -> web.StreamResponse:
        name = call.path["asset"]
        if name not in _CONTENT_TYPES:
            raise NotFound("Route not found.")
        return _answer(call.request, _asset(name))

    async def openapi_document(call: Call) -> web.StreamResponse:
        return _answer(call.request, openapi())

    async def asyncapi_document(call: Call) -> web.StreamResponse:
        return _answer(call.request, asyncapi())

    async def events_document(call: Call) -> web.StreamResponse:
        return _answer(call.request, events())

    async def event_catalogue(call: Call) -> web.StreamResponse:
        return _shown(call.request, events_shown())

    return (
        _row("/openapi.json", openapi_document, "The OpenAPI 3.1 document of this service", "application/json"),
        _row("/asyncapi.json", asyncapi_document, "The AsyncAPI 3.0 document of its streams", "application/json"),
        _row("/events.json", events_document, "The catalogue of events, with the JSON Schema of each", "application/json", shape="array"),
        _row("/docs", page, "This documentation as a page", "text/html"),
        _row("/docs/events", event_catalogue, "The catalogue of events as a page", "text/html"),
        _row("/docs/{asset}", asset, "A part of the documentation page", "text/css", "text/javascript"),
    )


def _row(path: str, handler: Handler, summary: str, *produces: str, shape: str = "object") -> Route:
    return Route(
        "GET",
        path,
        handler,
        access=Access.PUBLIC,
        permission="none",
        summary=summary,
        responses={200: {"type": shape} if produces == ("application/json",) else None, 304: None},
        tag="Documentation",
        produces=produces,
    )


@cache
def _asset(name: str) -> _Ready:
    return _ready(files(__package__).joinpath("assets", name).read_bytes(), _CONTENT_TYPES[name])


def _ready(body: bytes, content_type: str) -> _Ready:
    return _Ready(body, content_type, f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def _shown(request: web.BaseRequest, page: _Ready) -> web.Response:
    """The page, at the address from which its relative links lead where they should: without a slash at the end."""
    last = request.path.removesuffix("/").rpartition("/")[2]
    if request.path.endswith("/"):
        return web.Response(status=308, headers={**_SECURITY_HEADERS, "Location": f"../{last}"})
    return _answer(request, page)


def _answer(request: web.BaseRequest, ready: _Ready) -> web.Response:
    headers = {**_SECURITY_HEADERS, "ETag": ready.etag}
    if ready.etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]:
        return web.Response(status=304, headers=headers)
    return web.Response(body=ready.body, headers={**headers, "Content-Type": ready.content_type})
