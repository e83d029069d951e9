"""What was tried in vain. Failed logins are noted beside the API keys they would have made."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.events import Event, event


@event("ChangeRefused", category="audit")
@dataclass(frozen=True, slots=True)
class ChangeRefused(Event):
    """Somebody asked for a change of a resource and was refused; never what was in the request's body. `organization_id` is None
    for what belongs to no organization, and for what would have been made in one that only the body names."""

    resource_type: str
    resource_id: str
    action: str
    route: str
    status_code: int
    organization_id: str | None = None
