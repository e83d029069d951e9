"""No secret in the log, in a read model or in what the process logs; nobody left of an erased person."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace

import pytest
from psycopg import sql

from domain.reservations.values import name_stream
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.read import read_stream
from tests.support.api import PASSWORD, Ledger

#: Where a secret in plain sight is meant to be: the private half of a git key.
_PRIVATE = "ssh_private_keys"


async def _everything(ledger: Ledger) -> dict[str, str]:
    """Every table of the database as text; bytes both as hex and as what they spell."""
    found = {}
    async with ledger.services.pool.connection() as connection:
        tables = await (
            await connection.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            )
        ).fetchall()
        for schema, table in tables:
            rows = await connection.execute(sql.SQL("SELECT * FROM {}.{}").format(sql.Identifier(schema), sql.Identifier(table)))
            found[f"{schema}.{table}"] = "\n".join(
                str([bytes(v).decode(errors="replace") if isinstance(v, bytes | memoryview) else v for v in row])
                for row in await rows.fetchall()
            )
    return found


async def test_secrets_are_nowhere(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person = await ledger.person(name="carla")
    token = (await person.post("/users/me/keys/tokens", {}, want=201)).json["key"]
    await person.put("/users/me/gitsshkey", want=200)
    await person.put("/users/me/password", {"old_password": PASSWORD, "password": PASSWORD + "-new"}, want=204)
    secrets = [PASSWORD, PASSWORD + "-new", (person.token or "").split("-")[1], token.split("-")[1], person.token or "", token]
    tables = await _everything(ledger)
    for secret in secrets:
        assert [name for name, text in tables.items() if secret in text] == []
        assert secret not in caplog.text
    for name, text in tables.items():
        assert ("PRIVATE KEY" in text) == name.endswith(_PRIVATE), name


async def test_the_log_does_not_name_people(ledger: Ledger) -> None:
    await ledger.person(name="carla")
    log = (await _everything(ledger))["public.ledger_events"]
    assert "carla" not in log
    assert "Ada Admin" not in log


async def test_ids_of_names_cannot_be_guessed(ledger: Ledger) -> None:
    await ledger.person(name="carla")
    guesses = [name_stream(kind, text).id for kind in ("username", "email", "user") for text in ("carla", "carla@example.com")]
    async with ledger.services.pool.connection() as connection:
        cursor = await connection.execute("SELECT 1 FROM ledger_events WHERE originator_id = ANY(%s::uuid[])", (guesses,))
        assert await cursor.fetchall() == []


async def test_an_erased_person_is_gone_from_tables_caches_and_replay(ledger: Ledger) -> None:
    admin = await ledger.admin()
    person = await ledger.person(name="carla")
    user_id = person.user["id"]
    await admin.put(f"/users/{user_id}/profile", {"username": "carlotta", "name": "Carla Cortez"}, want=200)
    await admin.delete(f"/users/{user_id}?erase=true", want=200)
    everything = "\n".join((await _everything(ledger)).values())
    for trace in ("carla", "carlotta", "Cortez"):
        assert trace not in everything
    shown = (await admin.get(f"/users/{user_id}", want=200)).json
    assert (shown["username"], shown["email"], "name" in shown) == ("", "", False)
    async with ledger.services.pool.connection() as connection:
        events = await read_stream(connection, EventMapper(KeyRing()), user_id)
    assert "carl" not in str(events)
    assert (await replace(person).get("/users/me")).status == 401


async def test_names_of_the_deleted_are_free_and_erasing_can_follow(ledger: Ledger) -> None:
    admin = await ledger.admin()
    person = await ledger.person(name="carla")
    await admin.delete(f"/users/{person.user['id']}", want=200)
    assert (await admin.get(f"/users/{person.user['id']}", want=200)).json["username"] == "carla"
    again = await ledger.person(name="carla")
    assert again.user["id"] != person.user["id"]
    await admin.delete(f"/users/{person.user['id']}?erase=true", want=200)
    assert (await admin.get(f"/users/{person.user['id']}", want=200)).json["username"] == ""
    assert (await again.get("/users/me", want=200)).json["username"] == "carla"


async def test_a_bad_erase_is_refused_before_anything_happens(ledger: Ledger) -> None:
    admin = await ledger.admin()
    person = await ledger.person()
    await admin.delete(f"/users/{person.user['id']}?erase=perhaps", want=400)
    await admin.delete(f"/users/{uuid.uuid4()}?erase=true", want=404)
    await person.get("/users/me", want=200)
