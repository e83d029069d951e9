"""Requests that no client should send, at every route of the table: each is the caller's fault, said in the one shape of errors.

Where the parser of HTTP itself refuses, the answer is plain text. What a route leaves out on principle (501) is no failure either.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from service.http.routes import ROUTES
from service.http.routing import Route
from service.http.schema_registry import all_schemas
from tests.support.api import Answer, Client, Ledger

NIL = "00000000-0000-0000-0000-000000000000"
JSON = {"Content-Type": "application/json"}
#: Bodies that are no JSON, or JSON that no route takes.
BODIES: dict[str, bytes] = {
    "no json": b"{",
    "words": b"hello",
    "not utf-8": b'{"name": "\xff\xfe"}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "nul": b'{"name": "a\\u0000b", "email": "a\\u0000@example.com", "username": "a\\u0000", "roles": ["\\u0000"]}',
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "deep": b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "big numbers": b'{"ttl_ms": 1e400, "lifetime": 99999999999999999999999999, "limit": -1, "quota_allowance": 1.5}',
    "two values": b'{"name": "a"} {"name": "b"}',
    "infinity": b'{"ttl_ms": NaN}',
}
WRONG_TYPES: tuple[Any, ...] = (7, True, "text", [], {}, [[]], [{}], {"a": []}, None, -1, 1.5, "\u0000", NIL, "x" * 5000)
PATHS = ("%00", "not-a-uuid", NIL, "%FF", "..%2f..", "%F0%9F%92%A9", "a" * 300, "'%3B--", "%2520")
QUERIES = (
    "limit=-1&offset=-1",
    "limit=x&offset=y",
    "limit=99999999999999999999",
    "q=%00",
    "q=%22",
    "q=owner:%00+name:",
    "at=never&after=x&before=-1",
    "after_id=1&since=yesterday&include_deleted=perhaps",
    "follow=maybe",
    "format=%00",
)
CHANGES = [route for route in ROUTES if route.changes]


def filled(route: Route, value: str = NIL) -> str:
    """The route's address with `value` for every parameter."""
    path = route.template
    for name in route.path_parameters:
        path = path.replace(f"{{{name}}}", value)
    return "/" + path  # the client takes `//` for "from the root"


def offence(route: Route, sent: object, answer: Answer) -> str:
    """What is wrong with an answer to something malformed, "" if nothing is."""
    said = f"{route.key} with {str(sent)[:80]}: {answer.status} {answer.raw[:200]!r}"
    if answer.status >= 500 and answer.status != 501:
        return said
    if answer.status >= 400:
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        if not is_json or not isinstance(orjson.loads(answer.raw).get("message"), str):
            return said
    return ""


async def offences(client: Client, requests: list[tuple[Route, object, dict[str, Any]]]) -> list[str]:
    """Send all, sixteen at a time."""
    waiting = asyncio.Semaphore(16)

    async def one(route: Route, sent: object, options: dict[str, Any]) -> str:
        async with waiting:
            address = options.pop("address", None) or filled(route)
            answer = await client.request(route.method, address, **options)
        return offence(route, sent, answer)

    found = await asyncio.gather(*(one(route, sent, dict(options)) for route, sent, options in requests))
    return [text for text in found if text]


@pytest.fixture
async def admin(ledger: Ledger) -> Client:
    """An owner: nothing is refused for lack of rights before it is looked at."""
    return await ledger.admin()


#: They end the session that the test goes on with, or take a change of the deployment for granted.
SPARED = {"POST /users/logout"}


@pytest.mark.parametrize("kind", BODIES)
async def test_bodies_that_are_no_request(admin: Client, kind: str) -> None:
    requests: list[tuple[Route, object, dict[str, Any]]] = [
        (route, kind, {"data": BODIES[kind], "headers": {"Content-Type": route.consumes}}) for route in CHANGES if route.key not in SPARED
    ]
    assert await offences(admin, requests) == []


async def test_fields_of_the_wrong_type(admin: Client) -> None:
    known = all_schemas()
    requests: list[tuple[Route, object, dict[str, Any]]] = []
    for route in CHANGES:
        name = route.request
        schema = known.get(name) if isinstance(name, str) else None
        if schema is None or schema.fields is None or route.key in SPARED:
            continue
        for value in WRONG_TYPES:
            body = {field.name: value for field in schema.fields}
            requests.append((route, body, {"data": orjson.dumps(body), "headers": JSON}))
    assert len(requests) > 200
    assert await offences(admin, requests) == []


