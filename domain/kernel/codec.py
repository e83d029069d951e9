"""Events to and from plain dicts, and their topics `Name/version`. Bytes and encryption are the caller's business."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from types import UnionType
from typing import Any

from domain.kernel.events import Event, event_type
from domain.kernel.making import maker
from domain.kernel.upcasting import upcast

_Build = Callable[[dict[str, Any]], Event]
_READINGS: dict[str, tuple[type[Event], _Build]] = {}


class UnknownEvent(LookupError):
    """A stored topic whose name or version this release cannot read."""


def topic_of(cls: type[Event]) -> str:
    """The topic under which an event of this class is stored."""
    return f"{cls.NAME}/{cls.VERSION}"


@lru_cache(maxsize=1024)
def split_topic(topic: str) -> tuple[str, int]:
    """`Name/3` as `("Name", 3)`. Raises `UnknownEvent` for anything else."""
    name, slash, version = topic.rpartition("/")
    if not slash or not version.isdigit():
        raise UnknownEvent(f"topic {topic!r} is not Name/version")
    return name, int(version)


def to_payload(event: Event) -> dict[str, Any]:
    """The event's fields as a dict; nested values are shared, not copied."""
    return {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}  # type: ignore[arg-type]


def from_payload(topic: str, payload: dict[str, Any]) -> Event:
    """The event stored under `topic`, upcast to today's version; unknown keys are dropped, missing ones take their default.

    Raises `UnknownEvent` for a name or a future version that this release does not know.
    """
    return reading(topic)[1](payload)


def reading(topic: str) -> tuple[type[Event], Callable[[dict[str, Any]], Event]]:
    """What is stored under `topic`, and what makes an event of its payload. Raises `UnknownEvent` as `from_payload`."""
    found = _READINGS.get(topic)
    if found is None:
        found = _READINGS[topic] = _reading(topic)
    return found


def _reading(topic: str) -> tuple[type[Event], _Build]:
    name, version = split_topic(topic)
    cls = event_type(name)
    if cls is None or version > cls.VERSION:
        raise UnknownEvent(f"event {topic} is not known to this release")
    today = cls.VERSION
    build = _builder(cls)
    return cls, build if version == today else lambda payload: build(upcast(name, version, payload, today))


def _builder(cls: type[Event]) -> _Build:
    """Compile the conversion from a stored payload: only times and tuples differ from what JSON gives."""
    hints = typing.get_type_hints(cls)
    names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
    times = tuple(at for at, name in enumerate(names) if _mentions(hints[name], datetime))
    tuples = tuple(at for at, name in enumerate(names) if typing.get_origin(hints[name]) is tuple)
    make, defaults = maker(cls), _defaults(cls)

    def build(payload: dict[str, Any]) -> Event:
        try:
            values = [payload[name] for name in names]
        except KeyError:
            values = [payload[name] if name in payload else defaults[name]() for name in names]
        for at in times:
            if isinstance(values[at], str):
                values[at] = datetime.fromisoformat(values[at])
        for at in tuples:
            values[at] = tuple(values[at])
        return make(*values)

    return build


def _defaults(cls: type[Event]) -> dict[str, Callable[[], Any]]:
    """What fields hold that an event was stored without."""
    made: dict[str, Callable[[], Any]] = {}
    for f in dataclasses.fields(cls):  # type: ignore[arg-type]
        if f.default_factory is not dataclasses.MISSING:
            made[f.name] = f.default_factory
        elif f.default is not dataclasses.MISSING:
            made[f.name] = _always(f.default)
    return made


def _always(value: Any) -> Callable[[], Any]:
    return lambda: value


def _mentions(hint: Any, wanted: type) -> bool:
    if hint is wanted:
        return True
    return isinstance(hint, UnionType) and wanted in typing.get_args(hint)
