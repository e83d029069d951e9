"""What a process answers before it can serve, while its read models are made: that it lives, and how far it is."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import AsyncIterator

from aiohttp import web

from projections.engine.fill import Course
from service.http.errors import error_body
from service.http.responses import json_bytes, json_response
from service.http.server_log import server_log

log = logging.getLogger(__name__)

_RETRY_AFTER_SECONDS = "1"


class Starting:
    """`course` keeps it informed."""

    def __init__(self) -> None:
        self._phase = "database"
        self._position = 0
        self._last_position = 0
        self.course = Course(progress=self._progress, phase=self._enter)

    def _progress(self, position: int, last_position: int) -> None:
        self._position, self._last_position = position, last_position

    def _enter(self, phase: str) -> None:
        log.info("making read models", extra={"phase": phase})
        self._phase = phase

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Alive, not ready, and nothing else yet: 503 with `Retry-After`."""
        if request.path == "/healthz":
            response = json_response({"status": "ok"})
        elif request.path == "/readyz":
            at = {"phase": self._phase, "position": self._position, "last_position": self._last_position}
            response = json_response({"status": "starting", **at}, 503)
        else:
            body = error_body("The service is starting.", f"Its read models are being made ({self._phase}). Try again in a moment.")
            response = json_bytes(body.rstrip(), 503, **{"Retry-After": _RETRY_AFTER_SECONDS})
        # The next request is for the service itself.
        response.force_close()
        return response


@contextlib.asynccontextmanager
async def answering(listener: socket.socket) -> AsyncIterator[Starting]:
    """Answer over the listening socket, which stays open: connections that come meanwhile are the service's."""
    starting = Starting()
    runner = web.ServerRunner(web.Server(starting.answer, access_log=None, logger=server_log()))
    await runner.setup()
    try:
        await web.SockSite(runner, listener.dup()).start()
        yield starting
    finally:
        await runner.cleanup()
