"""An answer that lies ready reads, on the wire, as the library's own would: whatever the client speaks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from aiohttp import web

from service.http.ready import Ready

BODY = b'{"greeting":"hello"}\n'
KIND = "application/json; charset=utf-8"


async def _usual(_request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=BODY, headers={"Content-Type": KIND, "ETag": '"7"'})


async def _ready(_request: web.BaseRequest) -> web.StreamResponse:
    response = Ready(BODY)
    response.headers["ETag"] = '"7"'
    return response


async def _ending(request: web.BaseRequest) -> web.StreamResponse:
    response = await _ready(request)
    response.force_close()
    return response


@pytest.fixture(params=["ready", "ending"])
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[tuple[int, int]]:
    """Two servers: the library's answer, then ours."""

    async def usual(incoming: web.BaseRequest) -> web.StreamResponse:
        response = await _usual(incoming)
        if request.param == "ending":
            response.force_close()
        return response

    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(web.Server(handler), "127.0.0.1", 0) for handler in (usual, _handlers[request.param])]
    yield servers[0].sockets[0].getsockname()[1], servers[1].sockets[0].getsockname()[1]
    for server in servers:
        server.close()


_handlers = {"ready": _ready, "ending": _ending}


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", id="kept alive, then closed"
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", id="closed"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", id="of the old kind"),
        pytest.param(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n", id="of the old kind, kept alive"),
        pytest.param(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", id="head only"),
    ],
)
async def test_bytes_are_those_of_the_library(ports: tuple[int, int], asked: bytes) -> None:
    usual, ours = [await _answers(port, asked) for port in ports]
    assert usual
    assert ours == usual


async def test_the_date_is_now() -> None:
    server = await asyncio.get_running_loop().create_server(web.Server(_ready), "127.0.0.1", 0)
    before = datetime.now(UTC).replace(microsecond=0)
    raw = await _raw(server.sockets[0].getsockname()[1], b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    server.close()
    found = re.search(rb"Date: ([^\r]+)\r", raw)
    assert found is not None
    assert before <= parsedate_to_datetime(found[1].decode()) <= datetime.now(UTC)


async def test_a_client_that_left_harms_nobody() -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def slow(request: web.BaseRequest) -> web.StreamResponse:
        arrived.set()
        await gone.wait()
        return await _ready(request)

    server = await asyncio.get_running_loop().create_server(web.Server(slow), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    _, leaving = await asyncio.open_connection("127.0.0.1", port)
    leaving.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await arrived.wait()
    leaving.transport.abort()
    await asyncio.sleep(0.05)
    gone.set()
    assert b"200 OK" in await _raw(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    server.close()


async def _answers(port: int, asked: bytes) -> list[tuple[bytes, ...]]:
    """Every answer as its head's lines, in no order that matters but the first's, and its body; the hour left out."""
    raw = re.sub(rb"Date: [^\r]+", b"Date: now", await _raw(port, asked))
    answers = []
    for text in raw.split(b"HTTP/1.")[1:]:
        head, _, body = text.partition(b"\r\n\r\n")
        first, *rest = head.split(b"\r\n")
        answers.append((first, *sorted(rest), body))
    return answers


async def _raw(port: int, asked: bytes) -> bytes:
    """Everything that comes back until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    try:
        return await asyncio.wait_for(reader.read(), 30)
    finally:
        writer.close()
