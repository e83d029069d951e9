"""`token create`: who gets one, how long it lives, and that nothing but the token is printed."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import timedelta

import pytest

from service.auth.tokens import parse_token
from service.cli import token
from tests.support.api import Ledger


async def create(ledger: Ledger, *arguments: str) -> int:
    """Run the subcommand on the database of a running service."""
    parser = argparse.ArgumentParser()
    token.add_arguments(parser)
    return await token.run(ledger.services.settings, parser.parse_args(["create", *arguments]))


async def test_a_token_is_printed_alone_and_works_at_once(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    ada = await ledger.person(name="ada")
    assert await create(ledger, "--user", "ADA", "--name", "laptop", "--lifetime", "1h30m") == 0
    printed = capsys.readouterr().out
    parse_token(printed.rstrip("\n"))
    client = replace(ada, token=printed.strip())
    assert (await client.get("/users/me", want=200)).json["username"] == "ada"
    listed = (await client.get("/users/me/keys/tokens/laptop", want=200)).json
    assert (listed["login_type"], listed["lifetime_seconds"]) == ("token", 5400)


async def test_a_token_without_a_name_is_given_one(ledger: Ledger) -> None:
    ada = await ledger.person(name="ada")
    assert await create(ledger, "--user", "ada") == 0
    (listed,) = (await ada.get("/users/me/keys/tokens", want=200)).json
    assert listed["token_name"]
    assert listed["lifetime_seconds"] == timedelta(days=7).total_seconds()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--user", "nobody"), "no user is named 'nobody'"),
        (("--user", "admin", "--lifetime", "8d"), "7 days at most"),
        (("--user", "prebuilds"), "API keys cannot be made for this user"),
    ],
)
async def test_what_the_rules_refuse_is_said_on_stderr(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str
) -> None:
    await ledger.admin()
    assert await create(ledger, *arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert reason in said.err


async def test_a_name_is_used_once(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    await ledger.person(name="ada")
    assert await create(ledger, "--user", "ada", "--name", "laptop") == 0
    assert await create(ledger, "--user", "ada", "--name", "laptop") == 1
    assert "already exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "span"),
    [("12h", timedelta(hours=12)), ("30d", timedelta(days=30)), ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4))],
)
def test_durations_are_read(text: str, span: timedelta) -> None:
    assert token.duration(text) == span


@pytest.mark.parametrize("text", ["", "12", "h", "-1h", "1.5h", "1w", "0s", "999999999d999999999d", "1h "])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        token.duration(text)


async def test_who_reads_the_log_sees_that_nobody_signed_in_did_it(ledger: Ledger) -> None:
    await ledger.person(name="ada")
    await create(ledger, "--user", "ada")
    async with ledger.services.pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT convert_from(state, 'UTF8')::jsonb -> 'actor' FROM ledger_events WHERE topic LIKE 'ApiKeyCreated/%%'"
            " ORDER BY notification_id DESC LIMIT 1"
        )
        row = await cursor.fetchone()
    assert row is not None
    assert row[0] == {"kind": "system"}
