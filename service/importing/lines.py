"""A line of `replay` back to the event that it shows (design.md 7). What is not exactly such a line is refused: nothing may be lost."""

from __future__ import annotations

import re
from typing import Any

import orjson

import service.commands.router  # noqa: F401  (registers every event)
from domain.kernel.codec import from_payload
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream, event_type
from domain.kernel.upcasting import upcast
from projections.engine.tail import ENDLESS
from service.importing.shapes import problem, time_or_none

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS = ("user", "system", "provisioner", "agent")
_NEEDED = frozenset({"position", "id", "type", "version", "stream", "stream_version", "time", "actor", "correlation_id", "data"})
_TEXTS = ("request_id", "ip", "user_agent", "causation_id")
_KEYS = _NEEDED | frozenset(_TEXTS)


class Unreadable(ValueError):
    """Why a line is not an event; a sentence for whoever brought the file."""


def read_line(line: bytes) -> Recorded:
    """The event, upcast to today's version; the username of its actor is left out, for it is not part of the event.

    Raises `Unreadable`.
    """
    if not line.strip():
        raise Unreadable("this line is empty")
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"this is not JSON: {error}") from error
    if type(document) is not dict:
        raise Unreadable("this is not a JSON object")
    if "specversion" in document:
        raise Unreadable("this is a CloudEvent, which lacks much of an event: import takes what `replay --format jsonl` prints")
    if document.keys() != _KEYS:
        _explain_keys(document)
    if b"\\u0000" in line and _holds_nul(document):
        raise Unreadable("a text holds the character U+0000, which the database cannot show")
    event = _event(document)
    time = time_or_none(document["time"]) if type(document["time"]) is str else None
    if time is None:
        raise Unreadable("'time' must be a time in UTC, as 2026-01-01T00:00:00Z")
    return Recorded(
        event,
        _stream(document["stream"], event),
        _number(document, "stream_version"),
        _id(document["id"], "id"),
        time,
        _metadata(document),
        _number(document, "position"),
    )


def _event(document: dict[str, Any]) -> Event:
    name, version, data = document["type"], _number(document, "version"), document["data"]
    cls = event_type(name) if type(name) is str else None
    if cls is None or version > cls.VERSION:
        raise Unreadable(f"this release knows no event {str(name)[:80]!r} of version {version}: import with the release that wrote it")
    if type(data) is not dict:
        raise Unreadable("'data' must be an object")
    if version < cls.VERSION:
        try:
            data = upcast(name, version, data, cls.VERSION)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Unreadable(f"'data' is not that of {name} in version {version}") from error
    if wrong := problem(cls, data):
        raise Unreadable(wrong)
    return from_payload(f"{name}/{cls.VERSION}", data)


def _metadata(document: dict[str, Any]) -> Metadata:
    for name in _TEXTS:
        value = document.get(name)
        if value is not None and type(value) is not str:
            raise Unreadable(f"{name!r} must be a text or null")
    if type(document["correlation_id"]) is not str:
        raise Unreadable("'correlation_id' must be a text")
    actor = document["actor"]
    # Whoever was erased is marked; that follows from the events.
    if type(actor) is not dict or not actor.keys() <= {"kind", "id", "username", "erased"} or actor.get("kind") not in _KINDS:
        raise Unreadable("'actor' must have a kind (user, system, provisioner or agent), an id and a username")
    id = actor.get("id")
    return Metadata(
        Actor(actor["kind"], None if id is None else _id(id, "actor.id")),
        document["correlation_id"],
        document.get("request_id"),
        document.get("ip"),
        document.get("user_agent"),
        document.get("causation_id"),
    )


def _stream(text: Any, event: Event) -> Stream:
    category, _, id = text.partition("/") if type(text) is str else ("", "", "")
    if category != event.CATEGORY:
        raise Unreadable(f"{event.NAME} belongs to a stream {event.CATEGORY}/…, not to {str(text)[:80]!r}")
    return Stream(category, _id(id, "stream"))


def _id(value: Any, name: str) -> str:
    if type(value) is not str or _UUID.fullmatch(value) is None:
        raise Unreadable(f"{name!r} must hold a UUID in lower case")
    return value


def _number(document: dict[str, Any], name: str) -> int:
    value = document[name]
    if type(value) is not int or not 0 < value <= ENDLESS:
        raise Unreadable(f"{name!r} must be a positive number")
    return value


def _explain_keys(document: dict[str, Any]) -> None:
    if missing := _NEEDED - document.keys():
        raise Unreadable(f"{min(missing)!r} is missing")
    if more := document.keys() - _KEYS:
        raise Unreadable(f"{min(more)!r} means nothing to this release, and would be lost")


def _holds_nul(value: Any) -> bool:
    if type(value) is str:
        return "\0" in value
    if type(value) is dict:
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    return type(value) is list and any(map(_holds_nul, value))
