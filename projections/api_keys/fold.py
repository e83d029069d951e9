"""Sessions and tokens as rows. A changed password and the end of a person end all keys that were made before them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from domain.api_keys.events import ApiKeyCreated, ApiKeyDeleted, ApiKeyExpirySet, ApiKeyUsed
from domain.kernel.events import Recorded
from domain.users.events import UserDeleted, UserPasswordChanged
from projections.api_keys.tables import API_KEYS
from projections.engine.model import ReadModel
from projections.engine.tables import Key, Rows, Table

MODEL = ReadModel("api_keys", (API_KEYS,))


def _row(event: ApiKeyUsed | ApiKeyExpirySet | ApiKeyDeleted, _recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    return ((API_KEYS, (event.key_id,)),)


@MODEL.on(ApiKeyCreated, reads=lambda _event, _recorded: ())
def on_api_key_created(rows: Rows, event: ApiKeyCreated, recorded: Recorded) -> None:
    """A key that was never used."""
    rows.put(
        API_KEYS,
        {
            "id": event.key_id,
            "user_id": event.user_id,
            "login_type": event.login_type,
            "scopes": event.scopes,
            "allow_list": event.allow_list,
            "token_name": event.token_name,
            "lifetime_seconds": event.lifetime_seconds,
            "ip": recorded.metadata.ip or "",
            "expires_at": event.expires_at,
            "created_at": recorded.time,
            "updated_at": recorded.time,
        },
    )


@MODEL.on(ApiKeyUsed, reads=_row)
def on_api_key_used(rows: Rows, event: ApiKeyUsed, recorded: Recorded) -> None:
    """Last use, from where, and how long it lives now."""
    if (row := rows.edit(API_KEYS, event.key_id)) is not None:
        row.update(last_used_at=recorded.time, ip=recorded.metadata.ip or row["ip"], expires_at=event.expires_at, updated_at=recorded.time)


@MODEL.on(ApiKeyExpirySet, reads=_row)
def on_api_key_expiry_set(rows: Rows, event: ApiKeyExpirySet, recorded: Recorded) -> None:
    """Another end."""
    if (row := rows.edit(API_KEYS, event.key_id)) is not None:
        row.update(expires_at=event.expires_at, updated_at=recorded.time)


@MODEL.on(ApiKeyDeleted, reads=_row)
def on_api_key_deleted(rows: Rows, event: ApiKeyDeleted, _recorded: Recorded) -> None:
    """Gone."""
    rows.delete(API_KEYS, event.key_id)


@MODEL.bulk(UserPasswordChanged, UserDeleted, changes=(API_KEYS,))
async def end_all_keys(connection: AsyncConnection[Any], _event: UserPasswordChanged | UserDeleted, recorded: Recorded) -> None:
    """All keys of the person that the log holds up to here."""
    await connection.execute("DELETE FROM api_keys WHERE user_id = %s", (recorded.stream.id,))
