"""Whom one can pick: found by parts of names and addresses, in order, through indexes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.kernel.ids import NIL, PREBUILDS_USER
from domain.users.events import UserDeleted, UserProfileChanged, UserSeen, UserSiteRolesSet, UserStatusSet
from projections.available_users.fold import MODEL as AVAILABLE_USERS
from projections.available_users.grams import grams
from projections.available_users.pages import Selection, everybody
from projections.available_users.queries import available_users
from projections.users.fold import MODEL as USERS
from projections.users.search import parse_user_search
from tests.projections.organizations.test_organizations import ANN, BOB, CID, history, person
from tests.support.projecting import Projecting, open_projecting

DEE = "dddddddd-0000-4000-8000-000000000001"
HISTORY = history(
    (BOB, person("bob")),
    (ANN, person("Ann")),
    (CID, person("cid")),
    (DEE, person("dee")),
    (PREBUILDS_USER, person("prebuilds", is_system=True)),
    (CID, UserSiteRolesSet(["auditor"])),
    (BOB, UserStatusSet("suspended")),
    (ANN, UserSeen()),
    (CID, UserProfileChanged("Cidney", "")),
    (DEE, UserDeleted()),
)


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    opened = await open_projecting(database_url, (USERS, AVAILABLE_USERS))
    yield opened
    await opened.connection.close()


async def found(projecting: Projecting, query: str = "", **page: Any) -> list[str]:
    rows = await available_users(projecting.connection, Selection(parse_user_search(query), **page))
    return [row["username"] for row in rows]


async def test_batches_make_no_difference(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(HISTORY)


async def test_nothing_but_four_fields_is_shown(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    rows = await available_users(projecting.connection, Selection(parse_user_search("")))
    assert rows == [
        {"id": ANN, "username": "Ann", "name": "Real Ann"},
        {"id": BOB, "username": "bob", "name": "Real bob"},
        {"id": CID, "username": "Cidney"},
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("n", ["Ann", "Cidney"]),
        ("nn", ["Ann"]),
        ("IDNE", ["Cidney"]),
        ("cid@example", ["Cidney"]),
        ("@example.com", ["Ann", "bob", "Cidney"]),
        ("bob\nbob", []),
        ("b_b", ["bob"]),
        ("b%e.com", ["bob"]),
        ("x_y", []),
        ("_", ["Ann", "bob", "Cidney"]),
        ("\\", []),
        ('"ann"', []),
        ("dee", []),
        ("prebuilds", []),
        ("name:real", ["Ann", "bob"]),
        ("name:l b_b", ["bob"]),
        ('name:"l b_b"', ["bob"]),
        ("status:suspended", ["bob"]),
        ("status:active,suspended", ["Ann", "bob", "Cidney"]),
        ("role:auditor,owner", ["Cidney"]),
        ("role:member", ["Ann", "bob", "Cidney"]),
        ("service_account:true", []),
        ("login_type:password search:ann", ["Ann"]),
        ("login_type:none", []),
        ("github_com_user_id:7", []),
        ("github_com_user_id:0", ["Ann", "bob", "Cidney"]),
        ('last_seen_before:"2020-01-01T00:00:00Z"', ["bob", "Cidney"]),
        ('last_seen_after:"2020-01-01T00:00:00Z"', ["Ann"]),
        ('last_seen_after:"0001-01-01T00:00:00Z"', ["Ann", "bob", "Cidney"]),
        ('last_seen_after:"0001-01-01T00:00:01Z"', ["Ann"]),
        ('last_seen_after:"2020-01-01T00:00:00Z" last_seen_before:"2999-01-01T00:00:00Z"', ["Ann"]),
        ('last_seen_before:"2999-01-01T00:00:00Z" status:active', ["Ann", "Cidney"]),
        ('created_after:"2026-03-02T12:02:00Z"', ["Ann", "Cidney"]),
        ('created_before:"2026-03-02T12:02:00Z"', ["Ann", "bob"]),
    ],
)
async def test_searches(projecting: Projecting, query: str, names: list[str]) -> None:
    await projecting.fold(HISTORY)
    assert await found(projecting, query) == names


async def test_pages(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    assert await found(projecting, limit=2) == ["Ann", "bob"]
    assert await found(projecting, limit=2, offset=1) == ["bob", "Cidney"]
    assert await found(projecting, after_id=ANN) == ["bob", "Cidney"]
    assert await found(projecting, "cid", after_id=ANN) == ["Cidney"]
    assert await found(projecting, after_id=DEE) == []  # deleted, and the last in order
    assert await found(projecting, after_id=NIL) == ["Ann", "bob", "Cidney"]


@pytest.mark.parametrize(
    ("text", "runs"),
    [("", []), ("a", ["a"]), ("ab", ["ab"]), ("abcd", ["abc", "bcd"]), ("ab%c_defg", ["ab", "c", "def", "efg"]), ("aaaa", ["aaa"])],
)
def test_grams_are_what_every_match_holds(text: str, runs: list[str]) -> None:
    assert grams(text) == runs


@pytest.mark.parametrize(("limit", "offset", "walked"), [(25, 0, True), (500, 0, True), (25, 476, False), (0, 0, False), (0, 25, False)])
def test_only_a_page_that_ends_soon_may_be_walked(limit: int, offset: int, walked: bool) -> None:
    people = everybody(Selection(parse_user_search("ann name:lee"), limit, offset))
    for query, left_to_the_planner in ((people.page, walked), (people.number, False)):
        assert ("(SELECT %(search_grams)s::text[])" not in query.as_string(None)) is left_to_the_planner
        assert ("(SELECT %(name_grams)s::text[])" not in query.as_string(None)) is left_to_the_planner
