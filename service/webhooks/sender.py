"""One message to one receiver: connects to public addresses only, follows nothing, reads next to nothing of the answer.

The address is judged when the socket for it is made, after names were resolved, so that a name cannot point elsewhere between
being judged and being connected to.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver

from domain.webhooks.targets import is_public
from service.version import BUILD_VERSION
from service.webhooks.names import NameResolver
from service.webhooks.signing import signed_headers

_TIMEOUT_SECONDS = 15.0
_CONNECT_SECONDS = 5.0
_BODY_SECONDS = 1.0
#: A short answer is read so that its connection can be used again; of a longer one nothing more is taken.
_MOST_ANSWER_BYTES = 4096
_MOST_ERROR = 300
_LONGEST_ASKED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or in `error` why there is none. `retry_after` is what the receiver asked for."""

    status: int | None
    error: str
    seconds: float
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """Only 2xx means that the message was taken."""
        return self.status is not None and 200 <= self.status < 300


class WebhookSender:
    """Keeps connections to receivers; made inside the running loop, `close` ends it. `private_allowed`: to any address."""

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        private_allowed: bool,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._now = now
        self._private_allowed = private_allowed
        self._timeout_seconds = timeout_seconds
        # Without a limit: each webhook has its own, and one whose receiver hangs must not take the connections of another.
        connector = aiohttp.TCPConnector(limit=0, resolver=resolver or NameResolver(), ttl_dns_cache=10, socket_factory=self._open_socket)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=_CONNECT_SECONDS),
            headers={"User-Agent": f"Workspace-Ledger/{BUILD_VERSION}", "Content-Type": "application/json"},
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """End all connections."""
        await self._session.close()

    async def send(self, url: str, keys: Sequence[bytes], message_id: str, body: bytes) -> Answer:
        """Sign with each of `keys` as of now and POST; whatever goes wrong on the way is an `Answer` too."""
        started = time.monotonic()
        headers = signed_headers(keys, message_id, self._now(), body)
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                answer = Answer(response.status, _refusal(response.status), time.monotonic() - started, self._asked(response))
                # The status says it all.
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with asyncio.timeout(_BODY_SECONDS):
                        await response.content.read(_MOST_ANSWER_BYTES)
                return answer
        except aiohttp.ConnectionTimeoutError:
            return Answer(None, f"cannot connect within {_CONNECT_SECONDS:g} seconds", time.monotonic() - started)
        except TimeoutError:
            return Answer(None, f"no answer within {self._timeout_seconds:g} seconds", time.monotonic() - started)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, _reason(error), time.monotonic() - started)

    def _open_socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _name, place = address
        if not self._private_allowed and not is_public(str(place[0])):
            raise PermissionError(errno.EACCES, f"{place[0]} is not an address of the public internet")
        return socket.socket(family=family, type=kind, proto=protocol)

    def _asked(self, response: aiohttp.ClientResponse) -> timedelta | None:
        """`Retry-After` of an answer that is no success: seconds or a date (RFC 9110, 10.2.3), at most a day."""
        text = response.headers.get("Retry-After", "").strip()
        if not text or response.status < 300:
            return None
        if text.isascii() and text.isdigit():
            return timedelta(seconds=int(text)) if len(text) <= 5 and int(text) <= _LONGEST_ASKED.total_seconds() else _LONGEST_ASKED
        try:
            until = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        return min(max(until - self._now(), timedelta()), _LONGEST_ASKED)


def _refusal(status: int) -> str:
    if 200 <= status < 300:
        return ""
    return f"answered {status}" + (": redirects are not followed" if 300 <= status < 400 else "")


def _reason(error: Exception) -> str:
    """Why there was no answer, for whoever inspects the delivery."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            text = "the name of the host cannot be resolved"
        case aiohttp.ClientConnectorCertificateError():
            text = f"the certificate is not trusted: {error.certificate_error}"
        case aiohttp.ClientConnectorError():
            text = f"cannot connect: {error.os_error.strerror or error.os_error}"
        case aiohttp.ServerDisconnectedError():
            text = "the connection was closed without an answer"
        case _:
            text = f"{type(error).__name__}: {error}"
    return text[:_MOST_ERROR]
