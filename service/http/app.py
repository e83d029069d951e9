"""From the route table to what answers requests: the pipeline that every one passes; the only place that turns exceptions
into answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import psycopg
from aiohttp import HttpVersion11, web
from multidict import istr
from psycopg_pool import PoolTimeout

from domain.kernel.errors import DomainError, Invalid, Unauthenticated
from service.http.call import Call
from service.http.challenge import HEADER as CHALLENGE
from service.http.challenge import challenge
from service.http.cross_site import give_csrf_token, refuse_cross_site
from service.http.errors import NotOffered, error_body, error_response
from service.http.idempotency import once_per_key
from service.http.limits import Limits, show
from service.http.refusals import note_refusal
from service.http.responses import json_bytes
from service.http.router import Router
from service.http.routing import Access, Route
from service.observability import metrics
from service.services import Services
from service.store.group_commit import Busy
from service.version import BUILD_VERSION

log = logging.getLogger(__name__)

_JSON = "application/json; charset=utf-8"
_BUILD, _POSITION = istr("X-Coder-Build-Version"), istr("Ledger-Position")
#: Also what was a primary until a moment ago: whoever asks again reaches the one that is it now.
_AWAY = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction, PoolTimeout)
_ROUTE_NOT_FOUND = error_body("Route not found.")


Endpoint = Callable[[web.BaseRequest, Mapping[str, str]], Awaitable[web.StreamResponse]]


def build_handler(services: Services, routes: Sequence[Route]) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """What answers every request of the low-level server; `routes` is the whole table."""
    router: Router[Endpoint] = Router((route.method, route.template, _endpoint(services, route)) for route in routes)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        has_cookies = "Cookie" in request.headers
        if has_cookies:
            refusal = refuse_cross_site(request)
            if refusal is not None:
                return refusal
        path = request.rel_url.path_safe
        match = router.match(request.method, path)
        if match is None:
            response: web.StreamResponse = _unknown(request.method, router.allowed(path))
        else:
            try:
                if request.method != "GET" and "Expect" in request.headers:
                    await _expect(request)
                response = await match.endpoint(request, match.parameters)
                give_csrf_token(request, path, response, has_cookies=has_cookies)
                return response
            except web.HTTPException as error:
                response = web.Response(body=error_body(error.reason), status=error.status, headers={"Content-Type": _JSON})
        response.headers[_BUILD] = BUILD_VERSION
        return response

    return handle


def _unknown(method: str, allowed: frozenset[str]) -> web.Response:
    """Another method would do, or nothing is there. The reference's 405 has no body; here every refusal says what is wrong."""
    if allowed:
        methods = ", ".join(sorted(allowed))
        body = error_body("Method not allowed.", f"This route takes {methods}, not {method[:40]}.")
        return web.Response(body=body, status=405, headers={"Content-Type": _JSON, "Allow": methods})
    return web.Response(body=_ROUTE_NOT_FOUND, status=404, headers={"Content-Type": _JSON})


async def _expect(request: web.BaseRequest) -> None:
    """A client that waits for leave to send its body gets it (RFC 9110 10.1.1). Raises a 417 for any other expectation."""
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed
    if request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # The answer proper has not begun.
        request.writer.output_size = 0


def _endpoint(services: Services, route: Route) -> Endpoint:
    observe = metrics.http_observer(route.method, route.template)
    handler = once_per_key(route.handler) if route.changes else route.handler
    authenticate = services.authenticator.for_access(route.access)
    public = route.access is Access.PUBLIC
    limits = Limits(0) if route.path.startswith("//") else services.limits

    async def endpoint(request: web.BaseRequest, parameters: Mapping[str, str]) -> web.StreamResponse:
        started = time.perf_counter()
        call = Call(services, request, route, parameters)
        verdict, challenged = None, ""
        try:
            if not public:
                try:
                    call.authenticated(await authenticate(call))
                except Unauthenticated as error:
                    challenged = challenge(error, services.access_url)
                    # They count as well: looking up what they send costs more than serving those who get in.
                    limits.check(call, route)
                    raise
            verdict = limits.check(call, route)
            wanted = request.headers.get(_POSITION)
            if wanted is not None:
                await call.shown(_position(wanted))
            response = await handler(call)
        except DomainError as error:
            response = error_response(error)
            if response.status >= 500 and not isinstance(error, Busy | NotOffered):
                log.exception("request failed", extra={"route": route.path, "request_id": call.context.request_id})
        except _AWAY as error:
            log.warning("database away", extra={"route": route.path, "reason": type(error).__name__})
            response = error_response(Busy("The database does not answer at the moment.", "Try again in a moment."))
        except (asyncio.CancelledError, web.HTTPException, ConnectionResetError):
            raise
        except Exception:
            # A bug: nothing of it goes to the caller but the id under which the log has it.
            request_id = call.context.request_id or ""
            log.exception("request failed", extra={"route": route.path, "request_id": request_id})
            response = json_bytes(error_body("An internal server error occurred.", f"Request {request_id}").rstrip(), 500)
        if not response.prepared:
            if response.status >= 400:
                await note_refusal(call, response)
            if request.content.exception() is not None:
                # The body was cut off or its encoding is broken: nothing that follows on this connection could be made out.
                request.content.feed_eof()
                response.force_close()
            headers = response.headers
            headers[_BUILD] = BUILD_VERSION
            if challenged and response.status == 401:
                headers[CHALLENGE] = challenged
            if verdict is not None:
                show(response, verdict)
            if _POSITION not in headers:
                headers[_POSITION] = str(call.position)
        observe(response.status, time.perf_counter() - started)
        return response

    return endpoint


def _position(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise Invalid("Ledger-Position must be a position.", f"{text[:40]!r} is not a non-negative integer.")
    return int(text)
