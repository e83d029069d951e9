"""`password set`: whoever reaches the database gives anybody a password, and nobody else learns of it."""

from __future__ import annotations

import pytest

from tests.support.api import PASSWORD, Ledger
from tests.support.moving import Done, run

NEW = "Another-Horse-43-Battery"


async def set_password(ledger: Ledger, name: str, text: str) -> Done:
    return await run(ledger.services.settings.database_url, "password", "set", "--user", name, stdin=text.encode())


async def test_the_person_signs_in_with_it_and_older_tokens_end(ledger: Ledger) -> None:
    ada = await ledger.person(name="ada")
    for password in (NEW, PASSWORD, NEW):
        done = await set_password(ledger, "ADA", f"{password}\n")
        assert (done.status, done.stdout, done.stderr) == (0, b"", "ada has another password\n")
        await ledger.login("ada@example.com", password)
    await ada.get("/users/me", want=401)
    await ledger.anonymous.post("/users/login", {"email": "ada@example.com", "password": PASSWORD}, want=401)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("nobody", NEW, "no user is named 'nobody'"),
        ("admin", "", "A password is needed."),
        ("admin", "12345678\n", "too easy to guess"),
        ("prebuilds", NEW, "Users without password login type cannot change their password."),
    ],
)
async def test_what_the_rules_refuse_is_said_on_stderr(ledger: Ledger, name: str, text: str, reason: str) -> None:
    await ledger.admin()
    done = await set_password(ledger, name, text)
    assert (done.status, done.stdout) == (1, b"")
    assert reason in done.stderr
    await ledger.login("admin@example.com", PASSWORD)
