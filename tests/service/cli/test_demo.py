"""The demonstration on a real service: what it leaves behind, and that a second run leaves the same."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import pytest

from service.cli import demo
from service.demo import people, templates, workspaces
from service.settings import Settings
from tests.support.api import PASSWORD, Ledger, running_ledger


async def fill(ledger: Ledger, *arguments: str) -> int:
    """Run the subcommand against a running service."""
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    settings = replace(Settings(), first_user_email="admin@example.com", first_user_password=PASSWORD)
    return await demo.run(settings, parser.parse_args(["--url", ledger.base, *arguments]))


async def seen(ledger: Ledger) -> dict[str, Any]:
    """Everything by name, with what a second run must not change."""
    admin = await ledger.admin()
    listed = (await admin.get("/workspaces?limit=0", want=200)).json["workspaces"]
    users = (await admin.get("/users?limit=0", want=200)).json["users"]
    return {
        "users": {user["username"]: (user["id"], sorted(role["name"] for role in user["roles"])) for user in users},
        "templates": {t["name"]: (t["id"], t["active_version_id"]) for t in (await admin.get("/templates", want=200)).json},
        "groups": {g["name"]: (g["id"], len(g["members"])) for g in (await admin.get("/groups", want=200)).json},
        "workspaces": {f"{w['owner_name']}/{w['name']}": (w["id"], w["latest_build"]["build_number"]) for w in listed},
    }


async def test_it_fills_a_service_and_does_no_harm_when_repeated(migrated_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with running_ledger(migrated_url) as ledger:
        await ledger.admin()
        assert await fill(ledger) == 0, capsys.readouterr().err
        before = await seen(ledger)
        admin = await ledger.admin()
        documents = {w["name"]: w for w in (await admin.get("/workspaces?limit=0", want=200)).json["workspaces"]}

        assert {person.username for person in people.PEOPLE} <= set(before["users"])
        assert {example.name for example in templates.EXAMPLES} == set(before["templates"])
        assert {name for _, name, _, _ in people.GROUPS} <= set(before["groups"])
        assert len(documents) == len(workspaces.EXAMPLES) - 1, "one of them was deleted"
        assert {w["latest_build"]["status"] for w in documents.values()} == {"running", "stopped", "failed"}
        assert documents["thesis"]["outdated"]
        assert documents["thesis"]["autostart_schedule"].startswith("CRON_TZ=Europe/London")
        assert documents["enigma"]["dormant_at"]
        assert documents["machine"]["automatic_updates"] == "always"
        shared = (await admin.get(f"/workspaces/{documents['engine']['id']}/acl", want=200)).json
        assert [(user["username"], user["role"]) for user in shared["users"]] == [("grace", "use")]

        assert await fill(ledger) == 0, capsys.readouterr().err
        assert await seen(ledger) == before


async def test_life_goes_on_for_as_long_as_asked_and_keeps_the_names(migrated_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with running_ledger(migrated_url, allow_workspace_renames=True) as ledger:
        admin = await ledger.admin()
        assert await fill(ledger, "--live", "5") == 0, capsys.readouterr().err
        said = capsys.readouterr().out.splitlines()
        names = {w["name"] for w in (await admin.get("/workspaces?limit=0", want=200)).json["workspaces"]}
        assert names == {example.name for example in workspaces.EXAMPLES} - {"multics"}
        lively = [line for line in said if " was " in line or " now stops " in line]
        assert lively, "in five seconds something must have happened"


async def test_it_says_who_cannot_sign_in(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    await ledger.admin()
    assert await fill(ledger, "--password", "not-the-password-1") == 1
    assert "admin@example.com cannot sign in" in capsys.readouterr().err


async def test_it_says_that_nothing_answers(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    nobody = parser.parse_args(["--url", "http://127.0.0.1:9", "--email", "a@example.com", "--password", "x"])
    assert await demo.run(Settings(), nobody) == 1
    assert "does not answer" in capsys.readouterr().err


async def test_it_wants_to_know_who_signs_in(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    assert await demo.run(Settings(), parser.parse_args([])) == 2
    assert "LEDGER_FIRST_USER_EMAIL" in capsys.readouterr().err
