"""The first user of the settings: made once, by whichever process comes first, and refused with the setting's name."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from service.cli import first_user
from service.settings import Settings, SettingsError
from tests.support.api import PASSWORD, Ledger, Opened

FIRST = replace(Settings(), first_user_email="ada@example.com", first_user_username="ada", first_user_password=PASSWORD)


async def test_who_is_named_can_sign_in_when_the_service_is_ready(ledger: Ledger) -> None:
    await first_user.found(ledger.services, FIRST)
    ada = await ledger.login("ada@example.com")
    assert [role["name"] for role in ada.user["roles"]] == ["owner"]


async def test_a_service_that_has_users_is_left_alone(ledger: Ledger) -> None:
    admin = await ledger.admin()
    await first_user.found(ledger.services, FIRST)
    listed = (await admin.get("/users", want=200)).json["users"]
    assert [user["username"] for user in listed if user["username"] != "prebuilds"] == ["admin"]


async def test_nobody_is_made_when_nobody_is_named(ledger: Ledger) -> None:
    await first_user.found(ledger.services, Settings())
    await ledger.anonymous.get("/users/first", want=404)


async def test_several_processes_that_start_at_once_make_one(migrated_url: str) -> None:
    async with Opened() as opened:
        ledgers = [await opened.open(migrated_url) for _ in range(2)]
        await asyncio.gather(*(first_user.found(ledger.services, FIRST) for ledger in ledgers))
        ada = await ledgers[0].login("ada@example.com")
        assert len([u for u in (await ada.get("/users", want=200)).json["users"] if u["username"] == "ada"]) == 1


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"first_user_email": "ada"}, "LEDGER_FIRST_USER_EMAIL"),
        ({"first_user_username": "ada lovelace"}, "LEDGER_FIRST_USER_USERNAME"),
        ({"first_user_password": "short"}, "LEDGER_FIRST_USER_PASSWORD"),
    ],
)
async def test_a_setting_that_the_rules_refuse_is_named(ledger: Ledger, changes: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        await first_user.found(ledger.services, replace(FIRST, **changes))  # type: ignore[arg-type]
    await ledger.anonymous.get("/users/first", want=404)
