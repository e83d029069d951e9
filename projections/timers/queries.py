"""Reads timers: which are due, and when the next one will be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

_DUE: LiteralString = """
    SELECT t.kind, t.subject_id, t.due_at, t.position, e.envelope ->> 'id', e.envelope ->> 'correlation_id'
    FROM timers t
    LEFT JOIN LATERAL (
      SELECT convert_from(state, 'UTF8')::jsonb AS envelope
      FROM ledger_events
      WHERE notification_id = t.position
    ) e ON true
    WHERE t.due_at <= %(now)s
      AND (t.due_at > %(looked_at)s OR t.position > %(looked_position)s)
      AND (t.due_at, t.kind, t.subject_id) > (%(after_due)s, %(after_kind)s, %(after_subject)s::uuid)
    ORDER BY t.due_at, t.kind, t.subject_id
    LIMIT %(limit)s
"""
_NEXT: LiteralString = "SELECT min(due_at) FROM timers WHERE due_at > %s"


@dataclass(frozen=True, slots=True)
class Timer:
    """One due timer; `event_id` and `correlation_id` are those of the event at `position` that armed it."""

    kind: str
    subject_id: str
    due_at: datetime
    position: int
    event_id: str | None
    correlation_id: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """How far an earlier look came: timers due by `at` and armed by `position` have been dealt with."""

    at: datetime
    position: int


async def due_timers(connection: AsyncConnection[Any], now: datetime, since: Look, after: Timer | None, limit: int) -> list[Timer]:
    """A page of what became due after `since`, the longest overdue first; `after` is the last timer of the page before."""
    cursor = await connection.execute(
        _DUE,
        {
            "now": now,
            "looked_at": since.at,
            "looked_position": since.position,
            "after_due": since.at.min.replace(tzinfo=now.tzinfo) if after is None else after.due_at,
            "after_kind": "" if after is None else after.kind,
            "after_subject": "00000000-0000-0000-0000-000000000000" if after is None else after.subject_id,
            "limit": limit,
        },
        prepare=True,
    )
    return [Timer(*row) for row in await cursor.fetchall()]


async def next_due(connection: AsyncConnection[Any], now: datetime) -> datetime | None:
    """When the next timer becomes due."""
    cursor = await connection.execute(_NEXT, (now,), prepare=True)
    row = await cursor.fetchone()
    return row[0] if row else None
