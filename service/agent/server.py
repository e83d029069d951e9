"""The service as an agent sees it: requests with its token, sent again while the service is away.

The token appears in requests alone: in no log line, and not in the environment of what the agent runs.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp

log = logging.getLogger(__name__)

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 5.0
#: Answers that say "later".
_LATER = frozenset({429, 502, 503, 504})


class TokenVoid(Exception):
    """The build of this agent is over, or another process speaks for it now."""


class Refused(Exception):
    """The service does not want this request; asking again would not help."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Server:
    """Sends what the agent has to say; used as a context manager."""

    def __init__(self, url: str, token: str) -> None:
        self._base = f"{url.rstrip('/')}/api/v2/workspaceagents/me/"
        self._headers = {"Coder-Session-Token": token}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Server:
        self._session = aiohttp.ClientSession(
            headers=self._headers, cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=30)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, method: str, path: str, body: Any = None, *, patience: float | None = None) -> Any:
        """The answer's JSON (None if it has none); tried again for `patience` seconds, None: for ever.

        Raises `TokenVoid`, `Refused`, and `TimeoutError` when patience has run out.
        """
        async with asyncio.timeout(patience):
            delay = _FIRST_DELAY
            while True:
                try:
                    return await self._once(method, path, body)
                except (aiohttp.ClientError, TimeoutError) as error:
                    log.debug("service is away", extra={"path": path, "reason": type(error).__name__})
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_DELAY)

    async def _once(self, method: str, path: str, body: Any) -> Any:
        assert self._session is not None, "the session is opened by `async with`"
        async with self._session.request(method, self._base + path, json=body, allow_redirects=False) as response:
            if response.status in _LATER:
                response.raise_for_status()
            if response.status == 401:
                raise TokenVoid
            if response.status >= 300:
                answer = await response.json(content_type=None)
                raise Refused(response.status, str(answer.get("message", "")) if isinstance(answer, dict) else "")
            return await response.json() if response.content_type == "application/json" else None
