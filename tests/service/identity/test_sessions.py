"""Getting in and being thrown out, over real HTTP."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from tests.support.api import PASSWORD, Client, Ledger, running_ledger
from tests.support.queries import recorded_statements

SIGNED_OUT = "You are signed out or your session has expired. Please sign in again to continue."


async def test_the_deployment_is_founded_once_even_by_two_at_once(ledger: Ledger) -> None:
    bodies = [{"email": f"{n}@example.com", "username": n, "password": PASSWORD} for n in ("ann", "bob")]
    assert (await ledger.anonymous.get("/users/first")).status == 404
    answers = await asyncio.gather(*(ledger.anonymous.post("/users/first", body) for body in bodies))
    assert sorted(a.status for a in answers) == [201, 409]
    assert (await ledger.anonymous.get("/users/first")).status == 200


async def test_a_refused_request_says_how_to_get_in(ledger: Ledger) -> None:
    answer = await ledger.anonymous.get("/users/me", want=401)
    assert answer.json["message"] == SIGNED_OUT
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="coder", error="invalid_token"')
    assert answer.headers["WWW-Authenticate"].endswith('/.well-known/oauth-protected-resource"')


async def test_a_revoked_key_is_refused_at_the_next_request(ledger: Ledger) -> None:
    admin = await ledger.admin()
    person = await ledger.person()
    key_id = (person.token or "").split("-")[0]
    for _ in range(3):
        await person.get("/users/me", want=200)
    await admin.delete(f"/users/me/keys/{key_id}", want=204)
    assert (await person.get("/users/me", want=401)).json["detail"] == "API key is invalid."


async def test_a_changed_password_ends_every_key_at_once(ledger: Ledger) -> None:
    person = await ledger.person()
    other = await ledger.login(person.user["email"])
    token = (await person.post("/users/me/keys/tokens", {"token_name": "ci"}, want=201)).json["key"]
    await person.put("/users/me/password", {"old_password": PASSWORD, "password": PASSWORD + "-2"}, want=204)
    for text in (person.token, other.token, token):
        await replace(person, token=text).get("/users/me", want=401)
    again = await ledger.login(person.user["email"], PASSWORD + "-2")
    await again.post("/users/me/keys/tokens", {"token_name": "ci"}, want=201)


async def test_rights_hold_from_the_next_request_on(ledger: Ledger) -> None:
    admin, person = await ledger.admin(), await ledger.person()
    other = await ledger.person()
    await person.get(f"/users/{other.user['id']}", want=404)
    await admin.put(f"/users/{person.user['id']}/roles", {"roles": ["auditor"]}, want=200)
    await person.get(f"/users/{other.user['id']}", want=200)
    await admin.put(f"/users/{person.user['id']}/roles", {"roles": []}, want=200)
    await person.get(f"/users/{other.user['id']}", want=404)


async def test_membership_holds_from_the_next_request_on(ledger: Ledger) -> None:
    admin, person = await ledger.admin(), await ledger.person()
    organization = await ledger.organization_id()
    assert len((await person.get("/organizations", want=200)).json) == 1
    await admin.delete(f"/organizations/{organization}/members/{person.user['id']}", want=204)
    assert (await person.get("/organizations", want=200)).json == []


async def test_a_suspended_session_comes_back_with_its_person(ledger: Ledger) -> None:
    admin, person = await ledger.admin(), await ledger.person()
    await admin.put(f"/users/{person.user['id']}/status/suspend", want=200)
    assert "suspended" in (await person.get("/users/me", want=401)).json["message"]
    await admin.put(f"/users/{person.user['id']}/status/activate", want=200)
    await person.get("/users/me", want=200)


async def test_a_known_caller_costs_no_statement(ledger: Ledger) -> None:
    person = await ledger.person()
    await person.get("/users/me", want=200)
    with recorded_statements(ledger.services.pool) as statements:
        for _ in range(5):
            await person.get("/users/roles", want=200)
    assert statements == []


async def test_a_cookie_alone_may_read_but_not_change(ledger: Ledger) -> None:
    person = await ledger.person()
    bare = replace(person, token=None)
    cookie = {"Cookie": f"coder_session_token={person.token}"}
    await bare.get("/users/me", headers=cookie, want=200)
    refused = await bare.put("/users/me/profile", {"username": "other"}, headers=cookie, want=400)
    assert refused.headers["Content-Type"].startswith("text/plain")


async def test_a_page_proves_itself_by_repeating_its_csrf_token(ledger: Ledger) -> None:
    person = await ledger.person()
    bare = replace(person, token=None)
    first = await bare.get("/users/first")
    found = re.match(r"csrf_token=([^;]+); Path=/; .*HttpOnly; SameSite=Lax", first.headers["Set-Cookie"])
    assert found is not None
    cookie = f"coder_session_token={person.token}; csrf_token={found[1]}"
    body = {"username": person.user["username"], "name": "Proven"}
    await bare.put("/users/me/profile", body, headers={"Cookie": cookie, "X-CSRF-TOKEN": found[1]}, want=200)
    await bare.put("/users/me/profile", body, headers={"Cookie": cookie, "X-CSRF-TOKEN": "other"}, want=400)
    assert "Set-Cookie" not in (await bare.get("/users/me", headers={"Cookie": cookie})).headers


async def test_too_many_requests_are_refused_for_a_while(migrated_url: str) -> None:
    async with running_ledger(migrated_url, rate_limit=20) as ledger:
        answers = [await ledger.anonymous.get("/users/first") for _ in range(22)]
        assert [a.status for a in answers].count(429) == 2
        assert answers[0].headers["X-RateLimit-Limit"] == "20"
        assert answers[0].headers["X-RateLimit-Remaining"] == "19"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        assert (await ledger.anonymous.get("/users/me")).status == 401, "each route has a count of its own"


async def test_logins_are_limited_per_account_whoever_tries(migrated_url: str) -> None:
    async with running_ledger(migrated_url, rate_limit=10) as ledger:
        admin = await ledger.admin()
        wrong = {"email": "ADMIN@example.com", "password": "wrong"}
        statuses = [(await ledger.anonymous.post("/users/login", wrong)).status for _ in range(10)]
        assert statuses.count(401) < 10
        assert statuses[-1] == 429
        bypass = {"X-Coder-Bypass-Ratelimit": "true"}
        right = {"email": "admin@example.com", "password": PASSWORD}
        await admin.post("/users/login", right, headers=bypass, want=201)


@pytest.mark.parametrize("email", ["admin@example.com", "nobody@example.com"])
async def test_a_failed_login_is_in_the_log_without_what_was_typed(ledger: Ledger, email: str) -> None:
    await ledger.admin()
    await ledger.anonymous.post("/users/login", {"email": email, "password": "Typed-By-Mistake-77"}, want=401)
    async with ledger.services.pool.connection() as connection:
        cursor = await connection.execute("SELECT convert_from(state, 'UTF8') FROM ledger_events WHERE topic LIKE 'LoginFailed/%'")
        [row] = await cursor.fetchall()
    assert ("password" if email.startswith("admin") else "address") in row[0]
    assert "Typed-By-Mistake" not in row[0]
    assert "example.com" not in row[0]


async def test_a_use_is_written_down_once(ledger: Ledger) -> None:
    person = await ledger.person()
    key = f"/users/me/keys/{(person.token or '').split('-')[0]}"
    first = (await person.get(key, want=200)).json
    assert first["last_used"] > "2020"
    assert (await person.get(key, want=200)).json["last_used"] == first["last_used"]


async def _signs_in(client: Client, email: str, password: str) -> bool:
    return (await client.post("/users/login", {"email": email, "password": password})).status == 201


async def test_signing_in_while_the_password_changes_leaves_no_session_of_the_old_one(ledger: Ledger) -> None:
    person = await ledger.person()
    email = person.user["email"]
    change = person.put("/users/me/password", {"old_password": PASSWORD, "password": PASSWORD + "-2"}, want=204)
    logins = [ledger.anonymous.post("/users/login", {"email": email, "password": PASSWORD}) for _ in range(4)]
    _, *answers = await asyncio.gather(change, *logins)
    for answer in answers:
        if answer.status == 201:
            await replace(person, token=answer.json["session_token"]).get("/users/me", want=401)
    assert not await _signs_in(ledger.anonymous, email, PASSWORD)
