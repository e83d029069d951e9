"""Recorded events to and from what the log stores: readable JSON, personal fields sealed with their person's key.

`time` is the first key and 27 characters wide, so that the append statement can lift it to the log's last time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from eventsourcing.persistence import Mapper, StoredEvent
from psycopg import AsyncConnection

from domain.kernel.codec import reading, split_topic, to_payload, topic_of
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream, event_type
from domain.kernel.making import maker
from service.store.personal_keys import KeyRing
from service.store.times import parse_fixed, to_fixed

_recorded, _metadata_of, _actor = maker(Recorded), maker(Metadata), maker(Actor)


class EventMapper:
    """The one translation between `Recorded` and stored bytes."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def encode(self, recorded: Recorded) -> bytes:
        """The state column. Raises `LookupError` when a personal field's key is not loaded."""
        meta = recorded.metadata
        document: dict[str, Any] = {"time": to_fixed(recorded.time), "id": recorded.id, "actor": {"kind": meta.actor.kind}}
        if meta.actor.id is not None:
            document["actor"]["id"] = meta.actor.id
        for name in ("correlation_id", "request_id", "ip", "user_agent", "causation_id"):
            value = getattr(meta, name)
            if value is not None:
                document[name] = value
        payload = to_payload(recorded.event)
        for name in recorded.event.PERSONAL:
            if payload[name]:
                payload[name] = self._keys.seal(recorded.stream.id, name, payload[name])
        document["data"] = payload
        return orjson.dumps(document, option=orjson.OPT_UTC_Z)

    def decode(self, originator_id: str, version: int, topic: str, state: bytes, position: int = 0) -> Recorded:
        """The envelope and payload, upcast. Raises `UnknownEvent` for a topic this release does not know."""
        document = orjson.loads(state)
        payload = document["data"]
        cls, build = reading(topic)
        if cls.PERSONAL:
            self.unseal(originator_id, cls.PERSONAL, payload)
        return _recorded(
            build(payload),
            Stream(cls.CATEGORY, originator_id),
            version,
            document["id"],
            parse_fixed(document["time"]),
            _metadata(document),
            position,
        )

    def unseal(self, person: str, names: Iterable[str], payload: dict[str, Any]) -> None:
        """Put what was sealed into these fields of a stored payload in its place, `""` where the key was dropped."""
        for name in names:
            if isinstance(payload.get(name), dict):
                payload[name] = self._keys.open(person, name, payload[name])

    async def load_keys(self, connection: AsyncConnection[Any], people: Iterable[str]) -> None:
        """Fetch the personal keys that encoding or decoding events of these people needs."""
        await self._keys.load(connection, people)

    @staticmethod
    def has_personal_fields(topic: str) -> bool:
        """Whether events of this topic need their person's key to be read."""
        cls = event_type(split_topic(topic)[0])
        return cls is not None and bool(cls.PERSONAL)


def _metadata(document: dict[str, Any]) -> Metadata:
    actor, get = document["actor"], document.get
    return _metadata_of(
        _actor(actor["kind"], actor.get("id")),
        get("correlation_id", ""),
        get("request_id"),
        get("ip"),
        get("user_agent"),
        get("causation_id"),
    )


class LedgerMapper(Mapper[UUID]):
    """The same translation for the eventsourcing library (its `MAPPER_TOPIC`), so that its tools read the log. They have no keys:
    what is sealed reads as empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._events = EventMapper(KeyRing())

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """A library `StoredEvent` for a `Recorded`."""
        recorded: Recorded = domain_event
        return StoredEvent(recorded.originator_id, recorded.version, topic_of(type(recorded.event)), self._events.encode(recorded))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The `Recorded` of a library `StoredEvent`."""
        return self._events.decode(str(stored_event.originator_id), stored_event.originator_version, stored_event.topic, stored_event.state)


def is_personal(event: Event) -> bool:
    """Whether storing this event needs a personal key."""
    return any(getattr(event, name) for name in event.PERSONAL)
