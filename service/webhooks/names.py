"""Looks up receivers' names on threads of its own: a name server that does not answer must not hold up anything else.

The threads are daemons. One that waits for a name server cannot be told to stop, and must not keep a process from ending.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

_AT_ONCE = 32

Addresses = list[tuple[int, str]]


class NameResolver(AbstractResolver):
    """The system's resolver. Addresses are judged by whoever connects to them."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """Every address of the host. Raises `OSError`."""
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Addresses] = loop.create_future()

        def deliver(addresses: Addresses, error: Exception | None) -> None:
            # The place is free once the thread is, however long ago its caller gave up.
            self._places.release()
            if answer.done():
                return
            if error is None:
                answer.set_result(addresses)
            else:
                answer.set_exception(error)

        def look_up() -> None:
            found: tuple[Addresses, Exception | None]
            try:
                found = _addresses(host, port, family), None
            except Exception as error:
                found = [], error
            # The loop may have ended meanwhile: then nobody waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(deliver, *found)

        try:
            threading.Thread(target=look_up, name="webhook-name", daemon=True).start()
        except RuntimeError as error:
            self._places.release()
            raise OSError("no thread is free to look up names") from error
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        found = await answer
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=flags) for kind, address in found]

    async def close(self) -> None:
        """Nothing is kept."""


def _addresses(host: str, port: int, family: int) -> Addresses:
    found: list[Any] = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [(kind, socket.getnameinfo(place, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0]) for kind, _, _, _, place in found]
