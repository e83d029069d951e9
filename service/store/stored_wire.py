"""Stored rows as documents of the wire without making events of them: what passes the whole log on has no time for that.

Same documents as `wire.to_wire` of the decoded event, which tests hold for a sample of every event.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from psycopg import AsyncConnection

from domain.kernel.codec import UnknownEvent, split_topic
from domain.kernel.events import event_type
from projections.documents import rfc3339
from projections.engine.tail import StoredRow
from projections.history.queries import usernames
from service.store.mapper import EventMapper
from service.store.wire import actor_document, to_wire

#: Whoever caused an event, where it was a person: at the same place of every state (`mapper.py`).
_USER = re.compile(rb'\{"time":"[^"]*","id":"[^"]*","actor":\{"kind":"user","id":"([^"]*)"')


@dataclass(frozen=True, slots=True)
class _Form:
    """What a payload of today's version of an event looks like."""

    name: str
    version: int
    category: str
    fields: list[str]
    defaults: Mapping[str, Any]
    times: tuple[str, ...]
    personal: tuple[str, ...]


async def stored_documents(connection: AsyncConnection[Any], mapper: EventMapper, rows: Sequence[StoredRow]) -> Iterator[dict[str, Any]]:
    """The documents of rows, each made when it is asked for, so that all of it is still at hand when it is written.
    What a newer release wrote is passed over: nobody here can say what it is.

    Two statements at most, for keys and for names.
    """
    people = {row[0] for row in rows if (form := _form(row[2])) is None or form.personal}
    if people:
        await mapper.load_keys(connection, people)
    names = await usernames(connection, {found[1].decode() for row in rows if (found := _USER.match(row[3]))})
    return _documents(mapper, rows, names)


def _documents(mapper: EventMapper, rows: Sequence[StoredRow], names: Mapping[str, str | None]) -> Iterator[dict[str, Any]]:
    for row in rows:
        with contextlib.suppress(UnknownEvent):
            yield _document(mapper, row, names)


def _document(mapper: EventMapper, row: StoredRow, names: Mapping[str, str | None]) -> dict[str, Any]:
    form = _form(row[2])
    if form is None:
        # Another version: only its upcasters know what the fields mean.
        return to_wire(mapper.decode(*row), names)
    state = orjson.loads(row[3])
    data = state["data"]
    if list(data) != form.fields:
        # Fields that came since have their default, those that went are left out.
        data = {name: data[name] if name in data else form.defaults[name] for name in form.fields}
    if form.personal:
        mapper.unseal(row[0], form.personal, data)
    for name in form.times:
        if data[name] is not None:
            data[name] = _trimmed(data[name])
    actor = state["actor"]
    return {
        "position": row[4],
        "id": state["id"],
        "type": form.name,
        "version": form.version,
        "stream": f"{form.category}/{row[0]}",
        "stream_version": row[1],
        "time": _trimmed(state["time"]),
        "actor": actor_document(actor["kind"], actor.get("id"), names),
        "request_id": state.get("request_id"),
        "ip": state.get("ip"),
        "user_agent": state.get("user_agent"),
        "correlation_id": state.get("correlation_id", ""),
        "causation_id": state.get("causation_id"),
        "data": data,
    }


@lru_cache(maxsize=1024)
def _form(topic: str) -> _Form | None:
    """None for a name or version that is not today's."""
    try:
        name, version = split_topic(topic)
    except UnknownEvent:
        return None
    cls = event_type(name)
    if cls is None or version != cls.VERSION:
        return None
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    defaults: dict[str, Any] = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
    # Shared by all documents that have none of their own, which are written and never changed.
    defaults |= {f.name: f.default_factory() for f in fields if f.default_factory is not dataclasses.MISSING}
    times = tuple(f.name for f in fields if hints[f.name] is datetime or datetime in typing.get_args(hints[f.name]))
    return _Form(name, version, cls.CATEGORY, [f.name for f in fields], defaults, times, cls.PERSONAL)


def _trimmed(text: str) -> str:
    """A stored time as documents show it."""
    if text[-1] != "Z" or len(text) > 27:
        return rfc3339(datetime.fromisoformat(text))
    if text[-2] != "0" or "." not in text:
        return text
    return text[:-1].rstrip("0").rstrip(".") + "Z"
