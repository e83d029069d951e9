"""Known callers are forgotten exactly when an event may have changed them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import AsyncConnection

from domain.groups.events import GroupMembersChanged
from domain.kernel.codec import topic_of
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.kernel.ids import api_key_stream_id
from domain.organizations.events import MemberAdded
from domain.roles.policy import OrgMembership, compile_subject
from service.auth.caller import Caller
from service.auth.caller_cache import CallerCache, Entry
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.web.feed import Change

ANN, BOB = (f"{letter * 8}-0000-4000-8000-000000000001" for letter in "ab")
ORGANIZATION, OTHER, GROUP = (f"{n}0000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def connection(migrated_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """The log, empty."""
    async with await AsyncConnection.connect(migrated_url, autocommit=True) as opened:
        yield opened


def entry(user_id: str, key_id: str) -> Entry:
    subject = compile_subject(user_id, (), {ORGANIZATION: OrgMembership()}, groups=(GROUP,) if user_id == ANN else ())
    return Entry(Caller(user_id, "name", key_id, "token", subject, frozenset({ORGANIZATION}), frozenset(), NOW), 0.0, 0.0)


def filled() -> CallerCache:
    """Two keys of Ann, one of Bob."""
    cache = CallerCache()
    for digest, user_id in ((b"ann1", ANN), (b"ann2", ANN), (b"bob1", BOB)):
        cache.put(digest, entry(user_id, digest.decode()), cache.generation)
    return cache


def known(cache: CallerCache) -> set[bytes]:
    return {digest for digest in (b"ann1", b"ann2", b"bob1") if cache.get(digest) is not None}


@pytest.mark.parametrize(
    ("stream_id", "name", "left"),
    [
        (api_key_stream_id("ann1"), "ApiKeyDeleted", {b"ann2", b"bob1"}),
        (api_key_stream_id("bob1"), "ApiKeyExpirySet", {b"ann1", b"ann2"}),
        (ANN, "UserSiteRolesSet", {b"bob1"}),
        (ANN, "UserPasswordChanged", {b"bob1"}),
        (BOB, "UserDeleted", {b"ann1", b"ann2"}),
        (BOB, "UserSeen", {b"ann1", b"ann2", b"bob1"}),
        (ORGANIZATION, "CustomRoleUpdated", set()),
        (OTHER, "CustomRoleUpdated", {b"ann1", b"ann2", b"bob1"}),
        (GROUP, "GroupDeleted", {b"bob1"}),
        (ANN, "WorkspaceRenamed", {b"ann1", b"ann2", b"bob1"}),
    ],
)
async def test_an_event_concerns(connection: AsyncConnection[Any], stream_id: str, name: str, left: set[bytes]) -> None:
    cache = filled()
    await cache.follow(connection, 0, 1, [Change(1, stream_id, 1, name)])
    assert known(cache) == left


@pytest.mark.parametrize(
    "event",
    [MemberAdded(BOB, []), GroupMembersChanged(ORGANIZATION, [BOB], []), GroupMembersChanged(ORGANIZATION, [], [BOB])],
)
async def test_who_joins_or_leaves_is_read_from_the_event(connection: AsyncConnection[Any], event: Event) -> None:
    stream = Stream(event.CATEGORY, OTHER)
    recorded = Recorded(event, stream, 1, str(uuid.uuid4()), NOW, Metadata(Actor("system"), str(uuid.uuid4())))
    cursor = await connection.execute(
        "INSERT INTO ledger_events (originator_id, originator_version, topic, state) VALUES (%s, 1, %s, %s) RETURNING notification_id",
        (OTHER, topic_of(type(event)), EventMapper(KeyRing()).encode(recorded)),
    )
    row = await cursor.fetchone()
    assert row is not None
    cache = filled()
    await cache.follow(connection, 0, row[0], [Change(row[0], OTHER, 1, event.NAME)])
    assert known(cache) == {b"ann1", b"ann2"}


async def test_what_was_read_before_a_change_is_not_kept_after_it(connection: AsyncConnection[Any]) -> None:
    cache = CallerCache()
    generation = cache.generation
    await cache.follow(connection, 0, 1, [Change(1, ANN, 1, "UserSiteRolesSet")])
    cache.put(b"ann1", entry(ANN, "ann1"), generation)
    assert known(cache) == set()


async def test_a_reset_forgets_everybody(connection: AsyncConnection[Any]) -> None:
    cache = filled()
    await cache.reset(connection, 9)
    assert known(cache) == set()


def test_the_oldest_leaves_a_full_cache() -> None:
    cache = CallerCache(capacity=2)
    for digest in (b"ann1", b"ann2", b"bob1"):
        cache.put(digest, entry(ANN, digest.decode()), cache.generation)
    assert known(cache) == {b"ann2", b"bob1"}
