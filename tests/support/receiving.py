"""A receiver of webhooks: a real server that notes what it is sent, answers as it is told, and checks signatures by itself."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

#: More than the wait before the fourth attempt of a delivery and what a loaded machine adds.
SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Message:
    """One request as it came; `at` is of the monotonic clock."""

    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        """What tells a message from others."""
        return self.headers["webhook-id"]

    @property
    def payload(self) -> Any:
        """The body."""
        return orjson.loads(self.body)

    @property
    def event(self) -> Any:
        """The event on the wire."""
        return self.payload["data"]

    def is_signed_with(self, secret: str) -> bool:
        """Whether one of the signatures is that of `whsec_…`, and of now: the steps of the Standard Webhooks specification."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return wanted in self.headers["webhook-signature"].split(" ") and abs(int(self.headers["webhook-timestamp"]) - time.time()) < 300


Answer = Callable[[Message], Awaitable[web.StreamResponse]]


async def accept(_message: Message) -> web.StreamResponse:
    """Take it."""
    return web.Response(status=204)


@dataclass(slots=True)
class Receiver:
    """`messages` in the order in which they came, answered or not; `answer` may be replaced at any time."""

    url: str
    answer: Answer = accept
    messages: list[Message] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Serve one request."""
        message = Message(dict(request.headers), await request.read(), time.monotonic())
        message = Message({name.lower(): value for name, value in message.headers.items()}, message.body, message.at)
        self.messages.append(message)
        await self._tell()
        response = await self.answer(message)
        if response.status < 300:
            self.taken.append(message)
        await self._tell()
        return response

    async def until(self, holds: Callable[[Receiver], bool], seconds: float = SECONDS) -> None:
        """Wait until what came is enough."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: holds(self))

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    @property
    def events(self) -> list[Any]:
        """The events that were taken, in order."""
        return [message.event for message in self.taken]


@contextlib.asynccontextmanager
async def receiving(host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver("")
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://{host}:{port}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()
