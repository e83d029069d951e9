"""An event on the wire: the one shape of history, audit, streams and `replay` (design: section 7)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.kernel.events import Recorded
from projections.documents import rfc3339


def to_wire(recorded: Recorded, usernames: Mapping[str, str | None]) -> dict[str, Any]:
    """The event's document. `usernames` resolves actors; an actor who was erased maps to None and is marked."""
    meta = recorded.metadata
    return {
        "position": recorded.position,
        "id": recorded.id,
        "type": recorded.event.NAME,
        "version": recorded.event.VERSION,
        "stream": str(recorded.stream),
        "stream_version": recorded.version,
        "time": rfc3339(recorded.time),
        "actor": actor_document(meta.actor.kind, meta.actor.id, usernames),
        "request_id": meta.request_id,
        "ip": meta.ip,
        "user_agent": meta.user_agent,
        "correlation_id": meta.correlation_id,
        "causation_id": meta.causation_id,
        "data": {f.name: _plain(getattr(recorded.event, f.name)) for f in dataclasses.fields(recorded.event)},  # type: ignore[arg-type]
    }


def actor_document(kind: str, id: str | None, usernames: Mapping[str, str | None]) -> dict[str, Any]:
    """Who caused an event."""
    person = id or ""
    actor: dict[str, Any] = {"kind": kind, "id": id, "username": usernames.get(person)}
    if person in usernames and usernames[person] is None:
        actor["erased"] = True
    return actor


def to_cloudevent(document: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The same as a CloudEvents 1.0 document; `position` and `actor` are extension attributes, which are strings."""
    actor = document["actor"]
    return {
        "specversion": "1.0",
        "id": document["id"],
        "source": source,
        "type": document["type"],
        "subject": document["stream"],
        "time": document["time"],
        "datacontenttype": "application/json",
        "position": str(document["position"]),
        "actor": actor["id"] or actor["kind"],
        "data": document["data"],
    }


def _plain(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value
