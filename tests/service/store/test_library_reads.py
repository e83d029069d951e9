"""The log is an event store of the eventsourcing library: its own application, recorder and notification log read it."""

from __future__ import annotations

import asyncio
from typing import cast
from uuid import UUID

import pytest
from eventsourcing.application import Application
from psycopg.conninfo import conninfo_to_dict

from domain.kernel.events import Recorded
from domain.users.events import UserCreated
from tests.support.api import Ledger
from tests.support.workspaces import publish, workspace


@pytest.fixture
def settings(migrated_url: str) -> dict[str, str]:
    """What an operator sets to look at the log with the library's tools."""
    connection = conninfo_to_dict(migrated_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "MAPPER_TOPIC": "service.store.mapper:LedgerMapper",
        "POSTGRES_DBNAME": str(connection["dbname"]),
        "POSTGRES_HOST": str(connection.get("host", "")),
        "POSTGRES_PORT": str(connection.get("port", "5432")),
        "POSTGRES_USER": str(connection["user"]),
        "POSTGRES_PASSWORD": str(connection.get("password", "")),
        "POSTGRES_CREATE_TABLE": "false",
    }


class Log(Application[UUID]):
    """The library's application: `name` is the table's, less its ending."""

    name = "ledger"


async def test_events_are_read_by_the_library_as_by_ourselves(ledger: Ledger, settings: dict[str, str]) -> None:
    admin = await ledger.admin()
    await workspace(admin, await publish(admin, await ledger.organization_id()), "seen")
    ours = (await admin.get("/audit/events?limit=1000", want=200)).json["events"]

    def read() -> list[tuple[int, Recorded]]:
        app = Log(env=settings)
        try:
            found = app.recorder.select_notifications(1, 1000)
            return [(n.id, cast(Recorded, app.mapper.to_domain_event(n))) for n in found]
        finally:
            app.close()

    theirs = await asyncio.to_thread(read)
    shown = {e["position"]: (e["id"], e["type"], e["stream"].split("/")[1], e["stream_version"]) for e in ours}
    read_by_library = {p: (r.id, r.event.NAME, r.stream.id, r.version) for p, r in theirs if p in shown}
    assert read_by_library == shown
    assert len(shown) > 10
    people = [recorded.event for _, recorded in theirs if isinstance(recorded.event, UserCreated) and not recorded.event.is_system]
    assert [person.email for person in people] == [""], "what is sealed stays sealed"
