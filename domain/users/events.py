"""What happens to a person. Personal fields are stored sealed; the stream's id is the user's id."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.events import Event, event


@event("UserCreated", category="user", personal=("username", "email", "name"))
@dataclass(frozen=True, slots=True)
class UserCreated(Event):
    """A person exists. `login_type` is password or none (github, oidc, … for imported ones); `status` active, dormant or suspended."""

    username: str
    email: str
    name: str
    login_type: str
    status: str
    is_service_account: bool = False
    is_system: bool = False


@event("UserProfileChanged", category="user", personal=("username", "name"))
@dataclass(frozen=True, slots=True)
class UserProfileChanged(Event):
    """Username and real name as they are from now on."""

    username: str
    name: str


@event("UserSiteRolesSet", category="user")
@dataclass(frozen=True, slots=True)
class UserSiteRolesSet(Event):
    """The stored site roles from now on; the implied `member` is not among them."""

    roles: list[str]


@event("UserStatusSet", category="user")
@dataclass(frozen=True, slots=True)
class UserStatusSet(Event):
    """`status` from now on; `automatic` when a rule (dormancy, activity) and not a person set it."""

    status: str
    automatic: bool = False


@event("UserSeen", category="user")
@dataclass(frozen=True, slots=True)
class UserSeen(Event):
    """The person was active; at most once an hour."""


@event("UserPasswordChanged", category="user")
@dataclass(frozen=True, slots=True)
class UserPasswordChanged(Event):
    """The password is another one; the hash lies beside the log."""


@event("UserSettingsChanged", category="user")
@dataclass(frozen=True, slots=True)
class UserSettingsChanged(Event):
    """One group of personal settings (`appearance`, `preferences`, `quiet_hours`) as a whole, from now on."""

    group: str
    settings: dict[str, object]


@event("UserSSHKeyGenerated", category="user")
@dataclass(frozen=True, slots=True)
class UserSSHKeyGenerated(Event):
    """The public half of a new git key; the private half lies beside the log."""

    public_key: str


@event("UserDeleted", category="user")
@dataclass(frozen=True, slots=True)
class UserDeleted(Event):
    """The person is gone from lists; keys, memberships and names are free."""


@event("UserErased", category="user")
@dataclass(frozen=True, slots=True)
class UserErased(Event):
    """The person's key was dropped: history shows nobody."""
