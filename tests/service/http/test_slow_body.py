"""Bodies that stop coming: whoever holds a connection in the middle of one is told so, whoever is merely slow is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from domain.kernel.errors import Unfinished
from projections.engine.positions import Positions
from service.http.call import Call
from service.http.errors import error_response
from service.http.responses import json_response
from service.http.routes import ROUTES

if TYPE_CHECKING:
    from service.services import Services

CHUNKED = b"POST /%s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
DECLARED = b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"


def _endpoint(silence_seconds: float) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Answers with the length of the body."""

    async def endpoint(request: web.Request) -> web.StreamResponse:
        # Reading a body asks no part of the service but where the log stands.
        services = cast("Services", SimpleNamespace(positions=Positions()))
        call = Call(services, request, ROUTES[0], {})
        try:
            return json_response({"bytes": len(await call.body(silence_seconds=silence_seconds))})
        except Unfinished as error:
            return error_response(error)

    return endpoint


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """`/impatient` gives up after a moment, `/patient` after two seconds."""
    app = web.Application()
    app.router.add_post("/impatient", _endpoint(0.1))
    app.router.add_post("/patient", _endpoint(2.0))
    running = TestServer(app)
    async with running:
        yield running


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body."""
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length:"))
        return head, await reader.readexactly(length)


@pytest.mark.parametrize("begun", [DECLARED + b"{", CHUNKED + b"5\r\nab", CHUNKED], ids=["declared", "in a chunk", "before a chunk"])
async def test_a_body_that_stops_coming_is_given_up(server: TestServer, begun: bytes) -> None:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(begun.replace(b"%s", b"impatient"))
    head, body = await _answer(reader)
    writer.close()
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nConnection: close\r\n" in head
    assert body == b'{"message":"The request body did not come.","detail":"Nothing of it came for 0.1 seconds."}\n'


async def test_a_slow_body_may_take_longer_than_silence_may(server: TestServer) -> None:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(CHUNKED.replace(b"%s", b"patient"))
    for _ in range(6):
        writer.write(b"1\r\na\r\n")
        await writer.drain()
        await asyncio.sleep(0.5)
    writer.write(b"0\r\n\r\n")
    head, body = await _answer(reader)
    writer.close()
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body.strip() == b'{"bytes":6}'
