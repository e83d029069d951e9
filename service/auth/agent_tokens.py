"""Agents prove who they are by a token that is a UUID; only its digest is stored (contract/lifecycle.md D1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.kernel.context import Context
from domain.kernel.errors import Unauthenticated
from domain.kernel.events import Actor
from domain.kernel.spellings import uuid_text
from projections.agents.queries import agent_by_token
from service.auth.tokens import find_token

if TYPE_CHECKING:
    from service.http.call import Call

_REFUSED = "An agent must prove who it is."


@dataclass(frozen=True, slots=True)
class CallingAgent:
    """The agent behind a good token; `context` says that it acts, for the command that made its build."""

    id: str
    workspace_id: str
    context: Context


async def calling_agent(call: Call) -> CallingAgent:
    """The agent whose token the request carries, wherever a session token could be.

    Raises `Unauthenticated` for none, for what is no UUID, and for a token whose agent's build is over.
    """
    request = call.request
    text = find_token(request.cookies, request.query, request.headers)
    if not text:
        raise Unauthenticated(_REFUSED, "The request carries no agent token.")
    try:
        token = uuid_text(text)
    except ValueError:
        raise Unauthenticated(_REFUSED, "An agent token is a UUID.") from None
    async with call.pool.connection() as connection:
        row = await agent_by_token(connection, hashlib.sha256(token.encode()).digest())
    if row is None:
        raise Unauthenticated(_REFUSED, "No agent of a current build has this token.")
    base = call.context
    return CallingAgent(
        row["id"], row["workspace_id"], Context(Actor("agent", row["id"]), base.time, row["correlation_id"], base.request_id)
    )
