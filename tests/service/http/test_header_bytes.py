"""Headers whose bytes are no text at all, at every route of the table. A client library would not send them, so they go by socket."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import orjson

from service.http.readable import readable
from service.http.routes import ROUTES
from service.http.routing import Route
from tests.support.api import Ledger

NIL = "00000000-0000-0000-0000-000000000000"
BYTES = b"caf\xe9\xff\xed\xa0\x80"
HEADERS = (
    "Accept",
    "Authorization",
    "Content-Type",
    "Cookie",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "Ledger-Position",
    "Origin",
    "Referer",
    "Sec-WebSocket-Protocol",
    "X-CSRF-TOKEN",
    "X-Forwarded-For",
)


def request(route: Route, token: str, *headers: tuple[str, bytes]) -> bytes:
    """One request with an empty object as its body; the answer is the last on its connection."""
    path = "/".join(NIL if part.startswith("{") else part for part in route.template.split("/"))
    lines = [
        f"{route.method} {path} HTTP/1.1".encode(),
        b"Host: x",
        b"Connection: close",
        b"Coder-Session-Token: " + token.encode(),
        b"Content-Length: 2",
        *(name.encode() + b": " + value for name, value in headers),
    ]
    return b"\r\n".join((*lines, b"", b"{}"))


async def answered(base: str, raw: bytes) -> bytes:
    """The first bytes of the answer; streams have no end."""
    parts = urlsplit(base)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(raw)
        async with asyncio.timeout(20):
            return await reader.readuntil(b"\r\n")
    finally:
        writer.close()


async def statuses(ledger: Ledger, requests: list[tuple[Route, str, bytes]]) -> list[str]:
    """Those that were not the caller's fault, eight at a time."""
    waiting = asyncio.Semaphore(8)

    async def one(route: Route, name: str, raw: bytes) -> str:
        async with waiting:
            line = await answered(ledger.base, raw)
        return "" if line[9:10] in b"234" or line[9:12] == b"501" else f"{route.key} with {name}: {line!r}"

    return [said for said in await asyncio.gather(*(one(*asked) for asked in requests)) if said]


async def test_no_route_stumbles_over_bytes_that_are_no_text(ledger: Ledger) -> None:
    token = (await ledger.admin()).token or ""
    every = tuple((name, BYTES) for name in HEADERS if name != "Ledger-Position")
    asked = [
        (route, name, request(route, token, ("User-Agent", BYTES), *headers))
        for route in ROUTES
        if route.key != "POST /users/logout"
        for name, headers in (("every header", every), ("an idempotency key", (("Idempotency-Key", b"a-key"), *every)))
    ]
    assert await statuses(ledger, asked) == []


async def test_no_header_is_repeated_in_a_way_that_cannot_be_sent(ledger: Ledger) -> None:
    token = (await ledger.admin()).token or ""
    keys = ("GET /audit/events/watch", "GET /workspaces/watch", "GET /workspaces/watch-ws", "POST /files", "POST /users", "GET /users")
    asked = [(route, name, request(route, token, (name, BYTES))) for route in ROUTES if route.key in keys for name in HEADERS]
    assert len(asked) == len(keys) * len(HEADERS)
    assert await statuses(ledger, asked) == []


async def test_a_user_agent_that_is_no_text_is_noted_as_far_as_it_is(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = next(route for route in ROUTES if route.key == "POST /organizations")
    raw = request(made, admin.token or "", ("User-Agent", b"caf\xe9/1.0"))
    body = orjson.dumps({"name": "by-bytes"})
    line = await answered(ledger.base, raw.replace(b"Content-Length: 2", b"Content-Length: %d" % len(body))[:-2] + body)
    assert line.startswith(b"HTTP/1.1 201 ")
    events = (await admin.get("/audit/events?type=OrganizationCreated", want=200)).json["events"]
    assert events[-1]["user_agent"] == "caf\ufffd/1.0"


def test_text_is_left_as_it_is() -> None:
    assert readable("curl/8.5.0") == "curl/8.5.0"
    assert readable("caf\u00e9") == "caf\u00e9"
    assert readable(b"caf\xe9".decode(errors="surrogateescape")) == "caf\ufffd"
