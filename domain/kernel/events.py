"""Events and their envelope, and the registry of every event name that was ever stored.

An event is a frozen dataclass of plain values: `str` (ids are lower-case UUID text), `int`, `float`, `bool`, `None`,
aware UTC `datetime`, and lists, tuples and string-keyed dicts of these. Its registered name and version are a public,
permanent interface: a changed shape is a new version with an upcaster (`upcasting.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple, TypeVar
from uuid import UUID


class Stream(NamedTuple):
    """One aggregate's events: `category` says what it is ("workspace"), `id` is the originator id (UUID text)."""

    category: str
    id: str

    def __str__(self) -> str:
        return f"{self.category}/{self.id}"


class Event:
    """Base of all event payloads; class attributes are set by `@event`."""

    __slots__ = ()
    NAME: ClassVar[str]
    VERSION: ClassVar[int]
    CATEGORY: ClassVar[str]
    PERSONAL: ClassVar[tuple[str, ...]]
    FOLLOWS: ClassVar[bool]
    SINCE: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused an event: `kind` is user, system, provisioner or agent; `id` is UUID text, None for the system."""

    kind: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What every event carries besides its payload; ids are UUID text."""

    actor: Actor
    correlation_id: str
    request_id: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    causation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its envelope. `position` is 0 until the log has assigned one; `version` counts from 1 in its stream."""

    event: Event
    stream: Stream
    version: int
    id: str
    time: datetime
    metadata: Metadata
    position: int = 0

    @property
    def originator_id(self) -> UUID:
        """The name by which the eventsourcing library knows the stream."""
        return UUID(self.stream.id)

    @property
    def originator_version(self) -> int:
        """The name by which the eventsourcing library knows the version."""
        return self.version


E = TypeVar("E", bound=type[Event])

_REGISTRY: dict[str, type[Event]] = {}


def event(
    name: str, version: int = 1, *, category: str, personal: tuple[str, ...] = (), follows: bool = False, since: str = "0.1.0"
) -> Callable[[E], E]:
    """Register an event class under its permanent name.

    `category` is that of the streams it is appended to. `personal` names the fields that hold personal data of the user
    whose stream it is: they are stored encrypted with that user's key. One that `follows` is what another event of the same
    append means for its own stream: the system records it, with that other event as its cause. Raises `ValueError` for a
    name registered twice.
    """

    def register(cls: E) -> E:
        if name in _REGISTRY and _REGISTRY[name].__qualname__ != cls.__qualname__:
            raise ValueError(f"event name {name} is registered twice")
        cls.NAME, cls.VERSION, cls.CATEGORY, cls.PERSONAL, cls.SINCE = name, version, category, personal, since
        cls.FOLLOWS = follows
        _REGISTRY[name] = cls
        return cls

    return register


def event_type(name: str) -> type[Event] | None:
    """The class registered under `name`, or None for a name that this release does not know."""
    return _REGISTRY.get(name)


def event_types() -> dict[str, type[Event]]:
    """All registered classes by name, in name order."""
    return dict(sorted(_REGISTRY.items()))
