"""Server-sent events (contract/workspaces.md 10.1): frames of `event`, `data` and, ours, `id`."""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import web

from service.version import BUILD_VERSION
from service.watch.frames import PING_SSE, Document

_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "Connection": "keep-alive",
    "X-Accel-Buffering": "no",
    "X-Coder-Build-Version": BUILD_VERSION,
}
#: A reader that takes nothing for so long is cut off; it may resume.
STALL_SECONDS = 60.0


class SseTransport:
    """Writes frames to one response."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response

    @staticmethod
    async def open(request: web.Request, position: int) -> SseTransport:
        """Send the head of the answer."""
        response = web.StreamResponse(headers={**_HEADERS, "Ledger-Position": str(position)})
        await response.prepare(request)
        return SseTransport(response)

    @property
    def response(self) -> web.StreamResponse:
        """What the handler returns in the end."""
        return self._response

    async def write(self, frame: bytes) -> None:
        """Send bytes; waits while the reader is slow. Raises `ConnectionResetError` when it stalls or has gone."""
        try:
            async with asyncio.timeout(STALL_SECONDS):
                await self._response.write(frame)
        except TimeoutError:
            raise ConnectionResetError("the reader takes nothing") from None

    async def ping(self, *, first: bool) -> None:
        """`event: ping` without data."""
        await self.write(PING_SSE)

    async def data(self, document: Document, viewer_id: str) -> None:
        """The document with its position as the frame's id."""
        await self.write(document.sse(viewer_id))

    async def error(self, message: str, detail: str) -> None:
        """`event: error`, then the end."""
        body = orjson.dumps({"message": message, **({"detail": detail} if detail else {})})
        await self.write(b"event: error\ndata: " + body + b"\n\n")

    async def end(self) -> None:
        """A comment that says why the stream ends."""
        await self.write(b": the service is stopping\n\n")