@pytest.mark.parametrize("value", PATHS)
async def test_paths_that_name_nothing(admin: Client, value: str) -> None:
    requests: list[tuple[Route, object, dict[str, Any]]] = [
        (route, value, {"address": filled(route, value), **_empty(route)}) for route in ROUTES if route.path_parameters
    ]
    assert await offences(admin, requests) == []


@pytest.mark.parametrize("query", QUERIES)
async def test_queries_that_mean_nothing(admin: Client, query: str) -> None:
    requests: list[tuple[Route, object, dict[str, Any]]] = [
        (route, query, {"address": f"{filled(route)}?{query}"}) for route in ROUTES if route.method == "GET" and not _runs_on(route)
    ]
    assert await offences(admin, requests) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Ledger-Position": "x"},
        {"Ledger-Position": "-1"},
        {"Idempotency-Key": ""},
        {"Idempotency-Key": "k" * 300},
        {"Idempotency-Key": "ein Schlüssel".encode("latin-1").decode("latin-1")},
        {"If-Match": '"'},
        {"Coder-Session-Token": "x"},
        {"Coder-Session-Token": "é-é"},
        {"Cookie": "coder_session_token=%00; coder_session_token"},
        {"Authorization": "Bearer"},
        {"Last-Event-ID": "x"},
        {"Accept": "application/nonsense;q=x"},
    ],
    ids=str,
)
async def test_headers_that_mean_nothing(admin: Client, headers: dict[str, str]) -> None:
    requests: list[tuple[Route, object, dict[str, Any]]] = [
        (route, headers, {**_empty(route), "headers": headers}) for route in ROUTES if not _runs_on(route) and route.key not in SPARED
    ]
    assert await offences(admin, requests) == []


async def test_a_body_larger_than_any_document(admin: Client) -> None:
    body = b'{"name": "' + b"x" * (17 << 20) + b'"}'
    for path in ("/users/login", "/organizations", "/authcheck"):
        answer = await admin.request("POST", path, data=body, headers=JSON)
        assert answer.status == 413, path
        assert answer.json["message"]


async def test_a_body_whose_encoding_is_broken(admin: Client) -> None:
    broken = {
        "no gzip at all": b"hello",
        "cut off": gzip.compress(b'{"name": "a-name-of-some-length"}')[:20],
        "bent": b"\x1f\x8b\x08\x00" + b"\xff" * 40,
    }
    for kind, body in broken.items():
        for path in ("/users/login", "/organizations", "/files"):
            answer = await admin.request("POST", path, data=body, headers={**JSON, "Content-Encoding": "gzip"})
            assert 400 <= answer.status < 500, f"{kind} at {path}: {answer.status} {answer.raw[:200]!r}"


async def test_routes_and_methods_that_do_not_exist(admin: Client) -> None:
    for path in ("/nowhere", "/workspaces/x/y/z", "//nowhere", "//api", "//api/v2", "//api/v3/users", "/%00"):
        answer = await admin.get(path)
        assert answer.status in (400, 404), path
        assert answer.json["message"]
    for method in ("GET", "PATCH", "DELETE", "PUT"):
        answer = await admin.request(method, "/authcheck")
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert answer.json == {"message": "Method not allowed.", "detail": f"This route takes POST, not {method}."}
    for method in ("HEAD", "OPTIONS", "TRACE"):
        answer = await admin.request(method, "/users")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST"), method
        assert bool(answer.raw) == (method != "HEAD")


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /api/v2/" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/v2/users HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /api/v2/users HTTP/1.1\r\nHost: x\r\nX-Bad: a\x00b\r\n\r\n",
        b"GET /api/v2/users HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /api/v2/users HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /api/v2/\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\n\r\n",
        b"POST /api/v2/users/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=range(10),
)
async def test_what_is_no_http(ledger: Ledger, raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    parts = urlsplit(ledger.base)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(raw)
    await writer.drain()
    async with asyncio.timeout(30):
        line = await reader.readline()
    writer.close()
    assert line.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), line
    said = [record for record in caplog.records if record.levelno > logging.DEBUG and record.name.startswith(("aiohttp", "service.http"))]
    assert said == [], "strangers must not fill the log"


async def test_the_service_is_well_after_all_that(admin: Client) -> None:
    await admin.get("/users/me", want=200)


def _empty(route: Route) -> dict[str, Any]:
    """An empty object where a body may be."""
    return {"data": b"{}", "headers": JSON} if route.changes else {}


def _runs_on(route: Route) -> bool:
    """A stream that, once open, has no end."""
    return route.stream is not None and not route.path_parameters
