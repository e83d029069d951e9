"""How what agents send reaches readers: text messages over a WebSocket, or events of an HTTP response. Slow readers are cut off."""

from __future__ import annotations

import asyncio

from aiohttp import WSCloseCode, web

from service.version import BUILD_VERSION

_STALL_SECONDS = 10.0
_SSE_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "Connection": "keep-alive",
    "X-Accel-Buffering": "no",
    "X-Coder-Build-Version": BUILD_VERSION,
}
PING = b"event: ping\n\n"


async def send(socket: web.WebSocketResponse, text: str) -> None:
    """One message. Raises `ConnectionResetError` when the reader has gone or takes nothing for long."""
    try:
        async with asyncio.timeout(_STALL_SECONDS):
            await socket.send_str(text)
    except TimeoutError:
        raise ConnectionResetError("the reader takes nothing") from None


async def going_away(socket: web.WebSocketResponse) -> None:
    """The service stops."""
    await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the service is stopping")


async def open_events(request: web.BaseRequest, position: int) -> web.StreamResponse:
    """The head of a response of server-sent events."""
    response = web.StreamResponse(headers={**_SSE_HEADERS, "Ledger-Position": str(position)})
    await response.prepare(request)
    return response


async def write(response: web.StreamResponse, frame: bytes) -> None:
    """One event. Raises `ConnectionResetError` when the reader has gone or takes nothing for long."""
    try:
        async with asyncio.timeout(_STALL_SECONDS):
            await response.write(frame)
    except TimeoutError:
        raise ConnectionResetError("the reader takes nothing") from None
