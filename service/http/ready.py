"""Answers whose body is ready: sent in one go, without the steps that only answers still to be made need.

aiohttp's own response negotiates chunking, compression and lengths and awaits a dozen calls for each answer: on a document
that lies ready that is more work than all of ours. What is unusual (HTTP/1.0, a connection that ends) is left to it.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import SERVER_SOFTWARE
from multidict import istr

_JSON = "application/json; charset=utf-8"
# As the library keeps names: spares it folding their case for each answer.
_CONTENT_TYPE, _CONTENT_LENGTH, _DATE, _SERVER = istr("Content-Type"), istr("Content-Length"), istr("Date"), istr("Server")
_STATUS_LINE = "HTTP/1.1 200 OK"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """The `Date` of answers, formatted once a second, as RFC 9110 5.6.7 spells it, whatever the locale."""
    return formatdate(second, usegmt=True)


class Ready(web.StreamResponse):
    """A 200 with a JSON body; more headers may be added until it is sent."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.headers[_CONTENT_TYPE] = _JSON
        self._ready = body
        self._usual: web.Response | None = None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Sends head and body at once; like the library, it leaves what a slow reader has not taken to the transport."""
        if request.version is not HttpVersion11 or not request.keep_alive or self.keep_alive is False or request.method != "GET":
            self._usual = web.Response(body=self._ready, headers=self.headers)
            if self.keep_alive is False:
                self._usual.force_close()
            return await self._usual.prepare(request)
        headers, writer = self.headers, request.writer
        headers[_CONTENT_LENGTH] = str(len(self._ready))
        headers[_DATE] = _date(int(time.time()))
        headers[_SERVER] = SERVER_SOFTWARE
        await writer.write_headers(_STATUS_LINE, headers)
        await writer.write_eof(self._ready)
        self._eof_sent = True
        self._keep_alive = True
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """The end of what `prepare` began."""
        if self._usual is not None:
            await self._usual.write_eof(data)
            self._eof_sent = True
            self._keep_alive = self._usual.keep_alive
