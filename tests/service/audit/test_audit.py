"""The audit log over HTTP: who may read what of it, and what is refused, noted."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.support.api import PASSWORD, Client, Ledger
from tests.support.building import queued_workspace, template
from tests.support.queries import recorded_statements


async def rows(client: Client, q: str = "", **params: Any) -> list[dict[str, Any]]:
    return list((await client.get("/audit", params={"q": q, **params}, want=200)).json["audit_logs"])


async def test_a_change_has_its_entry(ledger: Ledger) -> None:
    admin = await ledger.admin()
    person = await ledger.person()
    headers = {"User-Agent": "a test"}
    await admin.put(f"/users/{person.user['id']}/roles", {"roles": ["auditor"]}, want=200, headers=headers)
    entry, woke, created = await rows(admin, f"resource_type:user resource_id:{person.user['id']}")
    assert entry["diff"] == {"rbac_roles": {"new": ["auditor"], "secret": False}}
    assert (entry["user_agent"], entry["ip"], entry["user"]["username"]) == ("a test", "127.0.0.1", "admin")
    assert entry["user"]["organization_ids"] == []
    assert entry["resource_target"] == person.user["username"]
    assert (created["action"], created["user"]["username"]) == ("create", "admin")
    assert woke["diff"] == {"status": {"old": "dormant", "new": "active", "secret": False}}
    assert woke["additional_fields"] == {"automatic_actor": "coder", "automatic_subsystem": "dormancy"}
    assert woke["user"]["username"] == person.user["username"]


async def test_counts_are_exact_and_pages_join(ledger: Ledger) -> None:
    admin = await ledger.admin()
    for _ in range(3):
        await ledger.person()
    whole = (await admin.get("/audit?limit=1000", want=200)).json
    assert whole["count"] == len(whole["audit_logs"])
    assert whole["count_cap"] == 0
    assert await rows(admin, limit=4) + await rows(admin, limit=1000, offset=4) == whole["audit_logs"]


async def test_an_organization_that_is_not_there_has_no_entries(ledger: Ledger) -> None:
    admin = await ledger.admin()
    for id in (str(uuid.UUID(int=0)), str(uuid.UUID(int=1))):
        found = (await admin.get(f"/audit?q=organization:{id}", want=200)).json
        assert (found["audit_logs"], found["count"]) == ([], 0)


async def test_the_default_number_of_entries_stands_for_none_too(ledger: Ledger) -> None:
    admin = await ledger.admin()
    for number in range(101):
        await admin.put("/users/me/profile", {"username": "admin", "name": f"Ada {number}"}, want=200)
    for query in ("", "?limit=0", "?limit="):
        page = (await admin.get(f"/audit{query}", want=200)).json
        assert (len(page["audit_logs"]), page["count"] > 100) == (100, True)


async def test_sight_follows_rights(ledger: Ledger) -> None:
    admin = await ledger.admin()
    member = await ledger.person()
    auditor = await ledger.person(roles=("auditor",))
    of_organization = await ledger.person(org_roles=("organization-auditor",))
    await member.get("/audit?q=nonsense", want=403)
    assert await rows(auditor, "resource_type:user") == await rows(admin, "resource_type:user") != []
    seen = await rows(of_organization)
    assert {row["organization_id"] for row in seen} == {await ledger.organization_id()}


@pytest.mark.parametrize(
    ("q", "field"),
    [
        ("gibberish", "resource_type"),
        ("action:destroy", "action"),
        ("resource_id:x", "resource_id"),
        ("date_from:yesterday", "date_from"),
        ("organization:nowhere", "organization"),
        ("color:red", "color"),
    ],
)
async def test_bad_searches_are_named(ledger: Ledger, q: str, field: str) -> None:
    answer = await (await ledger.admin()).get("/audit", params={"q": q}, want=400)
    assert answer.json["message"] == "Invalid audit search query."
    assert [violation["field"] for violation in answer.json["validations"]] == [field]


async def test_days_reach_as_far_as_they_can_be_written(ledger: Ledger) -> None:
    admin = await ledger.admin()
    whole = await rows(admin)
    assert await rows(admin, "date_from:0001-01-01 date_to:9999-12-31") == whole != []
    assert await rows(admin, "date_from:9999-12-31") == await rows(admin, "date_to:0001-01-01") == []


async def test_failed_logins_are_entries(ledger: Ledger) -> None:
    admin, person = await ledger.admin(), await ledger.person()
    body = {"email": person.user["email"], "password": "Wrong-" + PASSWORD}
    before = ledger.services.positions.current
    await ledger.anonymous.post("/users/login", body, want=401)
    await ledger.services.positions.wait_until(before + 1)
    failed = [row for row in await rows(admin, f"action:login username:{person.user['username']}") if row["status_code"] == 401]
    assert len(failed) == 1
    assert "Wrong" not in str(failed)


async def test_a_refusal_is_told_however_its_organization_was_called(ledger: Ledger) -> None:
    admin, organization_id = await ledger.admin(), await ledger.organization_id()
    for handle in ("default", "coder", organization_id):
        await admin.delete(f"/organizations/{handle}", want=400)
    refused = await rows(admin, f"resource_type:organization action:delete resource_id:{organization_id}")
    assert [row["status_code"] for row in refused] == [400, 400, 400]


async def test_refused_changes_are_entries_without_their_bodies(ledger: Ledger) -> None:
    admin, owner = await ledger.admin(), await ledger.person()
    of = await template(ledger)
    made = await queued_workspace(owner, of)
    await owner.put(f"/workspaces/{made['id']}/ttl", {"ttl_ms": 1}, want=400)
    await owner.put(f"/workspaces/{made['id']}/autostart", {"schedule": "a secret word"}, want=400)
    refused = await rows(admin, f"resource_id:{made['id']} action:write")
    assert [(row["status_code"], row["diff"]) for row in refused] == [(400, {}), (400, {})]
    assert refused[0]["additional_fields"] == {"route": "PUT /workspaces/{workspace}/autostart"}
    assert refused[0]["description"].startswith("{user} unsuccessfully attempted to")
    assert "secret" not in str([row["additional_fields"] for row in refused])


async def test_what_a_caller_may_not_know_of_is_no_entry(ledger: Ledger) -> None:
    admin, owner, stranger = await ledger.admin(), await ledger.person(), await ledger.person()
    made = await queued_workspace(owner, await template(ledger))
    await stranger.put(f"/workspaces/{made['id']}/ttl", {"ttl_ms": None}, want=404)
    await ledger.anonymous.put(f"/workspaces/{made['id']}/ttl", {"ttl_ms": None}, want=401)
    assert [row["action"] for row in await rows(admin, f"resource_type:workspace resource_id:{made['id']}")] == ["create"]


#: Whose refusals are no entries: what is not audited when it succeeds (contract/workspaces.md 5.5, identity.md 9), what callers are
#: who are no people, and what is not offered here at all.
UNTOLD = (
    *("POST /users/first", "POST /users/login", "POST /users/logout", "POST /users/validate-password", "POST /users/otp/"),
    *("POST /authcheck", "POST /files", "PUT /workspaces/{workspace}/extend", "POST /workspaces/{workspace}/usage"),
    "PUT /notifications/inbox/",
    *("POST /templates/{template}/prebuilds/invalidate", "POST /templateversions/{templateversion}/dry-run"),
    *("PATCH /templateversions/{templateversion}/dry-run", "POST /templateversions/{templateversion}/dynamic-parameters"),
    *("POST /workspaceagents/me/", "PATCH /workspaceagents/me/", "POST /provisioners/jobs/", "POST /webhooks/{webhook}/test"),
    *("POST /organizations/{organization}/provisionerkeys", "DELETE /organizations/{organization}/provisionerkeys"),
)


async def test_every_route_that_changes_something_tells_of_its_refusals_or_is_known_not_to() -> None:
    from service.http.refusals import AUDITED
    from service.http.routes import ROUTES
    from service.http.supporting.left_out import TABLE

    changing = {route.key for route in ROUTES if route.changes}
    not_offered = {f"{route.method} {route.path}" for route in TABLE}
    assert set(AUDITED) <= changing
    left = sorted(key for key in changing - set(AUDITED) - not_offered if not key.startswith(UNTOLD))
    assert not left, f"say in service/http/refusals.py what these change: {left}"


async def test_a_page_costs_three_statements_whatever_is_on_it(ledger: Ledger) -> None:
    admin = await ledger.admin()
    for _ in range(3):
        await ledger.person()
    await rows(admin)
    with recorded_statements(ledger.services.pool) as statements:
        assert len(await rows(admin, "resource_type:user")) > 3
    assert len(statements) == 3, statements
