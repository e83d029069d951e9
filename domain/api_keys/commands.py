"""What can be asked about sessions and tokens; only digests of secrets exist, and they travel beside the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class SignIn:
    """Start a session after the password of revision `password_revision` was found right."""

    key_id: str
    user_id: str
    password_revision: int


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """A further session key (`login_type` password) or a token, which has a name."""

    key_id: str
    user_id: str
    login_type: str
    lifetime: timedelta
    scopes: tuple[str, ...]
    allow_list: tuple[str, ...]
    token_name: str = ""


@dataclass(frozen=True, slots=True)
class RecordKeyUse:
    """Somebody got in with the key."""

    key_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class ExpireApiKey:
    """Make the key end now."""

    key_id: str


@dataclass(frozen=True, slots=True)
class DeleteApiKeys:
    """Revoke keys, all together; `signed_out` is the one among them with which its owner signs out, "" when nobody does."""

    key_ids: tuple[str, ...]
    signed_out: str = ""


@dataclass(frozen=True, slots=True)
class NoteFailedLogin:
    """Somebody did not get in. `subject` (an account id or a network address) and `day` name the stream; `user_id` if known."""

    subject: str
    day: str
    user_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class NotePasscodeRequest:
    """Somebody asked for a passcode; the stream is that of the failed logins of `subject` on `day`."""

    subject: str
    day: str
    user_id: str | None
