"""Keys of a process that was killed: nothing made runs again, what was made is answered and never made twice.

A killed process leaves its claim without its advisory lock and, if its events were committed, the marks written with them. That
state is made here of an answered request: its answer is taken away and its holder is nobody; `tests/faults` kills for real.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest

from service.http.idempotency import HEADER, REPLAYED
from tests.support.api import Answer, Client, Ledger
from tests.support.building import ended
from tests.support.workspaces import publish


@dataclass(slots=True)
class Grave:
    """A service, its administrator, and a template."""

    ledger: Ledger
    admin: Client
    template_id: str

    async def die(self, made: Answer | None, events: int = 1) -> None:
        """Leave the only key as its process would have, killed after (or before) its one command's events were committed."""
        async with self.ledger.services.pool.connection() as connection:
            await connection.execute("UPDATE idempotency_keys SET answer = NULL, holder = (holder # 1)")
            if made is not None:
                position = int(made.headers["Ledger-Position"])
                await connection.execute("INSERT INTO idempotency_marks SELECT id, 0, %s, %s FROM idempotency_keys", (position, events))

    async def events(self) -> int:
        """How many events the log holds."""
        async with self.ledger.services.pool.connection() as connection:
            row = await (await connection.execute("SELECT count(*) FROM ledger_events")).fetchone()
        assert row is not None
        return int(row[0])

    async def events_of(self, made: Answer, ledger: Ledger) -> int:
        """How many events one command has appended up to the position of its answer."""
        async with ledger.services.pool.connection() as connection:
            row = await (
                await connection.execute(
                    """
                    SELECT count(*)
                    FROM ledger_events e
                    JOIN ledger_events l ON l.notification_id = %s
                    WHERE convert_from(e.state, 'UTF8')::jsonb ->> 'request_id' = convert_from(l.state, 'UTF8')::jsonb ->> 'request_id'
                      AND e.notification_id <= l.notification_id
                    """,
                    (int(made.headers["Ledger-Position"]),),
                )
            ).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
async def grave(ledger: Ledger) -> Grave:
    """Everything that a workspace needs."""
    admin = await ledger.admin()
    return Grave(ledger, admin, await publish(admin, await ledger.organization_id()))


def key() -> dict[str, str]:
    return {HEADER: uuid.uuid4().hex}


async def test_what_was_not_made_is_made_now(grave: Grave) -> None:
    headers, body = key(), {"name": "wanted", "template_id": "00000000-0000-4000-8000-000000000000"}
    await grave.admin.post("/users/me/workspaces", body, headers=headers, want=400)
    await grave.die(None)
    again = await grave.admin.post("/users/me/workspaces", body, headers=headers, want=400)
    assert REPLAYED not in again.headers
    replayed = await grave.admin.post("/users/me/workspaces", body, headers=headers, want=400)
    assert replayed.headers[REPLAYED] == "true"


async def test_a_workspace_that_was_made_is_shown_and_not_made_twice(grave: Grave) -> None:
    headers, body = key(), {"name": "wanted", "template_id": grave.template_id}
    first = await grave.admin.post("/users/me/workspaces", body, headers=headers, want=201)
    await grave.die(first, await grave.events_of(first, grave.ledger))
    made = first.json["id"]
    again = await grave.admin.post("/users/me/workspaces", body, headers=headers, want=201)
    assert again.json["id"] == made
    assert again.json["latest_build"]["id"] == first.json["latest_build"]["id"]
    assert again.headers["Ledger-Position"] == first.headers["Ledger-Position"]
    assert (await grave.admin.get("/workspaces?q=name:wanted", want=200)).json["count"] == 1
    kept = await grave.admin.post("/users/me/workspaces", body, headers=headers, want=201)
    assert (kept.raw, kept.headers[REPLAYED]) == (again.raw, "true")


async def test_a_change_without_a_body_is_answered_from_its_mark(grave: Grave) -> None:
    created = await grave.admin.post("/users/me/workspaces", {"name": "wanted", "template_id": grave.template_id}, want=201)
    path = f"/workspaces/{created.json['id']}"
    await ended(grave.admin, created.json["latest_build"]["id"])  # its progress would make the tag an old one
    headers = {**key(), "If-Match": (await grave.admin.get(path, want=200)).headers["ETag"]}
    first = await grave.admin.put(f"{path}/ttl", {"ttl_ms": 3_600_000}, headers=headers, want=204)
    await grave.die(first)
    await grave.admin.put(f"{path}/ttl", {"ttl_ms": 7_200_000}, want=204)
    again = await grave.admin.put(f"{path}/ttl", {"ttl_ms": 3_600_000}, headers=headers, want=204)
    assert again.headers["Ledger-Position"] == first.headers["Ledger-Position"]
    assert (await grave.admin.get(path, want=200)).json["ttl_ms"] == 7_200_000


async def test_a_lost_secret_is_not_replaced_by_another(grave: Grave) -> None:
    headers, body = key(), {"token_name": "robot"}
    first = await grave.admin.post("/users/me/keys/tokens", body, headers=headers, want=201)
    await grave.die(first)
    before = await grave.events()
    again = await grave.admin.post("/users/me/keys/tokens", body, headers=headers, want=201)
    assert "key" not in again.json
    assert again.json["message"]
    assert await grave.events() == before
