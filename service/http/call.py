"""One request on its way through: who calls, with what, and the service's parts that its handler may use."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web
from psycopg_pool import AsyncConnectionPool

from domain.kernel.context import Context
from domain.kernel.errors import Invalid, TooLarge, Unauthenticated, Unfinished
from domain.kernel.events import Actor
from service.auth.caller import Caller
from service.commands.bus import Outcome, Precondition
from service.http.readable import readable
from service.http.routing import Access, Route
from service.observability import logging
from service.store.append import SideWrite
from service.store.group_commit import Busy

if TYPE_CHECKING:
    from service.services import Services
    from service.store.kept_answers import Claim

#: Larger JSON bodies than this are refused with 413; uploads have their own limit.
MAX_JSON_BYTES = 16 * 1024 * 1024
#: Who sends a body must not fall silent for longer: a connection that is held for ever costs its sender nothing.
BODY_SILENCE_SECONDS = 60.0
POSITION_WAIT_SECONDS = 5.0


class Call:
    """What a handler is given. `caller` raises `Unauthenticated` on routes that serve anonymous callers too."""

    __slots__ = (
        "_body",
        "_caller",
        "_context",
        "_position",
        "_seen",
        "_shown",
        "attempted",
        "claim",
        "path",
        "request",
        "route",
        "services",
    )

    def __init__(self, services: Services, request: web.BaseRequest, route: Route, path: Mapping[str, str]) -> None:
        self.services = services
        self.request = request
        self.route = route
        #: Path parameters, decoded.
        self.path = path
        self._caller: Caller | None = None
        self._context: Context | None = None
        self._position = 0
        self._seen = 0
        #: What is read from now on shows at least this; what the read models show at the end may be more than was read.
        self._shown = services.positions.current
        self._body: bytes | None = None
        #: What the caller wants done to the resource, where the body alone says so: the action of an audit entry.
        self.attempted = ""
        #: Set for a request with an idempotency key.
        self.claim: Claim | None = None

    @property
    def caller(self) -> Caller:
        """Who calls."""
        if self._caller is None:
            raise Unauthenticated("You are signed out or your session has expired. Please sign in again to continue.")
        return self._caller

    @property
    def anonymous(self) -> bool:
        """Whether nobody is signed in."""
        return self._caller is None

    def authenticated(self, caller: Caller | None) -> None:
        """Set by the pipeline before the handler runs."""
        self._caller = caller
        if caller is not None and self._context is not None:
            self._context = replace(self._context, actor=Actor("user", caller.user_id))

    @property
    def pool(self) -> AsyncConnectionPool[Any]:
        """Connections that see the live read models."""
        return self.services.pool

    @property
    def context(self) -> Context:
        """Who, when, from where: made once, so that all events of a request carry one time and correlation."""
        if self._context is None:
            request = self.request
            actor = Actor("user", self._caller.user_id) if self._caller is not None else Actor("system")
            request_id = str(uuid.uuid4())
            logging.request_id.set(request_id)
            agent = readable(request.headers.get("User-Agent", ""))[:512] or None
            self._context = Context(actor, datetime.now(UTC), request_id, request_id, request.remote, agent)
        return self._context

    def acting_as(self, user_id: str) -> Context:
        """The context of a change that somebody who is not signed in makes as themselves (signing in, the first user)."""
        base = self.context
        return Context(Actor("user", user_id), base.time, base.correlation_id, base.request_id, base.ip, base.user_agent)

    async def body(self, limit: int = MAX_JSON_BYTES, *, silence_seconds: float = BODY_SILENCE_SECONDS) -> bytes:
        """The raw body. Raises `TooLarge` beyond `limit` bytes, `Unfinished` when nothing of it comes for `silence_seconds`,
        `Invalid` when its encoding is broken."""
        if self._body is not None:
            if len(self._body) > limit:
                raise TooLarge("The request body is too large.", f"At most {limit} bytes are accepted.")
            return self._body
        declared = self.request.content_length
        if declared is not None and declared > limit:
            raise TooLarge("The request body is too large.", f"At most {limit} bytes are accepted.")
        chunks: list[bytes] = []
        size = 0
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(silence_seconds) as patience:
                async for chunk in self.request.content.iter_any():
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge("The request body is too large.", f"At most {limit} bytes are accepted.")
                    chunks.append(chunk)
                    patience.reschedule(now() + silence_seconds)
        except TimeoutError as error:
            raise Unfinished("The request body did not come.", f"Nothing of it came for {silence_seconds:g} seconds.") from error
        except web.RequestPayloadError as error:
            raise Invalid("The request body could not be read.", str(error)) from error
        return b"".join(chunks)

    async def keep_body(self, limit: int) -> bytes:
        """The raw body, kept for whoever asks for it again."""
        self._body = await self.body(limit)
        return self._body

    @property
    def is_repeated(self) -> bool:
        """Whether the change was made already, by an earlier attempt that was never answered: only the answer is wanted."""
        return self.claim is not None and bool(self.claim.marks)

    async def execute(
        self,
        command: Any,
        *,
        context: Context | None = None,
        precondition: Precondition | None = None,
        side_writes: tuple[SideWrite, ...] = (),
    ) -> Outcome:
        """Carry out a command and wait until the read models show it, so that the answer can be rendered from them."""
        context = context or self.context
        if self.claim is None or self.route.access is Access.PUBLIC:
            # Signing in holds a secret that only its first answer can show: better once more than never.
            outcome = await self.services.bus.execute(command, context, precondition=precondition, side_writes=side_writes)
        else:
            ordinal = self.claim.next_command()
            made = self.claim.marks.get(ordinal)
            if made is not None:
                outcome = Outcome(made[0], tuple(await self.services.answers.recall(made)))
            else:
                mark = self.claim.mark(ordinal)
                outcome = await self.services.bus.execute(command, context, precondition=precondition, side_writes=side_writes, mark=mark)
        if outcome.position:
            self.changed_at(outcome.position)
            await self.shown(outcome.position)
        return outcome

    def changed_at(self, position: int) -> None:
        """What this request changed stands at `position`."""
        self._position = position

    @property
    def has_changed(self) -> bool:
        """Whether a command of this request was carried out and changed something, whatever the answer says."""
        return bool(self._position)

    def saw(self, position: int) -> None:
        """The answer shows something as of `position`, which may be ahead of this process' view."""
        self._seen = max(self._seen, position)

    async def shown(self, position: int) -> None:
        """Wait until this process' read models are at `position`. Raises `Busy` after five seconds."""
        try:
            await self.services.positions.wait_until(position, POSITION_WAIT_SECONDS)
        except TimeoutError:
            raise Busy("The read models have not caught up.", f"They have not reached position {position} in time.") from None
        self._shown = max(self._shown, self.services.positions.current)

    @property
    def position(self) -> int:
        """What `Ledger-Position` says: the position of the change, or one that everything in the answer is at or after."""
        return self._position or max(self._seen, self._shown)
