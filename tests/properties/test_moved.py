"""Who lived in a deployment that was moved elsewhere by `replay` and `import`, and moved on from there: names, passwords, the erased."""

from __future__ import annotations

from typing import Any

from tests.support.api import PASSWORD, Client, Ledger, running_ledger
from tests.support.moving import imported, read_models, replayed, run
from tests.support.postgres import PostgresServer

NEW_PASSWORD = "Another-Horse-43-Battery"


async def test_whoever_moved_is_found_by_name_and_lets_others_have_theirs(postgres: PostgresServer, migrated_url: str) -> None:
    async with running_ledger(migrated_url) as ledger:
        admin, organization = await ledger.admin(), await ledger.organization_id()
        gone, renamed = await _erased(admin, organization), await _renamed(admin, ledger)
    lines = await replayed(migrated_url)
    assert b"gone-one" not in lines
    assert b"gone-two" not in lines

    elsewhere = postgres.database()
    try:
        said = await imported(elsewhere, lines)
        assert f"imported {len(lines.splitlines())} events" in said.stderr
        assert await read_models(elsewhere) == await read_models(migrated_url)
        await _everybody_is_there(elsewhere, organization, gone, renamed)
        # And once more, from there: names that were imported, and names that were taken since.
        again = postgres.database()
        try:
            lines = await replayed(elsewhere)
            await imported(again, lines)
            assert await replayed(again) == lines
            assert await read_models(again) == await read_models(elsewhere)
            await _names_are_taken(again, organization, renamed)
        finally:
            postgres.drop(again)
    finally:
        postgres.drop(elsewhere)


async def _erased(admin: Client, organization: str) -> str:
    """Somebody with two names, erased."""
    body = {"email": "gone-one@example.com", "username": "gone-one", "password": PASSWORD, "organization_ids": [organization]}
    id = (await admin.post("/users", body, want=201)).json["id"]
    await admin.put(f"/users/{id}/profile", {"username": "gone-two", "name": "Gone"}, want=200)
    await admin.delete(f"/users/{id}?erase=true", want=200)
    return str(id)


async def _renamed(admin: Client, ledger: Ledger) -> dict[str, Any]:
    """Somebody whose first name is free again, and who has had another password."""
    person = await ledger.person(name="first-name")
    await person.put("/users/me/password", {"old_password": PASSWORD, "password": NEW_PASSWORD}, want=204)
    answer = await admin.put(f"/users/{person.user['id']}/profile", {"username": "second-name", "name": "N"}, want=200)
    document: dict[str, Any] = answer.json
    return document


async def _everybody_is_there(url: str, organization: str, gone: str, renamed: dict[str, Any]) -> None:
    """Names are taken or free as they were; a new password lets people in; who was erased stays so."""
    await _new_passwords(url, "admin", "second-name")
    async with running_ledger(url) as ledger:
        owner = await ledger.login("admin@example.com", NEW_PASSWORD)
        users = {user["id"]: user for user in (await owner.get("/users?limit=0", want=200)).json["users"]}
        assert gone not in users
        assert users[renamed["id"]]["username"] == "second-name"
        client = await ledger.login(renamed["email"], NEW_PASSWORD)
        assert client.user["id"] == renamed["id"]
        for name, status in (("second-name", 409), ("Second-Name", 409), ("first-name", 201), ("gone-one", 201), ("gone-two", 201)):
            await _create(owner, organization, name, f"{name.lower()}-2@example.com", status)
        await _create(owner, organization, "third-name", renamed["email"].upper(), 409)
        # The name is let go, so somebody else may have it.
        await owner.put(f"/users/{renamed['id']}/profile", {"username": "fourth-name", "name": "N"}, want=200)
        await _create(owner, organization, "SECOND-name", "second-owner@example.com", 201)


async def _names_are_taken(url: str, organization: str, renamed: dict[str, Any]) -> None:
    await _new_passwords(url, "admin")
    async with running_ledger(url) as ledger:
        owner = await ledger.login("admin@example.com", NEW_PASSWORD)
        for name in ("second-name", "first-name", "gone-one", "fourth-name"):
            await _create(owner, organization, name, f"{name}-3@example.com", 409)
        await _create(owner, organization, "unheard-of", renamed["email"], 409)


async def _create(owner: Client, organization: str, name: str, email: str, status: int) -> None:
    body = {"email": email, "username": name, "password": PASSWORD, "organization_ids": [organization]}
    await owner.post("/users", body, want=status)


async def _new_passwords(url: str, *names: str) -> None:
    for name in names:
        done = await run(url, "password", "set", "--user", name, stdin=f"{NEW_PASSWORD}\n".encode())
        assert done.status == 0, done.stderr
