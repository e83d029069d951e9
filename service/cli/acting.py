"""What commands that change something for a person have alike: in whose name they act, and how they say that it was refused."""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, datetime

from domain.kernel.context import Context
from domain.kernel.errors import DomainError
from domain.kernel.events import Actor
from service.version import BUILD_VERSION


def as_tool() -> Context:
    """Whoever may reach the database, now."""
    return Context(Actor("system"), datetime.now(UTC), str(uuid.uuid4()), user_agent=f"ledger-cli/{BUILD_VERSION}")


def refused(reason: str | DomainError) -> int:
    """Says why on stderr; returns the exit status."""
    if isinstance(reason, DomainError):
        reason = " ".join(part for part in (reason.message, reason.detail) if part)
    print(f"error: {reason}", file=sys.stderr)
    return 1
