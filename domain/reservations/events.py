"""What happens to a reserved name."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.events import Event, event


@event("NameReserved", category="reservation")
@dataclass(frozen=True, slots=True)
class NameReserved(Event):
    """`holder` (UUID text) took the name of that `kind` ("workspace", "user", …)."""

    kind: str
    holder: str


@event("NameReleased", category="reservation")
@dataclass(frozen=True, slots=True)
class NameReleased(Event):
    """The name is free again."""

    kind: str
    holder: str
