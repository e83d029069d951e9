"""A light HTTP/1.1 load: prepared request bytes over kept-alive connections, answers read by their Content-Length."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast


@dataclass(slots=True)
class Round:
    """What one round of load saw; latencies in seconds."""

    count: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0


class _Connection(asyncio.Protocol):
    def __init__(self, next_request: Callable[[], bytes | None], seen: Round, done: asyncio.Future[None]) -> None:
        self._next = next_request
        self._seen = seen
        self._done = done
        self._buffer = b""
        self._needed = -1
        self._started = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own classes do not inherit it
        self._send()

    def _send(self) -> None:
        assert self._transport is not None
        request = self._next()
        if request is None:
            self._transport.close()
            return
        self._started = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._needed < 0:
            head = self._buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            at = self._buffer.find(b"Content-Length: ")
            length = int(self._buffer[at + 16 : self._buffer.find(b"\r\n", at)]) if 0 <= at < head else 0
            if self._buffer[9:10] not in (b"2", b"3"):
                self._seen.failures += 1
            self._needed = head + 4 + length
        if len(self._buffer) >= self._needed:
            self._seen.latencies.append(time.perf_counter() - self._started)
            self._seen.count += 1
            self._buffer, self._needed = b"", -1
            self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


def get(path: str, host: str, **headers: str) -> bytes:
    """A GET as bytes."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode()


def post(path: str, host: str, body: bytes, **headers: str) -> bytes:
    """A POST of JSON as bytes."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def run(host: str, port: int, connections: int, seconds: float, request: Callable[[], bytes]) -> Round:
    """Keep `connections` requests in flight for `seconds`."""
    loop = asyncio.get_running_loop()
    seen = Round()
    started = time.perf_counter()
    end = started + seconds

    def next_request() -> bytes | None:
        return request() if time.perf_counter() < end else None

    waiting = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda done=done: _Connection(next_request, seen, done), host, port)  # type: ignore[misc]
        waiting.append(done)
    await asyncio.gather(*waiting)
    seen.seconds = time.perf_counter() - started
    return seen
