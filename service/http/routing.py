"""The vocabulary of the route table: what one row says about a route, for the application and for the published documents.

A row is data. It holds the handler and everything that a reader of the API must know; it builds nothing and checks no rights.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from aiohttp import web

    from service.http.call import Call

API_BASE = "/api/v2"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SAFE = ("GET", "OPTIONS")
JSON = "application/json"

Handler: TypeAlias = "Callable[[Call], Awaitable[web.StreamResponse]]"
Body: TypeAlias = str | Sequence[str] | Mapping[str, Any] | None
"""A type expression of `schema_registry` ("Workspace", "[Group]|null"), `["Workspace"]` for a list, a JSON Schema whose `$ref`s
are plain schema names, or None for an answer without a described body."""


class Access(Enum):
    """Who may reach a handler; what they may do there is the row's `permission`."""

    PUBLIC = "public"
    SESSION = "session"
    OPTIONAL = "optional"
    AGENT = "agent"
    PROVISIONER = "provisioner"


class Conditional(Enum):
    """Whether ETags take part: READ answers with one and honours If-None-Match, CHANGE honours If-Match."""

    NONE = "none"
    READ = "read"
    CHANGE = "change"


class Protocol(Enum):
    """How a stream travels."""

    SSE = "text/event-stream"
    WEBSOCKET = "websocket"
    JSON_LINES = "application/jsonl"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter. `type` is a type expression; a `required` one has no default."""

    name: str
    type: str = "string"
    summary: str = ""
    required: bool = False
    default: str | int | bool | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """What a route sends when it streams. `message` is the type expression of one payload.

    `enveloped`: payloads come as `{"type": "ping"|"data"|"error", "data": …}` (over SSE: as the event's name and data).
    `resumable`: frames carry positions, and a client can go on from one. `when` is the query parameter (`follow`) or its
    value (`format=jsonl`) that makes the route a stream; empty if it always is one.
    """

    protocol: Protocol
    message: str
    enveloped: bool = True
    resumable: bool = False
    when: str = ""


AT = Parameter("at", "string", "The past: a position of the log, or a time (RFC 3339, inclusive).")
LIMIT = Parameter("limit", "int", "At most this many; 0 is no limit.")
OFFSET = Parameter("offset", "int", "Leave out this many from the front.")
AFTER_ID = Parameter("after_id", "uuid", "Only what follows this id.")
AFTER = Parameter("after", "position", "Only what has a higher position.")
BEFORE = Parameter("before", "position", "Only what has a lower position.")
INCLUDE_DELETED = Parameter("include_deleted", "bool", "Answer for deleted ones too.")

_SEGMENT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}]|\{[^{}]*\})*)?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One row. `path` is below `/api/v2`; one that starts with `//` is whole after its first slash (`//healthz`).

    `permission` says in words what is checked ("none" if nothing is); `request` and `responses` are `Body`s; `produces` are the
    media types of a success; `consumes` the one of the request. Raises `ValueError` for a row that cannot be.
    """

    method: str
    path: str
    handler: Handler
    access: Access
    permission: str
    summary: str
    request: Body = field(default=None, hash=False)
    responses: Mapping[int, Body] = field(default_factory=dict, hash=False)
    query: tuple[Parameter, ...] = ()
    tag: str = ""
    stream: Stream | None = None
    produces: tuple[str, ...] = (JSON,)
    conditional: Conditional = Conditional.NONE
    consumes: str = JSON
    request_required: bool = True
    description: str = ""
    deprecated: bool = False

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"{self.key}: the method is none of {', '.join(METHODS)}")
        if not self.path.startswith("/") or (self.path.endswith("/") and self.path != "/"):
            raise ValueError(f"{self.key}: the path must begin and must not end with a slash")
        if not self.responses or not all(100 <= status <= 599 for status in self.responses):
            raise ValueError(f"{self.key}: responses must name at least one status, and only HTTP's")
        if self.stream is not None and self.method != "GET":
            raise ValueError(f"{self.key}: only a GET can stream")
        names = [*self.path_parameters, *(parameter.name for parameter in self.query)]
        if len(names) != len(set(names)):
            raise ValueError(f"{self.key}: two parameters have one name")

    @property
    def key(self) -> str:
        """How the row is spoken of: `GET /workspaces/{workspace}`."""
        return f"{self.method} {self.path}"

    @property
    def full_path(self) -> str:
        """The path from the root of the server, as the application registers it."""
        return self.path[1:] if self.path.startswith("//") else API_BASE + self.path

    @property
    def template(self) -> str:
        """`full_path` with bare parameter names: a pattern (`{build:[0-9]+}`) is the application's business."""
        return _SEGMENT.sub(r"{\1}", self.full_path)

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """Names of the path's parameters, in order."""
        return tuple(match.group(1) for match in _SEGMENT.finditer(self.path))

    @property
    def changes(self) -> bool:
        """Whether the method may change something, and so takes an `Idempotency-Key`."""
        return self.method not in _SAFE
