"""What happens to people, as far as finding one of them needs to know."""

from __future__ import annotations

from domain.kernel.events import Recorded
from domain.users.events import (
    UserCreated,
    UserDeleted,
    UserErased,
    UserProfileChanged,
    UserSeen,
    UserSiteRolesSet,
    UserStatusSet,
)
from projections.available_users.tables import AVAILABLE_USERS
from projections.engine.model import ReadModel
from projections.engine.tables import Rows

MODEL = ReadModel("available_users", (AVAILABLE_USERS,))


@MODEL.on(UserCreated, reads=lambda _event, _recorded: ())
def on_user_created(rows: Rows, event: UserCreated, recorded: Recorded) -> None:
    """Somebody new; system users are nobody's choice."""
    if event.is_system:
        return
    rows.put(
        AVAILABLE_USERS,
        {
            "id": recorded.stream.id,
            "username": event.username,
            "name": event.name,
            "avatar_url": "",
            "username_key": event.username.lower(),
            "email_key": event.email.lower(),
            "name_key": event.name.lower(),
            "status": event.status,
            "login_type": event.login_type,
            "is_service_account": event.is_service_account,
            "roles": [],
            "created_at": recorded.time,
            "last_seen_at": None,
        },
    )


@MODEL.on(UserProfileChanged)
def on_user_profile_changed(rows: Rows, event: UserProfileChanged, recorded: Recorded) -> None:
    """Other names."""
    row = rows.edit(AVAILABLE_USERS, recorded.stream.id)
    if row is not None:
        row["username"], row["username_key"] = event.username, event.username.lower()
        row["name"], row["name_key"] = event.name, event.name.lower()


@MODEL.on(UserSiteRolesSet)
def on_user_site_roles_set(rows: Rows, event: UserSiteRolesSet, recorded: Recorded) -> None:
    """Other stored roles."""
    row = rows.edit(AVAILABLE_USERS, recorded.stream.id)
    if row is not None:
        row["roles"] = list(event.roles)


@MODEL.on(UserStatusSet)
def on_user_status_set(rows: Rows, event: UserStatusSet, recorded: Recorded) -> None:
    """Another status."""
    row = rows.edit(AVAILABLE_USERS, recorded.stream.id)
    if row is not None:
        row["status"] = event.status


@MODEL.on(UserSeen)
def on_user_seen(rows: Rows, _event: UserSeen, recorded: Recorded) -> None:
    """Seen again."""
    row = rows.edit(AVAILABLE_USERS, recorded.stream.id)
    if row is not None:
        row["last_seen_at"] = recorded.time


@MODEL.on(UserDeleted, UserErased, reads=lambda _event, _recorded: ())
def on_user_gone(rows: Rows, _event: UserDeleted | UserErased, recorded: Recorded) -> None:
    """Nobody picks them any more."""
    rows.delete(AVAILABLE_USERS, recorded.stream.id)
