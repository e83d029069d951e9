"""How many requests a caller may make: of each route in general, and signs-in in particular (contract/identity.md 2.5)."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from typing import TYPE_CHECKING

from aiohttp import web

from domain.kernel.errors import TooMany
from domain.kernel.names import fold
from domain.roles.builtin import SiteRole
from service.auth.rate_limit import RateLimit, Verdict
from service.http.routing import Access, Route

if TYPE_CHECKING:
    from service.http.call import Call

SIGN_INS_PER_MINUTE = 60
#: How many times as much machines may send: agents of many workspaces, and provisioners, may share an address.
MACHINES_FACTOR = 20
BYPASS_HEADER = "X-Coder-Bypass-Ratelimit"
_MACHINES = frozenset({Access.AGENT, Access.PROVISIONER})
_MESSAGE = "You've been rate limited for sending too many requests!"


class Limits:
    """The counts of one process. `per_minute` 0 switches all limits off."""

    def __init__(self, per_minute: int) -> None:
        self.requests = RateLimit(per_minute)
        self.machines = RateLimit(per_minute * MACHINES_FACTOR)
        self.sign_ins = RateLimit(min(per_minute, SIGN_INS_PER_MINUTE))

    def check(self, call: Call, route: Route) -> Verdict | None:
        """Count a request of a route; None where nothing is limited. Raises `TooMany`."""
        counts = self.machines if route.access in _MACHINES else self.requests
        if not counts.limit:
            return None
        verdict = counts.hit((route.path, route.method, who(call)))
        if not verdict.allowed and not bypasses(call):
            raise TooMany(_MESSAGE, retry_after=verdict.reset_seconds)
        return verdict


def limit_sign_ins(call: Call, *, account: str = "") -> None:
    """Count an attempt at a password, by who tries or by whose account it is. Raises `TooMany`."""
    limits = call.services.limits.sign_ins
    if not limits.limit:
        return
    # Hashed: an address stays out of memory dumps, and a long one costs no more than a short one.
    key = hashlib.sha256(fold(account).encode()).digest() if account else who(call)
    verdict = limits.hit((call.route.path, key))
    if not verdict.allowed and not bypasses(call):
        raise TooMany(_MESSAGE, retry_after=verdict.reset_seconds)


def bypasses(call: Call) -> bool:
    """Whether a site owner asks not to be limited."""
    wanted = call.request.headers.get(BYPASS_HEADER, "").lower() == "true"
    return wanted and not call.anonymous and SiteRole.OWNER in call.caller.site_roles


def who(call: Call) -> str:
    """The person who calls or, for nobody, the network they call from: an IPv6 site counts as one."""
    if not call.anonymous:
        return call.caller.user_id
    remote = call.request.remote or ""
    if ":" not in remote:
        return remote
    try:
        return str(ipaddress.IPv6Network((remote.partition("%")[0], 64), strict=False))
    except ValueError:
        return remote


def show(response: web.StreamResponse, verdict: Verdict) -> None:
    """Tell the caller where they stand; the reset is in seconds since 1970."""
    headers = response.headers
    headers["X-RateLimit-Limit"] = str(verdict.limit)
    headers["X-RateLimit-Remaining"] = str(verdict.remaining)
    headers["X-RateLimit-Reset"] = str(int(time.time()) + verdict.reset_seconds)
