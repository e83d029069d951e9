"""How the service closes a WebSocket: it says why, and waits for the client's own farewell (RFC 6455 7.1.1)."""

from __future__ import annotations

import asyncio

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

#: A client that does not answer for so long is left without its farewell: shorter than a process that is told to end waits.
FAREWELL_SECONDS = 2.0
_CLOSING = WSMessage(WSMsgType.CLOSING, None, None)


class Socket(web.WebSocketResponse):
    """A socket that one task may read and another close.

    The library's own close, while somebody reads, cuts the connection as soon as it has said why. Whoever answers a moment later, as
    the protocol wants it, finds the connection broken, and may lose the reason with it. So the reading is ended here, and then it
    is closed as when nobody reads, which waits.
    """

    _reading: asyncio.Task[WSMessage] | None = None
    _is_leaving = False

    async def receive(self, timeout: float | None = None) -> WSMessage:
        """The next message; `CLOSING` when another task closes the socket meanwhile."""
        self._reading = asyncio.ensure_future(super().receive(timeout))
        try:
            return await self._reading
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if self._is_leaving and not (this and this.cancelling()):
                return _CLOSING
            raise

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """Say why, and wait for the client to answer, `FAREWELL_SECONDS` at most; False when it was closed already."""
        reading = self._reading
        if reading is not None and not reading.done() and reading is not asyncio.current_task():
            self._is_leaving = True
            reading.cancel()
            await asyncio.wait((reading,))
        return await super().close(code=code, message=message, drain=drain)
