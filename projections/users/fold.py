"""People as rows. Documents that show a person's name are rendered anew by those models that hold them (`touch`)."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

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
from projections.engine.model import ReadModel
from projections.engine.tables import Row, Rows
from projections.engine.versions import blank
from projections.users.tables import USERS

MODEL = ReadModel("users", (USERS,))


def _edit(rows: Rows, recorded: Recorded) -> Row | None:
    return rows.edit(USERS, recorded.stream.id)


@MODEL.on(UserCreated)
def on_user_created(rows: Rows, event: UserCreated, recorded: Recorded) -> None:
    """A person exists, never seen."""
    rows.put(
        USERS,
        {
            "id": recorded.stream.id,
            "username": event.username,
            "email": event.email,
            "name": event.name,
            "avatar_url": "",
            "status": event.status,
            "login_type": event.login_type,
            "is_service_account": event.is_service_account,
            "is_system": event.is_system,
            "deleted": False,
            "roles": [],
            "settings": {},
            "ssh_public_key": "",
            "created_at": recorded.time,
            "updated_at": recorded.time,
        },
    )
    rows.touch("user", recorded.stream.id, recorded.position)


@MODEL.on(UserProfileChanged)
def on_user_profile_changed(rows: Rows, event: UserProfileChanged, recorded: Recorded) -> None:
    """Names are others."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(username=event.username, name=event.name, updated_at=recorded.time)
        rows.touch("user", recorded.stream.id, recorded.position)


@MODEL.on(UserSiteRolesSet)
def on_user_site_roles_set(rows: Rows, event: UserSiteRolesSet, recorded: Recorded) -> None:
    """Stored roles are others."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(roles=event.roles, updated_at=recorded.time)


@MODEL.on(UserStatusSet)
def on_user_status_set(rows: Rows, event: UserStatusSet, recorded: Recorded) -> None:
    """Active, dormant or suspended."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(status=event.status, updated_at=recorded.time)


@MODEL.on(UserSeen)
def on_user_seen(rows: Rows, _event: UserSeen, recorded: Recorded) -> None:
    """The person was active."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(last_seen_at=recorded.time)


@MODEL.on(UserPasswordChanged)
def on_user_password_changed(rows: Rows, _event: UserPasswordChanged, recorded: Recorded) -> None:
    """Only the time shows."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(updated_at=recorded.time)


@MODEL.on(UserSettingsChanged)
def on_user_settings_changed(rows: Rows, event: UserSettingsChanged, recorded: Recorded) -> None:
    """One group of settings is another."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(settings={**row["settings"], event.group: event.settings})


@MODEL.on(UserSSHKeyGenerated)
def on_user_ssh_key_generated(rows: Rows, event: UserSSHKeyGenerated, recorded: Recorded) -> None:
    """Another git key."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(ssh_public_key=event.public_key, ssh_key_updated_at=recorded.time)


@MODEL.on(UserDeleted)
def on_user_deleted(rows: Rows, _event: UserDeleted, recorded: Recorded) -> None:
    """Out of all lists; still found by id."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(deleted=True, ssh_public_key="", ssh_key_updated_at=None, updated_at=recorded.time)
        rows.touch("user", recorded.stream.id, recorded.position)


@MODEL.on(UserErased)
def on_user_erased(rows: Rows, _event: UserErased, recorded: Recorded) -> None:
    """Nothing personal is left."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(username="", email="", name="", avatar_url="", settings={}, updated_at=recorded.time)
        rows.touch("user", recorded.stream.id, recorded.position)


@MODEL.bulk(UserErased, changes=(USERS,))
async def forget_person(connection: AsyncConnection[Any], _event: UserErased, recorded: Recorded) -> None:
    """The past knows their name no more either."""
    await blank(connection, USERS, recorded.stream.id, recorded.position, "username", "email", "name", "avatar_url")
