"""The deliveries of one webhook: queued as the log is read, taken when due, ended or put off. One process writes them at a time.

Within a group (a workspace, else a stream) only the first pending delivery has a time, so that those behind it cost nothing
while it fails. Each change locks the webhook's cursor first: should two processes believe for a moment that they lead, the one
that comes second finds what the first one left.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection, AsyncCursor

PENDING, DELIVERED, FAILED = "pending", "delivered", "failed"

_LIVE: LiteralString = """
    SELECT w.id
    FROM webhooks w
    JOIN webhook_secrets s ON s.webhook_id = w.id
    JOIN webhook_cursors c ON c.webhook_id = w.id
    WHERE w.enabled
"""
_LOOK: LiteralString = """
    SELECT w.url, w.event_types, w.updated_at, s.secret, CASE WHEN s.previous_until > %(now)s THEN s.previous END,
      c.position, c.paused_until,
      EXISTS (SELECT FROM webhook_replays r WHERE r.webhook_id = w.id),
      (
        SELECT count(*)
        FROM (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'pending' LIMIT %(most)s) p
      )
    FROM webhooks w
    JOIN webhook_secrets s ON s.webhook_id = w.id
    JOIN webhook_cursors c ON c.webhook_id = w.id
    WHERE w.id = %(id)s::uuid AND w.enabled
"""
_LOCK: LiteralString = "SELECT position FROM webhook_cursors WHERE webhook_id = %s::uuid FOR UPDATE"
_QUEUE: LiteralString = """
    INSERT INTO webhook_deliveries (webhook_id, position, message_id, type, group_id, queued_at, due_at)
    SELECT %(id)s::uuid, n.position, n.message_id, n.type, n.group_id, %(now)s,
      CASE
        WHEN n.is_first AND NOT EXISTS (
          SELECT FROM webhook_deliveries d WHERE d.webhook_id = %(id)s::uuid AND d.group_id = n.group_id AND d.state = 'pending'
        ) THEN %(now)s
      END
    FROM unnest(%(positions)s::bigint[], %(message_ids)s::text[], %(types)s::text[], %(group_ids)s::uuid[], %(firsts)s::boolean[])
      AS n (position, message_id, type, group_id, is_first)
"""
_ADVANCE: LiteralString = "UPDATE webhook_cursors SET position = %s WHERE webhook_id = %s::uuid"
_DUE: LiteralString = """
    (
      SELECT position, message_id, attempts, queued_at, due_at
      FROM webhook_deliveries
      WHERE webhook_id = %(id)s::uuid AND due_at IS NOT NULL AND attempts = 0 AND position <> ALL(%(besides)s::bigint[])
      ORDER BY due_at, position
      LIMIT %(limit)s
    )
    UNION ALL
    (
      SELECT position, message_id, attempts, queued_at, due_at
      FROM webhook_deliveries
      WHERE webhook_id = %(id)s::uuid AND due_at IS NOT NULL AND attempts > 0 AND position <> ALL(%(besides)s::bigint[])
      ORDER BY due_at, position
      LIMIT %(limit)s
    )
"""
# A delivery that has ended makes the next one of its group due.
_END: LiteralString = """
    WITH tried AS (
      UPDATE webhook_deliveries d
      SET state = r.state, attempts = d.attempts + 1, status_code = r.status_code, error = r.error, attempted_at = r.attempted_at,
        due_at = r.due_at
      FROM unnest(
        %(positions)s::bigint[], %(states)s::text[], %(status_codes)s::integer[], %(errors)s::text[], %(attempted)s::timestamptz[],
        %(due)s::timestamptz[]
      ) AS r (position, state, status_code, error, attempted_at, due_at)
      WHERE d.webhook_id = %(id)s::uuid AND d.position = r.position AND d.state = 'pending'
      RETURNING d.group_id, d.position, d.state
    )
    UPDATE webhook_deliveries d
    SET due_at = %(now)s
    FROM tried t
    WHERE t.state <> 'pending' AND d.webhook_id = %(id)s::uuid AND d.position = (
      SELECT n.position
      FROM webhook_deliveries n
      WHERE n.webhook_id = %(id)s::uuid AND n.group_id = t.group_id AND n.state = 'pending' AND n.position > t.position
      ORDER BY n.position
      LIMIT 1
    )
"""
_PAUSE: LiteralString = "UPDATE webhook_cursors SET paused_until = greatest(paused_until, %s) WHERE webhook_id = %s::uuid"
_REWIND: LiteralString = """
    WITH asked AS (DELETE FROM webhook_replays WHERE webhook_id = %(id)s::uuid RETURNING after),
      first AS (SELECT min(after) AS after FROM asked),
      forgotten AS (DELETE FROM webhook_deliveries d USING first WHERE d.webhook_id = %(id)s::uuid AND d.position > first.after)
    UPDATE webhook_cursors c
    SET position = least(c.position, first.after), paused_until = NULL
    FROM first
    WHERE c.webhook_id = %(id)s::uuid
