"""Builds the aiohttp application from the route table; the pipeline that every request passes; the only place that turns
exceptions into answers."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence

import psycopg
from aiohttp import web
from psycopg_pool import PoolTimeout

from domain.kernel.errors import DomainError, Invalid, Unauthenticated
from service.http.call import Call
from service.http.challenge import HEADER as CHALLENGE
from service.http.challenge import challenge
from service.http.cross_site import give_csrf_token, refuse_cross_site
from service.http.errors import error_body, error_response
from service.http.idempotency import once_per_key
from service.http.limits import Limits, show
from service.http.refusals import note_refusal
from service.http.responses import json_bytes
from service.http.routing import Access, Route
from service.observability import metrics
from service.services import Services
from service.store.group_commit import Busy
from service.version import BUILD_VERSION

log = logging.getLogger(__name__)

# The router's own pattern excludes braces, which one spelling of a UUID has (contract/workspaces.md 1.3).
_BARE_PARAMETER = re.compile(r"\{(\w+)\}")
_JSON = "application/json; charset=utf-8"
_ROUTE_NOT_FOUND = error_body("Route not found.")


def build_app(services: Services, routes: Sequence[Route]) -> web.Application:
    """The application; `routes` are below `/api/v2` unless their path starts with `//` (then the rest is the whole path)."""
    app = web.Application(middlewares=[_outermost], client_max_size=1 << 40)
    # aiohttp tries the patterns below one fixed prefix in order: what is asked for most often, a single object, comes first.
    for route in sorted(routes, key=lambda r: r.path.count("/")):
        app.router.add_route(route.method, _BARE_PARAMETER.sub(r"{\1:[^/]+}", route.full_path), _endpoint(services, route))
    return app


def _endpoint(services: Services, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    observe = metrics.http_observer(route.method, route.path)
    handler = once_per_key(route.handler) if route.changes else route.handler
    authenticate = services.authenticator.for_access(route.access)
    public = route.access is Access.PUBLIC
    limits = Limits(0) if route.path.startswith("//") else services.limits

    async def endpoint(request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        call = Call(services, request, route)
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
            wanted = request.headers.get("Ledger-Position")
            if wanted is not None:
                await call.shown(_position(wanted))
            response = await handler(call)
        except DomainError as error:
            response = error_response(error)
            if response.status >= 500 and not isinstance(error, Busy):
                log.exception("request failed", extra={"route": route.path, "request_id": call.context.request_id})
        except (psycopg.OperationalError, PoolTimeout) as error:
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
            headers["X-Coder-Build-Version"] = BUILD_VERSION
            if challenged and response.status == 401:
                headers[CHALLENGE] = challenged
            if verdict is not None:
                show(response, verdict)
            if "Ledger-Position" not in headers:
                headers["Ledger-Position"] = str(call.position)
        observe(response.status, time.perf_counter() - started)
        return response

    return endpoint


def _position(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise Invalid("Ledger-Position must be a position.", f"{text[:40]!r} is not a non-negative integer.")
    return int(text)


@web.middleware
async def _outermost(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    refusal = refuse_cross_site(request)
    if refusal is not None:
        return refusal
    try:
        response = await handler(request)
        give_csrf_token(request, response)
        return response
    except web.HTTPNotFound:
        response = web.Response(body=_ROUTE_NOT_FOUND, status=404, headers={"Content-Type": _JSON})
    except web.HTTPMethodNotAllowed as error:
        response = web.Response(status=405, headers={"Allow": ", ".join(sorted(error.allowed_methods))})
    except web.HTTPException as error:
        if error.status < 400 or error.status == 426:
            raise
        response = web.Response(body=error_body(error.reason), status=error.status, headers={"Content-Type": _JSON})
    response.headers["X-Coder-Build-Version"] = BUILD_VERSION
    return response
