"""One caller of the service's API: JSON in and out, patient when it is told to come back later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_PATIENCE_SECONDS = 60.0


class DemoFailed(Exception):
    """The service answered what the demonstration cannot go on with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`document` is the parsed body, None without one."""

    status: int
    document: Any


@dataclass(frozen=True, slots=True)
class Client:
    """Speaks as the holder of `token`; paths are below `/api/v2`."""

    session: aiohttp.ClientSession
    base: str
    token: str = field(default="", repr=False)

    async def send(self, method: str, path: str, body: Any = None, *, want: tuple[int, ...], raw: bytes | None = None) -> Answer:
        """Send a request. Raises `DemoFailed` for a status that is not in `want` and when the service stays away."""
        headers = {"Coder-Session-Token": self.token} if self.token else {}
        if raw is not None:
            headers["Content-Type"] = "application/x-tar"
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            try:
                async with self.session.request(
                    method, f"{self.base}/api/v2{path}", json=body, data=raw, headers=headers, allow_redirects=False
                ) as response:
                    is_json = response.content_type == "application/json"
                    document = await response.json() if is_json else None
                    status, wait = response.status, response.headers.get("Retry-After", "1")
            except (aiohttp.ClientError, TimeoutError) as error:
                raise DemoFailed(f"{self.base} does not answer: {error}") from error
            if status in want:
                return Answer(status, document)
            if status not in (429, 503) or asyncio.get_running_loop().time() > deadline:
                said = document.get("message") if isinstance(document, dict) else ""
                detail = document.get("detail") or document.get("validations") or "" if isinstance(document, dict) else ""
                raise DemoFailed(f"{method} {path} was answered with {status}: {said} {detail}".rstrip())
            await asyncio.sleep(float(wait) if wait.isdigit() else 1.0)

    async def get(self, path: str) -> Any:
        """The document at `path`, which must exist."""
        return (await self.send("GET", path, want=(200,))).document

    async def find(self, path: str) -> Any:
        """The document at `path`, or None where there is none (or it is gone)."""
        answer = await self.send("GET", path, want=(200, 404, 410))
        return answer.document if answer.status == 200 else None

    async def post(self, path: str, body: Any, *, want: tuple[int, ...] = (200, 201)) -> Any:
        """What the service answers to a POST."""
        return (await self.send("POST", path, body, want=want)).document

    async def put(self, path: str, body: Any = None, *, want: tuple[int, ...] = (200, 204)) -> Any:
        """What the service answers to a PUT."""
        return (await self.send("PUT", path, body, want=want)).document

    async def patch(self, path: str, body: Any, *, want: tuple[int, ...] = (200, 204)) -> Any:
        """What the service answers to a PATCH."""
        return (await self.send("PATCH", path, body, want=want)).document


async def sign_in(client: Client, email: str, password: str) -> Client:
    """The same service as another caller. Raises `DemoFailed` when address or password are wrong."""
    answer = await client.send("POST", "/users/login", {"email": email, "password": password}, want=(201, 401))
    if answer.status == 401:
        raise DemoFailed(f"{email} cannot sign in with that password")
    return Client(client.session, client.base, answer.document["session_token"])