"""
# Not waited for any longer: whatever made those attempts fail may have been put right.
_HASTEN: LiteralString = """
    UPDATE webhook_deliveries
    SET due_at = %(now)s
    WHERE webhook_id = %(id)s::uuid AND due_at > %(now)s AND attempted_at < %(changed_at)s
"""


@dataclass(frozen=True, slots=True)
class Look:
    """A webhook as it is now: where to send, with which secrets to sign (the newest first), how far the log was read for it.
    `changed_at` is the time of its last event, `pending` is counted up to the limit asked for."""

    url: str
    event_types: frozenset[str]
    changed_at: datetime
    secrets: tuple[bytes, ...] = field(repr=False)
    position: int
    paused_until: datetime | None
    must_rewind: bool
    pending: int


@dataclass(frozen=True, slots=True)
class Queued:
    """An event to deliver. `group_id` is UUID text; `is_first` of its group among those queued together."""

    position: int
    message_id: str
    type: str
    group_id: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to attempt at `due_at`, after `attempts` others."""

    position: int
    message_id: str
    attempts: int
    queued_at: datetime
    due_at: datetime

    @property
    def is_first(self) -> bool:
        """Whether it was never attempted."""
        return self.attempts == 0


@dataclass(frozen=True, slots=True)
class Tried:
    """How an attempt ended. `due_at` is when to try again, for one that stays pending."""

    position: int
    state: str
    status_code: int | None
    error: str
    attempted_at: datetime
    due_at: datetime | None


async def live(connection: AsyncConnection[Any]) -> set[str]:
    """Ids of the webhooks that are told of events."""
    return {row[0] for row in await (await connection.execute(_LIVE, prepare=True)).fetchall()}


async def look(
    connection: AsyncConnection[Any], id: str, now: datetime, *, most: int, besides: Sequence[int], limit: int
) -> tuple[Look, list[Due]] | None:
    """The webhook, if it is told of events, with deliveries by the time at which they are due, whenever that is: the first `limit`
    of those that were never attempted, then as many of the others; none at the positions `besides`.

    At most `most` of its pending deliveries are counted.
    """
    async with connection.pipeline():
        looked = await connection.execute(_LOOK, {"id": id, "now": now, "most": most}, prepare=True)
        waiting = await connection.execute(_DUE, {"id": id, "besides": list(besides), "limit": limit}, prepare=True)
        row = await looked.fetchone()
        due = [Due(*one) for one in await waiting.fetchall()]
    if row is None:
        return None
    url, event_types, changed_at, secret, previous, *rest = row
    return Look(url, frozenset(event_types), changed_at, tuple(s for s in (secret, previous) if s), *rest), due


async def queue(connection: AsyncConnection[Any], id: str, events: Sequence[Queued], before: int, reached: int, now: datetime) -> bool:
    """Queue what was found between the positions `before` and `reached`, and note the latter. False if somebody else has moved on."""
    async with _locked(connection, id) as cursor:
        row = await cursor.fetchone()
        if row is None or row[0] != before:
            return False
        if events:
            parameters = {
                "id": id,
                "now": now,
                "positions": [e.position for e in events],
                "message_ids": [e.message_id for e in events],
                "types": [e.type for e in events],
                "group_ids": [e.group_id for e in events],
                "firsts": [e.is_first for e in events],
            }
            await connection.execute(_QUEUE, parameters)
        await connection.execute(_ADVANCE, (reached, id), prepare=True)
    return True


async def record(connection: AsyncConnection[Any], id: str, tried: Sequence[Tried], now: datetime, paused_until: datetime | None) -> None:
    """Note how attempts ended, and let what waited behind those that are over go; `paused_until` holds up everything."""
    parameters = {
        "id": id,
        "now": now,
        "positions": [t.position for t in tried],
        "states": [t.state for t in tried],
        "status_codes": [t.status_code for t in tried],
        "errors": [t.error for t in tried],
        "attempted": [t.attempted_at for t in tried],
        "due": [t.due_at for t in tried],
    }
    async with connection.pipeline(), _locked(connection, id):
        await connection.execute(_END, parameters, prepare=True)
        if paused_until is not None:
            await connection.execute(_PAUSE, (paused_until, id))


async def rewind(connection: AsyncConnection[Any], id: str) -> None:
    """Go back to the earliest position of the replays asked for: what came after it is read and delivered anew."""
    async with _locked(connection, id):
        await connection.execute(_REWIND, {"id": id})


async def hasten(connection: AsyncConnection[Any], id: str, changed_at: datetime, now: datetime) -> None:
    """What failed before the settings were changed is tried again at once."""
    async with _locked(connection, id):
        await connection.execute(_HASTEN, {"id": id, "changed_at": changed_at, "now": now})


@contextlib.asynccontextmanager
async def _locked(connection: AsyncConnection[Any], id: str) -> AsyncIterator[AsyncCursor[Any]]:
    """A transaction that changes the webhook's deliveries alone; the cursor gives how far the log was read for it."""
    async with connection.transaction():
        yield await connection.execute(_LOCK, (id,), prepare=True)
