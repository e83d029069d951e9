"""People over real HTTP: made once, listed by rights, with what is their own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.support.api import PASSWORD, Ledger


async def _body(ledger: Ledger, **changes: Any) -> dict[str, Any]:
    organization = await ledger.organization_id()
    return {"email": "new@example.com", "username": "new-one", "password": PASSWORD, "organization_ids": [organization], **changes}


async def test_two_who_want_one_name_at_once_do_not_both_get_it(ledger: Ledger) -> None:
    admin = await ledger.admin()
    bodies = [await _body(ledger, email=f"{n}@example.com", username="Twin" if n else "twin") for n in range(3)]
    answers = await asyncio.gather(*(admin.post("/users", body) for body in bodies))
    assert sorted(a.status for a in answers) == [201, 409, 409]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": ""}, "email"),
        ({"username": "a b"}, "username"),
        ({"password": "weak"}, "password"),
        ({"organization_ids": []}, "organization_ids"),
        ({"user_status": "gone"}, "user_status"),
        ({"login_type": "none"}, "password"),
        ({"service_account": True}, "password"),
        ({"service_account": True, "password": ""}, "email"),
        ({"service_account": True, "password": "", "email": "", "login_type": "password"}, "login_type"),
    ],
)
async def test_what_cannot_be_made(ledger: Ledger, change: dict[str, Any], field: str) -> None:
    admin = await ledger.admin()
    answer = await admin.post("/users", await _body(ledger, **change), want=400)
    assert [v["field"] for v in answer.json["validations"]] == [field]


async def test_service_accounts_have_neither_address_nor_password(ledger: Ledger) -> None:
    admin = await ledger.admin()
    for name in ("robot-1", "robot-2"):
        body = await _body(ledger, service_account=True, email="", password="", username=name)
        made = (await admin.post("/users", body, want=201)).json
        assert (made["is_service_account"], made["login_type"], made["email"]) == (True, "none", "")
    assert (await admin.get("/users?q=service_account:true", want=200)).json["count"] == 2


async def test_an_organization_twice_is_refused(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    await admin.post("/users", await _body(ledger, organization_ids=[organization, organization]), want=400)
    await admin.get("/users/new-one", want=404)


async def test_settings_are_ones_own(ledger: Ledger) -> None:
    admin, person, other = await ledger.admin(), await ledger.person(), await ledger.person()
    assert (await person.get("/users/me/appearance", want=200)).json["theme_preference"] == ""
    set_to = (await person.put("/users/me/appearance", {"theme_preference": "dark", "terminal_font": "fira-code"}, want=200)).json
    assert (await admin.get(f"/users/{person.user['id']}/appearance", want=200)).json == set_to
    assert (await other.get(f"/users/{person.user['id']}/appearance")).status == 404
    await person.put("/users/me/appearance", {"theme_preference": "dark", "terminal_font": "comic"}, want=400)
    await person.put("/users/me/appearance", {"theme_preference": "x", "terminal_font": "fira-code", "theme_mode": "sync"}, want=400)
    await person.put("/users/me/preferences", {"task_notification_alert_dismissed": True}, want=200)
    kept = (await person.put("/users/me/preferences", {"thinking_display_mode": "preview"}, want=200)).json
    assert (kept["task_notification_alert_dismissed"], kept["thinking_display_mode"]) == (True, "preview")


async def test_quiet_hours_are_one_time_of_day(ledger: Ledger) -> None:
    person = await ledger.person()
    first = (await person.get("/users/me/quiet-hours", want=200)).json
    assert (first["user_set"], first["time"], first["timezone"]) == (False, "00:00", "UTC")
    wanted = "CRON_TZ=Europe/Berlin 30 2 * * *"
    changed = (await person.put("/users/me/quiet-hours", {"schedule": wanted}, want=200)).json
    assert (changed["raw_schedule"], changed["time"], changed["timezone"]) == (wanted, "02:30", "Europe/Berlin")
    assert (await person.get("/users/me/quiet-hours", want=200)).json["user_set"] is True
    for bad in ("", "nonsense", "CRON_TZ=UTC 0,30 2 * * *", "CRON_TZ=UTC 0 2 * * 1"):
        await person.put("/users/me/quiet-hours", {"schedule": bad}, want=400)


async def test_a_git_key_is_made_with_the_person_and_replaced_on_demand(ledger: Ledger) -> None:
    person = await ledger.person()
    first = (await person.get("/users/me/gitsshkey", want=200)).json
    assert first["public_key"].startswith("ssh-ed25519 ")
    second = (await person.put("/users/me/gitsshkey", want=200)).json
    assert second["public_key"] != first["public_key"]
    assert second["updated_at"] > second["created_at"]


async def test_who_may_make_workspaces_for_anybody_lists_everybody_but_learns_little(ledger: Ledger) -> None:
    admin, organization = await ledger.admin(), await ledger.organization_id()
    role = {
        "name": "maker",
        "display_name": "Maker",
        "organization_permissions": [{"resource_type": "workspace", "action": "create", "negate": False}],
    }
    await admin.post(f"/organizations/{organization}/members/roles", role, want=200)
    maker = await ledger.person(name="maker-1", org_roles=("maker",))
    other = await ledger.person(name="other-1")
    listed = {u["id"]: u for u in (await maker.get("/users", want=200)).json["users"]}
    assert len(listed) == 3
    assert listed[maker.user["id"]] == (await maker.get("/users/me", want=200)).json
    hidden = listed[other.user["id"]]
    assert (hidden["username"], hidden["email"], hidden["roles"], hidden["organization_ids"]) == ("other-1", "", [], [])
    assert (await maker.get(f"/users/{other.user['id']}")).status == 404
    assert (await other.get("/users", want=200)).json["count"] == 1


async def test_a_token_without_user_read_lists_nobody(ledger: Ledger) -> None:
    person = await ledger.person()
    token = (await person.post("/users/me/keys/tokens", {"scopes": ["template:read"]}, want=201)).json["key"]
    scoped = replace(person, token=token)
    assert (await scoped.get("/users", want=200)).json == {"users": [], "count": 0}
    assert (await scoped.get("/users/me")).status == 404


async def test_a_user_admin_cannot_reset_a_password_because_keys_would_have_to_go(ledger: Ledger) -> None:
    person = await ledger.person()
    user_admin = await ledger.person(roles=("user-admin",))
    await user_admin.put(f"/users/{person.user['id']}/password", {"password": PASSWORD + "-2"}, want=403)
    await person.get("/users/me", want=200)
    await (await ledger.admin()).put(f"/users/{person.user['id']}/password", {"password": PASSWORD + "-2"}, want=204)
    await person.get("/users/me", want=401)


async def test_conversion_is_refused_after_the_password_was_right(ledger: Ledger) -> None:
    person = await ledger.person()
    await person.post("/users/me/convert-login", {"to_type": "github", "password": "wrong"}, want=401)
    await person.post("/users/me/convert-login", {"to_type": "github", "password": PASSWORD}, want=400)


async def test_keys_and_tokens(ledger: Ledger) -> None:
    admin, person = await ledger.admin(), await ledger.person()
    assert (await person.get("/users/me/keys/tokens", want=200)).json is None
    key = (await person.post("/users/me/keys", want=201)).json["key"]
    shown = (await person.get(f"/users/me/keys/{key.split('-')[0]}", want=200)).json
    assert (shown["login_type"], shown["lifetime_seconds"]) == ("password", 604800)
    await admin.post("/users/me/keys/tokens", {"lifetime": 8 * 86400 * 10**9}, want=400)
    assert (await admin.get("/users/me/keys/tokens/tokenconfig", want=200)).json == {"max_token_lifetime": 604800 * 10**9}
    await admin.post("/users/prebuilds/keys", want=403)
