"""Idempotency keys: one change, the same answer for every repetition, whoever asks how often, and whatever dies in between."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from service.http.idempotency import HEADER, REPLAYED
from tests.support.api import PASSWORD, Answer, Client, Ledger, Opened


def key() -> dict[str, str]:
    return {HEADER: uuid.uuid4().hex}


def group(name: str) -> dict[str, str]:
    return {"name": name, "display_name": name.title()}


@pytest.fixture
async def groups(ledger: Ledger) -> str:
    """The path below which an administrator creates groups."""
    return f"/organizations/{await ledger.organization_id()}/groups"


async def events(ledger: Ledger) -> int:
    """How many events the log holds."""
    async with ledger.services.pool.connection() as connection:
        row = await (await connection.execute("SELECT count(*) FROM ledger_events")).fetchone()
    assert row is not None
    return int(row[0])


async def kept(ledger: Ledger) -> list[tuple[Any, ...]]:
    """The rows of all keys."""
    async with ledger.services.pool.connection() as connection:
        found: list[tuple[Any, ...]] = await (await connection.execute("SELECT * FROM idempotency_keys")).fetchall()
    return found


def assert_same(again: Answer, first: Answer) -> None:
    assert (again.status, again.raw) == (first.status, first.raw)
    assert again.headers.get("Content-Type") == first.headers.get("Content-Type")
    assert again.headers["Ledger-Position"] == first.headers["Ledger-Position"]
    assert again.headers[REPLAYED] == "true"


async def test_a_repetition_is_answered_with_the_first_answer_and_appends_nothing(ledger: Ledger, groups: str) -> None:
    admin, headers = await ledger.admin(), key()
    first = await admin.post(groups, group("crew"), headers=headers, want=201)
    assert REPLAYED not in first.headers
    before = await events(ledger)
    assert_same(await admin.post(groups, group("crew"), headers=headers), first)
    assert await events(ledger) == before


async def test_an_answer_without_a_body_is_repeated_without_one(ledger: Ledger) -> None:
    admin, headers = await ledger.admin(), key()
    token = (await admin.post("/users/me/keys", want=201)).json["key"]
    path = f"/users/me/keys/{token.partition('-')[0]}"
    first = await admin.delete(path, headers=headers, want=204)
    assert_same(await admin.delete(path, headers=headers), first)


async def test_a_refusal_is_an_outcome_too(ledger: Ledger, groups: str) -> None:
    admin, headers = await ledger.admin(), key()
    created = await admin.post(groups, group("crew"), want=201)
    first = await admin.post(groups, group("crew"), headers=headers, want=409)
    await admin.delete(f"/groups/{created.json['id']}", want=200)
    assert_same(await admin.post(groups, group("crew"), headers=headers), first)


async def test_the_key_with_another_request_is_refused(ledger: Ledger, groups: str) -> None:
    admin, headers = await ledger.admin(), key()
    await admin.post(groups, group("crew"), headers=headers, want=201)
    await admin.post(groups, group("other"), headers=headers, want=422)
    await admin.post(groups + "?extra=1", group("crew"), headers=headers, want=422)


async def test_keys_belong_to_their_path_and_caller(ledger: Ledger, groups: str) -> None:
    admin, headers = await ledger.admin(), key()
    other = await ledger.person(org_roles=("organization-admin",))
    first = await admin.post(groups, group("crew"), headers=headers, want=201)
    assert REPLAYED not in (await other.post(groups, group("crew"), headers=headers, want=409)).headers
    assert REPLAYED not in (await admin.patch(f"/groups/{first.json['id']}", group("crew"), headers=headers)).headers


async def test_the_same_person_in_another_session_is_the_same_caller(ledger: Ledger, groups: str) -> None:
    admin, headers = await ledger.admin(), key()
    first = await admin.post(groups, group("crew"), headers=headers, want=201)
    elsewhere = await ledger.login("admin@example.com")
    assert_same(await elsewhere.post(groups, group("crew"), headers=headers), first)


async def test_another_process_gives_the_same_answer(ledger: Ledger, groups: str, migrated_url: str) -> None:
    admin, headers = await ledger.admin(), key()
    first = await admin.post(groups, group("crew"), headers=headers, want=201)
    async with Opened() as more:
        other = await more.open(migrated_url)
        at_other = Client(other.session, other.base, admin.token)
        assert_same(await at_other.post(groups, group("crew"), headers=headers), first)


async def test_of_many_at_once_one_makes_the_change(ledger: Ledger, groups: str) -> None:
    admin, headers = await ledger.admin(), key()

    async def create() -> Answer:
        while True:
            answer = await admin.post(groups, group("crew"), headers=headers)
            if answer.status != 409:
                return answer
            assert answer.headers["Retry-After"] == "1"
            await asyncio.sleep(0.01)

    answers = await asyncio.gather(*(create() for _ in range(20)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.raw for answer in answers}) == 1
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1


@pytest.mark.parametrize("bad", ["", "x" * 256, "two words"])
async def test_a_key_is_1_to_255_visible_characters(ledger: Ledger, groups: str, bad: str) -> None:
    await (await ledger.admin()).post(groups, group("crew"), headers={HEADER: bad}, want=400)


async def test_reads_take_no_keys(ledger: Ledger, groups: str) -> None:
    admin, headers = await ledger.admin(), key()
    assert REPLAYED not in (await admin.get(groups, headers=headers, want=200)).headers
    assert REPLAYED not in (await admin.get(groups, headers=headers, want=200)).headers
    assert await kept(ledger) == []


async def test_without_a_key_nothing_is_kept(ledger: Ledger, groups: str) -> None:
    await (await ledger.admin()).post(groups, group("crew"), want=201)
    assert await kept(ledger) == []


async def test_what_is_kept_shows_neither_key_nor_secret(ledger: Ledger) -> None:
    admin, headers = await ledger.admin(), key()
    made = await admin.post("/users/me/keys", headers=headers, want=201)
    assert_same(await admin.post("/users/me/keys", headers=headers), made)
    body = {"email": "admin@example.com", "password": PASSWORD}
    signed_in = await ledger.anonymous.post("/users/login", body, headers=headers, want=201)
    assert_same(await ledger.anonymous.post("/users/login", body, headers=headers), signed_in)
    assert signed_in.json["session_token"] != made.json["key"]
    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for row in await kept(ledger) for value in row)
    for secret in (headers[HEADER], made.json["key"], signed_in.json["session_token"], PASSWORD):
        assert secret.encode() not in stored


async def test_a_failed_sign_in_is_no_outcome(ledger: Ledger) -> None:
    await ledger.admin()
    headers, body = key(), {"email": "admin@example.com", "password": "wrong"}
    await ledger.anonymous.post("/users/login", body, headers=headers, want=401)
    assert REPLAYED not in (await ledger.anonymous.post("/users/login", body, headers=headers, want=401)).headers


async def test_a_day_later_the_key_is_free_again(ledger: Ledger, groups: str) -> None:
    admin, headers = await ledger.admin(), key()
    created = await admin.post(groups, group("crew"), headers=headers, want=201)
    await admin.delete(f"/groups/{created.json['id']}", want=200)
    async with ledger.services.pool.connection() as connection:
        await connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    again = await admin.post(groups, group("crew"), headers=headers, want=201)
    assert REPLAYED not in again.headers
    assert again.json["id"] != created.json["id"]


async def test_erasing_somebody_reaches_the_answers_that_show_them(ledger: Ledger) -> None:
    admin, headers = await ledger.admin(), key()
    organization_id = await ledger.organization_id()
    body = {"username": "gone", "email": "gone@example.com", "login_type": "none", "organization_ids": [organization_id]}
    created = await admin.post("/users", body, headers=headers, want=201)
    assert len(await kept(ledger)) == 1
    await admin.delete(f"/users/{created.json['id']}?erase=true", want=200)
    assert await kept(ledger) == []
