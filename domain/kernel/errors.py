"""The tree of refusals. Kinds carry meaning, never an HTTP status: `service/http/errors.py` maps them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that breaks a rule: its wire name and a sentence (or wire format) for the reader."""

    field: str
    detail: str


class DomainError(Exception):
    """A refusal that the caller can understand and act on."""

    def __init__(self, message: str, detail: str = "", validations: Iterable[Violation] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.validations = tuple(validations)


class Invalid(DomainError):
    """The request breaks a rule about its own content; lists all failing fields at once."""


class Unauthenticated(DomainError):
    """No, an expired or a revoked credential."""


class Forbidden(DomainError):
    """The caller may read the object but not do this to it."""

    def __init__(self, message: str = "Forbidden.", detail: str = "You don't have permission to do this.") -> None:
        super().__init__(message, detail)


class NotFound(DomainError):
    """Absent, or not for this reader: both look the same."""

    def __init__(self, message: str = "Resource not found or you do not have access to this resource", detail: str = "") -> None:
        super().__init__(message, detail)


class Gone(DomainError):
    """It existed, was deleted, and the caller did not ask for deleted ones."""


class Conflict(DomainError):
    """The state of the object does not allow it now."""


class NameTaken(Conflict):
    """Somebody else holds the name."""


class BuildActive(Conflict):
    """Another build of the workspace has not ended yet."""


class Stale(DomainError):
    """A precondition (`If-Match`, `expect_status`) no longer holds."""


class Unprocessable(DomainError):
    """Well-formed, but contradicts an earlier request: an idempotency key with another body."""


class TooLarge(DomainError):
    """More bytes than the limit allows."""


class Unfinished(DomainError):
    """The rest of the request did not come."""


class TooMany(DomainError):
    """More requests than the limit allows; `retry_after` in seconds."""

    def __init__(self, message: str, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(message, detail)
        self.retry_after = retry_after


class TooEarly(DomainError):
    """The answer does not exist yet: an import job has not completed."""


class NotAcceptable(DomainError):
    """A template version whose import has not ended cannot be built."""


class MethodRefused(DomainError):
    """The object exists, but this kind of change does not apply to it (renaming a deleted workspace)."""


class ExpectationFailed(DomainError):
    """Something else must be gone first (deleting a user who has workspaces)."""
