"""From a request to its caller: finds the token, checks it, keeps the books about its use (contract/identity.md 2.2 to 2.4).

A known token costs a digest and a look-up; whatever events change is undone before a change is acknowledged, so a
revocation holds from the next request on.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from domain.api_keys.commands import RecordKeyUse
from domain.api_keys.values import ACTIVITY_INTERVAL, TOKEN
from domain.kernel.errors import DomainError, Unauthenticated
from domain.users.values import UserStatus
from service.auth.caller import Caller
from service.auth.caller_cache import CallerCache, Entry
from service.auth.callers import KnownKey, load_key
from service.auth.tokens import SIGNED_OUT, find_token, parse_token
from service.http.routing import Access
from service.web.feed import Change

if TYPE_CHECKING:
    from service.http.call import Call

log = logging.getLogger(__name__)

Authenticate = Callable[["Call"], Awaitable[Caller | None]]

_NOTHING: Mapping[str, str] = MappingProxyType({})
_HOUR = ACTIVITY_INTERVAL.total_seconds()
#: How long a use that could not be written down is left before the next attempt.
_RETRY_SECONDS = 60.0


class Authenticator:
    """Knows the callers of this process; a feed follower."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._cache = CallerCache()
        self._writing: set[asyncio.Task[None]] = set()

    def for_access(self, access: Access) -> Authenticate:
        """What a route of this kind does before its handler: None is nobody.

        Tokens of agents and provisioners are no API keys: their routes look at them themselves.
        """
        match access:
            case Access.SESSION:
                return self.authenticate
            case Access.OPTIONAL:
                return self._if_valid
            case Access.PUBLIC | Access.AGENT | Access.PROVISIONER:
                return _nobody

    @property
    def generation(self) -> int:
        """Moves whenever anybody's rights may have changed."""
        return self._cache.generation

    def is_current(self, caller: Caller) -> bool:
        """Whether this is still what is known of the caller: if not, whoever goes on serving it must authenticate it anew."""
        return self._cache.holds(caller)

    async def authenticate(self, call: Call) -> Caller:
        """The caller of a request. Raises `Unauthenticated` with the reason for which its token does not pass."""
        request = call.request
        headers = request.headers
        text = find_token(
            request.cookies if "Cookie" in headers else _NOTHING,
            request.query if "token" in (query := request.query_string) or "%" in query else _NOTHING,
            headers,
        )
        digest = hashlib.sha256(text.encode(errors="surrogateescape")).digest()
        entry = self._cache.get(digest)
        if entry is None:
            entry = await self._recognise(text, digest)
        now = time.time()
        if now >= entry.expires:
            raise _expired(entry.caller)
        if now >= entry.due:
            await self._note_use(call, entry, now)
        return entry.caller

    async def follow(self, connection: AsyncConnection[Any], previous: int, position: int, changes: Sequence[Change]) -> None:
        """Forget whom these events concern."""
        await self._cache.follow(connection, previous, position, changes)

    async def reset(self, connection: AsyncConnection[Any], position: int) -> None:
        """Forget everybody."""
        await self._cache.reset(connection, position)

    async def settled(self) -> None:
        """Wait until what is being written down in the background is."""
        if self._writing:
            await asyncio.gather(*self._writing)

    async def _if_valid(self, call: Call) -> Caller | None:
        try:
            return await self.authenticate(call)
        except Unauthenticated:
            return None

    async def _recognise(self, text: str, digest: bytes) -> Entry:
        token = parse_token(text)
        generation = self._cache.generation
        async with self._pool.connection() as connection:
            known = await load_key(connection, token.id)
        if known is None:
            raise Unauthenticated(SIGNED_OUT, "API key is invalid.")
        if not token.proves(known.digest):
            raise Unauthenticated(SIGNED_OUT, "API key secret is invalid.")
        if known.caller.expires_at <= datetime.now(UTC):
            raise _expired(known.caller)
        if known.status not in (UserStatus.ACTIVE, UserStatus.DORMANT):
            raise Unauthenticated(f'User is not active (status = "{known.status}"). Contact an admin to reactivate your account.')
        entry = Entry(known.caller, known.caller.expires_at.timestamp(), _due(known))
        self._cache.put(digest, entry, generation)
        return entry

    async def _note_use(self, call: Call, entry: Entry, now: float) -> None:
        """A first use (and one that wakes somebody) shows in the answer to this very request; a later one is written down while
        the request goes on."""
        is_first = entry.due == 0.0
        entry.due = now + _RETRY_SECONDS
        if is_first:
            await _record_use(call, entry.caller)
            return
        task = asyncio.create_task(_in_background(call, entry.caller), name="note-use")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


def _expired(caller: Caller) -> Unauthenticated:
    return Unauthenticated(SIGNED_OUT, f'API key expired at "{caller.expires_at.isoformat()}".')


async def _record_use(call: Call, caller: Caller) -> None:
    outcome = await call.services.bus.execute(RecordKeyUse(caller.key_id, caller.user_id), call.acting_as(caller.user_id))
    if outcome.position:
        await call.shown(outcome.position)


async def _in_background(call: Call, caller: Caller) -> None:
    try:
        await _record_use(call, caller)
    except (DomainError, psycopg.Error, PoolTimeout) as error:
        log.warning("a key's use could not be written down", extra={"reason": type(error).__name__})


def _due(known: KnownKey) -> float:
    """When the next use must be written down: at once if it was never used or somebody must wake, else hourly; a session also
    when it has an hour less than its lifetime left."""
    if known.last_used_at is None or known.status == UserStatus.DORMANT:
        return 0.0
    due = known.last_used_at.timestamp() + _HOUR
    if known.caller.login_type != TOKEN:
        due = min(due, known.caller.expires_at.timestamp() - known.lifetime_seconds + _HOUR)
    return max(due, 1.0)


async def _nobody(_call: Call) -> None:
    return None
