"""What a decision may know about the request besides the command: who, when, from where. Passed in, never looked up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.kernel.events import Actor, Metadata


@dataclass(frozen=True, slots=True)
class Context:
    """`time` is aware UTC with microseconds; ids are UUID text. `correlation_id` joins all that one request set in motion."""

    actor: Actor
    time: datetime
    correlation_id: str
    request_id: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    causation_id: str | None = None

    @property
    def metadata(self) -> Metadata:
        """The part of the context that is stored with every event."""
        return Metadata(self.actor, self.correlation_id, self.request_id, self.ip, self.user_agent, self.causation_id)
