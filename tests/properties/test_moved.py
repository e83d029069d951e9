"""Whatever people did: imported elsewhere, what was replayed has the same read models, is replayed the same, and can be lived with."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.properties.deeds import DEEDS, Stage, stage
from tests.support.api import PASSWORD, Client, Ledger, running_ledger
from tests.support.moving import imported, read_models, replayed, run
from tests.support.postgres import PostgresServer

NEW_PASSWORD = "Another-Horse-43-Battery"


@pytest.mark.parametrize("seed", [3, 4])
async def test_a_moved_deployment_is_the_same(postgres: PostgresServer, migrated_url: str, seed: int) -> None:
    async with running_ledger(migrated_url, allow_workspace_renames=True) as ledger:
        there = await stage(ledger, seed)
        for deed in there.rnd.sample(DEEDS, len(DEEDS)):
            assert (await deed(there)).status < 500
        gone, renamed = await _erased(there), await _renamed(there, ledger)
    lines = await replayed(migrated_url)
    assert b"gone-one" not in lines
    assert b"gone-two" not in lines

    elsewhere = postgres.database()
    try:
        said = await imported(elsewhere, lines)
        assert f"imported {len(lines.splitlines())} events" in said.stderr
        assert await replayed(elsewhere) == lines
        assert await read_models(elsewhere) == await read_models(migrated_url)
        await _everybody_is_there(elsewhere, there, gone, renamed)
        verified = await run(elsewhere, "verify")
        assert verified.status == 0, verified.stdout
        # And once more, from there: names that were imported, and names that were taken since.
        again = postgres.database()
        try:
            lines = await replayed(elsewhere)
            await imported(again, lines)
            assert await replayed(again) == lines
            assert await read_models(again) == await read_models(elsewhere)
            await _names_are_taken(again, there, renamed)
        finally:
            postgres.drop(again)
    finally:
        postgres.drop(elsewhere)


async def _erased(there: Stage) -> str:
    """Somebody with two names, erased."""
    body = {"email": "gone-one@example.com", "username": "gone-one", "password": PASSWORD, "organization_ids": [there.organization]}
    id = (await there.admin.post("/users", body, want=201)).json["id"]
    await there.admin.put(f"/users/{id}/profile", {"username": "gone-two", "name": "Gone"}, want=200)
    await there.admin.delete(f"/users/{id}?erase=true", want=200)
    return str(id)


async def _renamed(there: Stage, ledger: Ledger) -> dict[str, Any]:
    """Somebody whose first name is free again, and who has had another password."""
    person = await ledger.person(name="first-name")
    await person.put("/users/me/password", {"old_password": PASSWORD, "password": NEW_PASSWORD}, want=204)
    answer = await there.admin.put(f"/users/{person.user['id']}/profile", {"username": "second-name", "name": "N"}, want=200)
    document: dict[str, Any] = answer.json
    return document


async def _everybody_is_there(url: str, there: Stage, gone: str, renamed: dict[str, Any]) -> None:
    """Names are taken or free as they were; a new password lets people in; who was erased stays so."""
    async with running_ledger(url) as ledger:
        users = {user["id"]: user for user in (await _signed_in(url, ledger, there.admin.user["id"])).json["users"]}
        assert gone not in users
        assert users[renamed["id"]]["username"] == "second-name"
        client = await ledger.login(renamed["email"], await _password(url, "second-name"))
        assert client.user["id"] == renamed["id"]
        owner = await ledger.login("admin@example.com", NEW_PASSWORD)
        assert owner.user["id"] == there.admin.user["id"]
        for name, status in (("second-name", 409), ("Second-Name", 409), ("first-name", 201), ("gone-one", 201), ("gone-two", 201)):
            await _create(owner, there, name, f"{name.lower()}-2@example.com", status)
        await _create(owner, there, "third-name", renamed["email"].upper(), 409)
        # The name is let go, so somebody else may have it.
        await owner.put(f"/users/{renamed['id']}/profile", {"username": "fourth-name", "name": "N"}, want=200)
        await _create(owner, there, "SECOND-name", "second-owner@example.com", 201)


async def _names_are_taken(url: str, there: Stage, renamed: dict[str, Any]) -> None:
    async with running_ledger(url) as ledger:
        await _signed_in(url, ledger, there.admin.user["id"])
        owner = await ledger.login("admin@example.com", NEW_PASSWORD)
        for name in ("second-name", "first-name", "gone-one", "fourth-name"):
            await _create(owner, there, name, f"{name}-3@example.com", 409)
        await _create(owner, there, "unheard-of", renamed["email"], 409)


async def _create(owner: Client, there: Stage, name: str, email: str, status: int) -> None:
    body = {"email": email, "username": name, "password": PASSWORD, "organization_ids": [there.organization]}
    await owner.post("/users", body, want=status)


async def _signed_in(url: str, ledger: Ledger, owner_id: str) -> Any:
    """All users, as the owner sees them with a password that was given anew."""
    rows = [orjson.loads(line) for line in (await replayed(url, "--stream", f"user/{owner_id}")).splitlines()]
    name = [row["data"]["username"] for row in rows if "username" in row["data"]][-1]
    await _password(url, name)
    owner = await ledger.login("admin@example.com", NEW_PASSWORD)
    return await owner.get("/users?limit=0", want=200)


async def _password(url: str, name: str) -> str:
    done = await run(url, "password", "set", "--user", name, stdin=f"{NEW_PASSWORD}\n".encode())
    assert done.status == 0, done.stderr
    return NEW_PASSWORD
