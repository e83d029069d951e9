"""WebSocket streams (contract/workspaces.md 10.2): text messages one way; whatever the client sends ends the stream."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from domain.kernel.errors import DomainError, Forbidden, Invalid
from service.version import BUILD_VERSION
from service.watch.closing import FAREWELL_SECONDS, Socket
from service.watch.frames import Encode
from service.watch.outlet import Connection

_PING = b'{"type":"ping","data":null}'
_FINAL_TEXT = 0x81
#: A reader that takes nothing for so long is cut off (contract/workspaces.md 10.2).
STALL_SECONDS = 10.0


class UpgradeRequired(DomainError):
    """The route speaks WebSocket only."""


def check_upgrade(request: web.BaseRequest) -> None:
    """Raises `UpgradeRequired`, `Invalid` or `Forbidden` unless this is a proper WebSocket handshake from our own origin.

    The origin check keeps other sites from using a browser's session cookie; clients that are no browser send none.
    """
    headers = request.headers
    tokens = {token.strip().lower() for token in ",".join(headers.getall("Connection", [])).split(",")}
    if "upgrade" not in tokens or headers.get("Upgrade", "").strip().lower() != "websocket":
        raise UpgradeRequired("A WebSocket upgrade is required.")
    if headers.get("Sec-WebSocket-Version") != "13":
        raise Invalid("The WebSocket version is not supported.", "Only version 13 is.")
    try:
        key = base64.b64decode(headers.get("Sec-WebSocket-Key", ""), validate=True)
    except ValueError:  # also for letters beyond ASCII, of which binascii has no error
        key = b""
    if len(key) != 16:
        raise Invalid("The WebSocket key is not valid.", "Sec-WebSocket-Key must be 16 bytes in base64.")
    origin = headers.get("Origin")
    if origin is not None and origin.partition("://")[2].lower() != headers.get("Host", "").lower():
        raise Forbidden("The origin is not allowed.", "A page of another site may not open this WebSocket.")


async def accept(request: web.BaseRequest, ping_seconds: float, position: int) -> Socket:
    """Answer the handshake; the protocol's own pings keep watch over the connection."""
    socket = Socket(timeout=FAREWELL_SECONDS, heartbeat=ping_seconds, compress=False, autoclose=True)
    socket.headers["X-Coder-Build-Version"] = BUILD_VERSION
    socket.headers["Ledger-Position"] = str(position)
    await socket.prepare(request)
    return socket


def websocket_frame(_position: int, payload: bytes) -> bytes:
    """A `data` message as one unmasked text frame (RFC 6455 5.2); its position, if clients need one, is in the payload."""
    return _text(b'{"type":"data","data":%b}' % payload)


def _text(message: bytes) -> bytes:
    size = len(message)
    if size < 126:
        return struct.pack("!BB", _FINAL_TEXT, size) + message
    if size < 1 << 16:
        return struct.pack("!BBH", _FINAL_TEXT, 126, size) + message
    return struct.pack("!BBQ", _FINAL_TEXT, 127, size) + message


class WebSocketOutlet:
    """Writes messages to one socket: whole frames, so that the protocol's own pings and closes fall between them."""

    __slots__ = ("_connection", "_socket", "encode")

    def __init__(self, request: web.BaseRequest, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._connection = Connection(request, STALL_SECONDS)
        self.encode: Encode = websocket_frame

    @property
    def is_ready(self) -> bool:
        """Whether a frame could be taken at once."""
        return not self._socket.closed and self._connection.is_ready

    def push(self, frame: bytes) -> None:
        """Write an encoded frame without waiting."""
        self._connection.push(frame)

    async def send(self, frame: bytes) -> None:
        """Write an encoded frame and wait until it has left. Raises `ConnectionResetError` when the reader stalls or has gone."""
        if self._socket.closed:
            raise ConnectionResetError("the reader has gone")
        try:
            await self._connection.send(frame)
        except ConnectionResetError:
            # A close frame would queue behind what the reader does not take.
            self._connection.abort()
            raise

    async def ping(self, *, first: bool) -> None:
        """Only the first ping is a message; later ones are the protocol's."""
        if first:
            await self.send(_text(_PING))

    async def error(self, message: str, detail: str) -> None:
        """The envelope of an error, then the end: it is not for the client to come back as it is."""
        data = {"message": message, **({"detail": detail} if detail else {})}
        await self.send(_text(orjson.dumps({"type": "error", "data": data})))
        await self._socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"access ended")

    async def end(self) -> None:
        """Going away."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY, message=b"the service is stopping")


async def one_way(socket: web.WebSocketResponse, stream: Callable[[], Awaitable[None]]) -> None:
    """Run `stream` until it ends or the client leaves; a client that says anything is closed with 1002."""
    writer = asyncio.ensure_future(stream())
    reader = asyncio.ensure_future(_client_ends(socket))
    try:
        await asyncio.wait((writer, reader), return_when=asyncio.FIRST_COMPLETED)
        if reader.done() and not reader.result():
            await writer  # it is closing the socket: let it wait for the client's farewell
    finally:
        for task in (writer, reader):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await task
        if not socket.closed:
            await socket.close()


async def _client_ends(socket: web.WebSocketResponse) -> bool:
    """Read until the socket ends: whether by the client, which left or spoke, and not by us."""
    message = await socket.receive()
    if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
        await socket.close(code=WSCloseCode.PROTOCOL_ERROR, message=b"clients cannot send on this stream")
    return message.type is not WSMsgType.CLOSING
