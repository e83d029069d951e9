"""Readers of watch streams: server-sent events over a bare socket, WebSockets by a real client, and an outlet without either."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import orjson

from service.watch.frames import Encode
from tests.support.api import Client

SECONDS = 30.0


class Ended(Exception):
    """The server has ended the stream: `how` is the last comment of an event stream, or a close code."""

    def __init__(self, how: object) -> None:
        super().__init__(how)
        self.how = how


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `id` is None over WebSockets."""

    kind: str
    id: int | None
    data: Any


class Reader(Protocol):
    """Either kind of stream."""

    async def next(self, seconds: float = SECONDS) -> Frame:
        """The next frame, pings too. Raises `Ended`, `TimeoutError`."""


class EventStream:
    """A GET over a socket of its own, so that a test decides when bytes are taken."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._comment = ""
        self.status = 0
        self.headers: dict[str, str] = {}

    async def next(self, seconds: float = SECONDS) -> Frame:
        """The next frame. Raises `Ended` with the last comment."""
        async with asyncio.timeout(seconds):
            while True:
                kind, id, data = "message", None, b""
                for line in (await self._chunk()).decode().splitlines():
                    name, _, value = line.partition(": ")
                    if name == "event":
                        kind = value
                    elif name == "id":
                        id = int(value)
                    elif name == "data":
                        data = value.encode()
                    elif line.startswith(":"):
                        self._comment = value
                if kind != "message":
                    return Frame(kind, id, orjson.loads(data) if data else None)

    async def _chunk(self) -> bytes:
        try:
            size = int(await self._reader.readline() or b"0", 16)
            body = await self._reader.readexactly(size + 2)
        except (ConnectionError, asyncio.IncompleteReadError):
            raise Ended("cut") from None
        if not size:
            raise Ended(self._comment)
        return body[:-2]

    async def read_head(self) -> None:
        """Status and headers. Raises `ConnectionResetError` when the connection ends before them."""
        first = await self._reader.readline()
        if not first.endswith(b"\n"):
            raise ConnectionResetError("no answer")
        self.status = int(first.split()[1])
        while line := (await self._reader.readline()).decode().strip():
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value

    def close(self) -> None:
        """Leave."""
        self._writer.close()


@contextlib.asynccontextmanager
async def events(client: Client, path: str, *, last_event_id: int | None = None, buffer: int = 0) -> AsyncIterator[EventStream]:
    """An open event stream; with `buffer` the kernel takes about so many bytes for a reader that does not read."""
    url = urlsplit(client.base)
    raw = socket.socket()
    raw.setblocking(False)
    if buffer:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    await asyncio.get_running_loop().sock_connect(raw, (url.hostname, url.port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=buffer or 1 << 16)
    head = f"GET /api/v2{path} HTTP/1.1\r\nHost: {url.netloc}\r\nCoder-Session-Token: {client.token}\r\n"
    if last_event_id is not None:
        head += f"Last-Event-ID: {last_event_id}\r\n"
    writer.write(head.encode() + b"\r\n")
    stream = EventStream(reader, writer)
    try:
        async with asyncio.timeout(SECONDS):
            await stream.read_head()
        yield stream
    finally:
        stream.close()


class Socket:
    """A WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self, seconds: float = SECONDS) -> Frame:
        """The next message. Raises `Ended` with the close code."""
        message = await self.socket.receive(seconds)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Ended(message.data if message.type is aiohttp.WSMsgType.CLOSE else self.socket.close_code)
        envelope = orjson.loads(message.data)
        return Frame(envelope["type"], None, envelope["data"])


@contextlib.asynccontextmanager
async def messages(client: Client, path: str) -> AsyncIterator[Socket]:
    """An open WebSocket."""
    headers = {"Coder-Session-Token": client.token or ""}
    async with client.session.ws_connect(client.base + "/api/v2" + path, headers=headers, max_msg_size=0) as opened:
        yield Socket(opened)


@contextlib.asynccontextmanager
async def watching(client: Client, path: str, how: str) -> AsyncIterator[Reader]:
    """`path` by "sse", or `path-ws` (before the query) by "ws"."""
    if how == "sse":
        async with events(client, path) as stream:
            assert stream.status == 200, stream.status
            yield stream
    else:
        place, mark, query = path.partition("?")
        async with messages(client, f"{place}-ws{mark}{query}") as opened:
            yield opened


async def data(reader: Reader, seconds: float = SECONDS) -> Frame:
    """The next frame that is no ping; an error fails the test."""
    frame = await unless_ping(reader, seconds)
    assert frame.kind == "data", frame
    return frame


async def unless_ping(reader: Reader, seconds: float = SECONDS) -> Frame:
    """The next frame that is no ping."""
    while (frame := await reader.next(seconds)).kind == "ping":
        pass
    return frame


async def until_end(reader: Reader, seconds: float = SECONDS) -> tuple[list[Frame], object]:
    """Every frame until the server ends the stream, pings left out, and how it ended."""
    frames = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                frames.append(await unless_ping(reader, seconds))
    except Ended as end:
        return frames, end.how


async def quiet(reader: Reader, seconds: float = 0.3) -> None:
    """Nothing but pings for so long."""
    try:
        frame = await unless_ping(reader, seconds)
    except TimeoutError:
        return
    raise AssertionError(f"unexpected {frame}")


@dataclass(slots=True)
class MemoryOutlet:
    """An outlet that keeps what it is given; `is_ready` says whether its reader has taken the last frame."""

    is_ready: bool = True
    frames: list[bytes] = field(default_factory=list)

    @property
    def encode(self) -> Encode:
        """Position and payload, readable."""
        return _bare

    def push(self, frame: bytes) -> None:
        """Keep it."""
        assert self.is_ready, "pushed at a reader that is not ready"
        self.frames.append(frame)

    async def send(self, frame: bytes) -> None:
        """Keep it."""
        self.frames.append(frame)

    async def ping(self, *, first: bool) -> None:
        """Keep a ping."""
        self.frames.append(b"ping")

    async def error(self, message: str, detail: str) -> None:
        """Keep an error."""
        self.frames.append(b"error")

    async def end(self) -> None:
        """Keep an end."""
        self.frames.append(b"end")


def _bare(position: int, payload: bytes) -> bytes:
    return b"%d %b" % (position, payload)
