"""Ready answers: bytes that are already JSON, documents to be rendered, nothing at all."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web
from multidict import istr

from service.http.ready import Ready

_JSON = "application/json; charset=utf-8"
# As the library keeps names: spares it folding their case for each answer.
_ETAG = istr("ETag")


def json_bytes(body: bytes, status: int = 200, **headers: str) -> web.Response:
    """A body that was rendered before; the newline that ends every answer is added here."""
    return web.Response(body=body + b"\n", status=status, headers={"Content-Type": _JSON, **headers})


def tagged_bytes(body: bytes, tag: str) -> Ready:
    """A 200 with a body that lies ready and its entity tag; the newline is added here, too."""
    response = Ready(body + b"\n")
    response.headers[_ETAG] = tag
    return response


def json_response(document: Any, status: int = 200) -> web.Response:
    """Render and answer; `document` may hold `orjson.Fragment`s."""
    return web.Response(body=orjson.dumps(document) + b"\n", status=status, headers={"Content-Type": _JSON})


def no_content() -> web.Response:
    """204 without a body."""
    return web.Response(status=204)


def message(text: str, status: int = 200) -> web.Response:
    """The envelope with only a message."""
    return json_response({"message": text}, status)
