"""Server-sent events (contract/workspaces.md 10.1): frames of `event`, `data` and, ours, `id`."""

from __future__ import annotations

import orjson
from aiohttp import HttpVersion11, web

from service.version import BUILD_VERSION
from service.watch.frames import Encode
from service.watch.outlet import Connection

_PING = b"event: ping\n\n"
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "Connection": "keep-alive",
    "X-Accel-Buffering": "no",
    "X-Coder-Build-Version": BUILD_VERSION,
}
#: A reader that takes nothing for so long is cut off; it may resume.
STALL_SECONDS = 60.0


def sse_frame(position: int, payload: bytes) -> bytes:
    """A `data` frame with its id, as HTTP/1.0 carries it: bare."""
    return b"id: %d\nevent: data\ndata: %b\n\n" % (position, payload)


def sse_chunk(position: int, payload: bytes) -> bytes:
    """The same as one chunk of HTTP/1.1's chunked transfer coding (RFC 9112 7.1)."""
    return _chunk(sse_frame(position, payload))


def _chunk(frame: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(frame), frame)


class SseOutlet:
    """Writes frames to one response."""

    __slots__ = ("_connection", "_is_chunked", "encode", "response")

    def __init__(self, response: web.StreamResponse, connection: Connection, *, is_chunked: bool) -> None:
        self.response = response
        self._connection = connection
        self._is_chunked = is_chunked
        self.encode: Encode = sse_chunk if is_chunked else sse_frame

    @staticmethod
    async def open(request: web.BaseRequest, position: int) -> SseOutlet:
        """Send the head of the answer. Raises `ConnectionResetError` when the reader has gone already."""
        response = web.StreamResponse(headers={**_HEADERS, "Ledger-Position": str(position)})
        await response.prepare(request)
        return SseOutlet(response, Connection(request, STALL_SECONDS), is_chunked=request.version >= HttpVersion11)

    @property
    def is_ready(self) -> bool:
        """Whether a frame could be taken at once."""
        return self._connection.is_ready

    def push(self, frame: bytes) -> None:
        """Write an encoded frame without waiting."""
        self._connection.push(frame)

    async def send(self, frame: bytes) -> None:
        """Write an encoded frame and wait until it has left. Raises `ConnectionResetError` when the reader stalls or has gone."""
        await self._connection.send(frame)

    async def ping(self, *, first: bool) -> None:
        """`event: ping` without data."""
        await self._raw(_PING)

    async def error(self, message: str, detail: str) -> None:
        """`event: error`, then the end."""
        body = orjson.dumps({"message": message, **({"detail": detail} if detail else {})})
        await self._raw(b"event: error\ndata: " + body + b"\n\n")

    async def end(self) -> None:
        """A comment that says why the stream ends."""
        await self._raw(b": the service is stopping\n\n")

    async def _raw(self, frame: bytes) -> None:
        await self._connection.send(_chunk(frame) if self._is_chunked else frame)
