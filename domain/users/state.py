"""What the history of a person amounts to for decisions about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.kernel.decider import Decider
from domain.kernel.events import Recorded
from domain.users.events import (
    UserCreated,
    UserDeleted,
    UserErased,
    UserPasswordChanged,
    UserProfileChanged,
    UserSeen,
    UserSettingsChanged,
    UserSiteRolesSet,
    UserSSHKeyGenerated,
    UserStatusSet,
)
from domain.users.values import UserStatus


@dataclass(frozen=True, slots=True)
class User:
    """`exists` stays true after deletion. `password_revision` counts password changes: API keys and the names of tokens belong
    to the revision in which they were made, so that a change ends them all at once."""

    exists: bool = False
    username: str = ""
    email: str = ""
    name: str = ""
    login_type: str = ""
    status: str = ""
    is_service_account: bool = False
    is_system: bool = False
    is_deleted: bool = False
    is_erased: bool = False
    roles: tuple[str, ...] = ()
    password_revision: int = 0
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    created_at: datetime | None = None
    seen_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether the person exists and was not deleted."""
        return self.exists and not self.is_deleted

    @property
    def is_dormant(self) -> bool:
        """Whether any use of the account wakes it."""
        return self.status == UserStatus.DORMANT


def evolve(state: User, recorded: Recorded) -> User:
    """Fold one event of a user's stream."""
    match recorded.event:
        case UserCreated() as created:
            return User(
                True,
                created.username,
                created.email,
                created.name,
                created.login_type,
                created.status,
                created.is_service_account,
                created.is_system,
                created_at=recorded.time,
            )
        case UserProfileChanged(username=username, name=name):
            return replace(state, username=username, name=name)
        case UserSiteRolesSet(roles=roles):
            return replace(state, roles=tuple(roles))
        case UserStatusSet(status=status):
            return replace(state, status=status)
        case UserSeen():
            return replace(state, seen_at=recorded.time)
        case UserPasswordChanged():
            return replace(state, password_revision=state.password_revision + 1)
        case UserSettingsChanged(group=group, settings=settings):
            return replace(state, settings={**state.settings, group: settings})
        case UserDeleted():
            return replace(state, is_deleted=True)
        case UserErased():
            return replace(state, is_erased=True, username="", email="", name="", settings={})
        case UserSSHKeyGenerated():
            return state
    return state


USER: Decider[User] = Decider("user", User(), evolve)
