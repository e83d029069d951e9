"""The documentation over real HTTP: page, parts and documents, as a browser asks for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from urllib.parse import urljoin

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from domain.kernel.errors import NotFound
from projections.engine.positions import Positions
from service.http import docs_page
from service.http.call import Call
from service.http.docs_page import documentation_routes
from service.http.routing import Route
from tests.support.api import Ledger

if TYPE_CHECKING:
    from service.services import Services

ROUTES: tuple[Route, ...] = documentation_routes(lambda: ROUTES)


def _endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        try:
            # The documentation asks no part of the service but where the log stands.
            services = cast("Services", SimpleNamespace(positions=Positions()))
            return await route.handler(Call(services, request, route, dict(request.match_info)))
        except NotFound:
            return web.Response(status=404)

    return endpoint


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    """A session whose relative addresses are those of a server with the documentation's routes."""
    app = web.Application()
    for route in ROUTES:
        app.router.add_route(route.method, route.full_path, _endpoint(route))
    async with TestServer(app) as server, ClientSession(server.make_url("/")) as session:
        yield session


async def test_the_page_allows_nothing_from_elsewhere_and_no_inline_script(client: ClientSession) -> None:
    async with client.get("/api/v2/docs") as response:
        text = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert response.status == 200
    assert response.content_type == "text/html"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in text
    assert "<style" not in text


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("docs.css", "text/css"), ("docs.js", "text/javascript"), ("elements.js", "text/javascript"), ("schema_view.js", "text/javascript")],
)
async def test_the_parts_of_the_page_are_served(client: ClientSession, name: str, content_type: str) -> None:
    async with client.get(f"/api/v2/docs/{name}") as response:
        assert (response.status, response.content_type) == (200, content_type)


async def test_the_catalogue_of_events_is_a_page_without_scripts_and_a_document(client: ClientSession) -> None:
    async with client.get("/api/v2/docs/events") as response:
        text = await response.text()
        assert (response.status, response.content_type) == (200, "text/html")
        assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "<script" not in text
    assert " style=" not in text
    async with client.get("/api/v2/events.json") as response:
        events = await response.json()
        etag = response.headers["ETag"]
    assert [entry["name"] for entry in events if f'<article id="{entry["name"]}">' not in text] == []
    async with client.get("/api/v2/events.json", headers={"If-None-Match": etag}) as response:
        assert response.status == 304
    async with client.get("/api/v2/docs") as response:
        assert 'href="docs/events"' in await response.text()


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fdocs_page.py", "__init__.py"])
async def test_nothing_else_is_served(client: ClientSession, name: str) -> None:
    async with client.get(f"/api/v2/docs/{name}") as response:
        assert response.status == 404


async def test_both_documents_are_served_and_hold_the_table(client: ClientSession) -> None:
    async with client.get("/api/v2/openapi.json") as response:
        document = await response.json()
    assert set(document["paths"]) == {route.template for route in ROUTES}
    async with client.get("/api/v2/asyncapi.json") as response:
        assert (await response.json())["asyncapi"] == "3.0.0"


async def test_a_known_etag_is_answered_with_304(client: ClientSession) -> None:
    async with client.get("/api/v2/openapi.json") as response:
        etag = response.headers["ETag"]
    async with client.get("/api/v2/openapi.json", headers={"If-None-Match": f'"other", {etag}'}) as response:
        assert (response.status, await response.read()) == (304, b"")


def test_the_page_names_only_assets_that_exist() -> None:
    names = {"docs.html", "docs.css", "docs.js", "schema_view.js", "elements.js"}
    assert set(docs_page._CONTENT_TYPES) == names
    for name in names:
        text = docs_page._asset(name).body.decode()
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text
        assert " style=" not in text


async def test_a_slash_at_the_end_leads_to_the_address_from_which_links_work(ledger: Ledger) -> None:
    for page in ("docs", "docs/events"):
        answer = await ledger.anonymous.get(f"/{page}/", want=308)
        assert urljoin(f"http://ledger/api/v2/{page}/", answer.headers["Location"]) == f"http://ledger/api/v2/{page}"
