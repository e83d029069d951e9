"""Where a stream's frames go, whatever the protocol: bytes that are ready, written to the connection as they are.

Nothing is buffered here beyond what one write left behind: a reader that has not taken the last frame is not given another,
so what a slow one costs is one frame.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol

from aiohttp import web

from service.watch.frames import Encode

#: Bytes; Linux takes twice as many.
_SEND_BUFFER = 64 * 1024


class Outlet(Protocol):
    """One reader's end. `send` and its like wait for a slow reader and raise `ConnectionResetError` when it is gone."""

    @property
    def encode(self) -> Encode:
        """How this protocol carries a payload."""

    @property
    def is_ready(self) -> bool:
        """Whether a frame could be taken at once: nothing written before is still waiting to leave."""

    def push(self, frame: bytes) -> None:
        """Write a frame without waiting; only while `is_ready`."""

    async def send(self, frame: bytes) -> None:
        """Write a frame and wait until it has left."""

    async def ping(self, *, first: bool) -> None:
        """A sign of life."""

    async def error(self, message: str, detail: str) -> None:
        """The last frame of somebody who may not go on."""

    async def end(self) -> None:
        """The service stops."""


class Connection:
    """The connection beneath a prepared response: ready frames bypass the response's own writer, which has sent its head.

    `stall_seconds`: a reader that takes nothing for so long is given up.
    """

    __slots__ = ("_protocol", "_stall_seconds", "_transport", "_writer")

    def __init__(self, request: web.BaseRequest, stall_seconds: float) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the reader has gone")
        # The kernel's buffer is enough, and not as large as it would grow by itself: a slow reader would be told of states long
        # past, and thousands of them would take gigabytes.
        transport.set_write_buffer_limits(high=0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._transport = transport
        self._protocol = request.protocol
        self._writer = request.writer
        self._stall_seconds = stall_seconds

    @property
    def is_ready(self) -> bool:
        """Nothing is waiting to leave, and somebody is there to take more."""
        return not self._protocol.writing_paused and not self._transport.is_closing()

    def push(self, frame: bytes) -> None:
        """Hand bytes to the connection."""
        self._transport.write(frame)

    async def send(self, frame: bytes) -> None:
        """Hand bytes over and wait until they have left. Raises `ConnectionResetError` when the reader has gone or stalls."""
        if self._transport.is_closing():
            raise ConnectionResetError("the reader has gone")
        self._transport.write(frame)
        if self._protocol.writing_paused:
            try:
                async with asyncio.timeout(self._stall_seconds):
                    await self._writer.drain()
            except TimeoutError:
                raise ConnectionResetError("the reader takes nothing") from None

    def abort(self) -> None:
        """Cut the connection without a word: what was written last has not been taken."""
        self._transport.abort()
