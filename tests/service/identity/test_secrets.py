"""No secret in the log, in a read model or in what the process logs; nobody left of an erased person."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace

import pytest

from domain.reservations.values import name_stream
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.read import read_stream
from tests.support.api import PASSWORD, Ledger
from tests.support.contents import everything, holding

#: Where a secret in plain sight is meant to be: the private half of a git key.
_PRIVATE = "ssh_private_keys"


async def test_secrets_are_nowhere(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    admin, organization_id = await ledger.admin(), await ledger.organization_id()
    person = await ledger.person(name="carla")
    token = (await person.post("/users/me/keys/tokens", {}, want=201)).json["key"]
    key = (await person.post("/users/me/keys", want=201)).json["key"]
    await person.put("/users/me/gitsshkey", want=200)
    await ledger.anonymous.post("/users/login", {"email": "carla@example.com", "password": "Mistyped-Horse-44"}, want=401)
    await person.put("/users/me/password", {"old_password": "Mistyped-Horse-45", "password": PASSWORD + "-new"}, want=400)
    await person.get("/users/me", headers={"Cookie": f"coder_session_token={person.token}"}, want=200)
    daemons = (await admin.post(f"/organizations/{organization_id}/provisionerkeys", {"name": "far"}, want=201)).json["key"]
    headers = {"Idempotency-Key": "a-key-that-nobody-knows"}
    kept = (await admin.request("POST", "/users/me/keys/tokens", {}, headers=headers, want=201)).json["key"]
    await person.put("/users/me/password", {"old_password": PASSWORD, "password": PASSWORD + "-new"}, want=204)
    secrets = [PASSWORD, PASSWORD + "-new", "Mistyped-Horse", "a-key-that-nobody-knows", daemons, daemons[-32:]]
    secrets += [part for text in (token, key, kept, person.token or "", admin.token or "") for part in (text, text.partition("-")[2])]
    tables = await everything(ledger.services.pool)
    for secret in secrets:
        assert len(secret) > 12
        assert holding(tables, secret) == []
        assert secret not in caplog.text
    for name, text in tables.items():
        assert ("PRIVATE KEY" in text) == name.endswith(_PRIVATE), name


async def test_the_log_does_not_name_people(ledger: Ledger) -> None:
    await ledger.person(name="carla")
    log = (await everything(ledger.services.pool))["public.ledger_events"]
    assert "carla" not in log
    assert "Ada Admin" not in log


async def test_ids_of_names_cannot_be_guessed(ledger: Ledger) -> None:
    await ledger.person(name="carla")
    guesses = [name_stream(kind, text).id for kind in ("username", "email", "user") for text in ("carla", "carla@example.com")]
    async with ledger.services.pool.connection() as connection:
        cursor = await connection.execute("SELECT 1 FROM ledger_events WHERE originator_id = ANY(%s::uuid[])", (guesses,))
        assert await cursor.fetchall() == []


async def test_an_erased_person_is_gone_from_their_events_and_keys(ledger: Ledger) -> None:
    admin = await ledger.admin()
    person = await ledger.person(name="carla")
    user_id = person.user["id"]
    await admin.delete(f"/users/{user_id}?erase=true", want=200)
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
