"""What must lie beside an imported log for it to be lived with: where people's names are reserved, and how often passwords changed.

Reservations of usernames and addresses lie in streams whose ids are keyed with a pepper that never leaves its database. An imported
log has those of another pepper, so each name that is held is written down: where it would lie here, and where it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from domain.users.decisions import EMAIL, USERNAME
from domain.users.events import UserCreated, UserProfileChanged
from service.auth.name_keys import load_name_keys

_NAMES: LiteralString = """
    INSERT INTO imported_names (stream_id, reserved_as)
    SELECT n.stream_id, r.originator_id
    FROM (
      SELECT DISTINCT ON (user_id, kind) user_id, kind, stream_id
      FROM found_names
      ORDER BY user_id, kind, position DESC
    ) n
    JOIN (
      SELECT DISTINCT ON (originator_id) originator_id, topic, convert_from(state, 'UTF8')::json -> 'data' AS data
      FROM ledger_events
      WHERE topic LIKE 'NameReserved/%' OR topic LIKE 'NameReleased/%'
      ORDER BY originator_id, originator_version DESC
    ) r ON r.data ->> 'holder' = n.user_id::text AND r.data ->> 'kind' = n.kind
    WHERE r.topic LIKE 'NameReserved/%'
"""
#: No hash: nothing matches. The number of changes must be that of the log, or the next change would be refused.
_PASSWORDS: LiteralString = """
    INSERT INTO password_hashes (user_id, hash, revision)
    SELECT originator_id, '', count(*) FILTER (WHERE topic LIKE 'UserPasswordChanged/%')
    FROM ledger_events
    WHERE topic LIKE 'UserPasswordChanged/%' OR topic LIKE 'UserDeleted/%'
    GROUP BY originator_id
    HAVING bool_and(topic LIKE 'UserPasswordChanged/%')
"""


async def names_of(connection: AsyncConnection[Any], batch: Sequence[Recorded]) -> list[tuple[str, str, str, int]]:
    """Names that people took: whose, of which kind, the stream that stands for them under this database's pepper, and when."""
    keys = await load_name_keys(connection)
    found = []
    for recorded in batch:
        event, person, position = recorded.event, recorded.stream.id, recorded.position
        if isinstance(event, UserCreated | UserProfileChanged) and event.username:
            found.append((person, USERNAME, keys.username(event.username).id, position))
        if isinstance(event, UserCreated) and event.email:
            found.append((person, EMAIL, keys.email(event.email).id, position))
    return found


async def settle(connection: AsyncConnection[Any]) -> None:
    """Write both down, in the transaction of the events. Expects the table `found_names`."""
    await connection.execute(_NAMES)
    await connection.execute(_PASSWORDS)
