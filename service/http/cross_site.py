"""Changes that rely on a cookie alone are refused; what a page needs to prove itself is handed out (contract/identity.md 2.2)."""

from __future__ import annotations

from aiohttp import web
from multidict import istr

from service.auth.tokens import CSRF_COOKIE, cross_site_refusal, new_csrf_token

_API = "/api"
_SET_COOKIE = istr("Set-Cookie")
_COOKIE_TAIL = "; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"


def refuse_cross_site(request: web.BaseRequest) -> web.Response | None:
    """The 400 for a change that another site may have started, or None; for requests that have cookies."""
    reason = cross_site_refusal(request.method, request.path, request.cookies, request.query, request.headers)
    return web.Response(text=reason, status=400) if reason else None


def give_csrf_token(request: web.BaseRequest, path: str, response: web.StreamResponse, *, has_cookies: bool) -> None:
    """Set the cookie that `X-CSRF-TOKEN` must repeat, on answers to requests that came without it."""
    if response.prepared or not path.startswith(_API) or (has_cookies and CSRF_COOKIE in request.cookies):
        return
    # Written by hand: the header is on every answer to a program, and a cookie jar costs more than the look-up of its caller.
    response.headers.add(_SET_COOKIE, f"{CSRF_COOKIE}={new_csrf_token()}{_COOKIE_TAIL}")
