"""Keys as rows: a changed password and a deletion end those that came before, and only those."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.api_keys.events import ApiKeyCreated, ApiKeyDeleted, ApiKeyExpirySet, ApiKeyUsed
from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.kernel.ids import api_key_stream_id
from domain.users.events import UserCreated, UserDeleted, UserPasswordChanged
from projections.api_keys.fold import MODEL as API_KEYS
from projections.api_keys.queries import application_keys, key_by_id, token_by_name, tokens
from projections.api_keys.render import api_key_document, owned_api_key_document
from projections.users.fold import MODEL as USERS
from tests.support.projecting import Projecting, open_projecting

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
END = START + timedelta(days=1)
ANN, BOB = (f"{letter * 8}-0000-4000-8000-000000000001" for letter in "ab")


def key(id: str, user: str, *, login_type: str = "token", name: str = "", scope: str = "coder:all") -> tuple[str, Event]:
    return api_key_stream_id(id), ApiKeyCreated(id, user, login_type, [scope], ["*:*"], name, 86400, END)


def history(*events: tuple[str, Event]) -> list[Recorded]:
    versions: dict[str, int] = {}
    recorded = []
    for position, (id, event) in enumerate(events, 1):
        versions[id] = versions.get(id, 0) + 1
        metadata = Metadata(Actor("system"), str(uuid.UUID(int=1)), ip=f"192.0.2.{position}")
        time = START + timedelta(minutes=position)
        recorded.append(Recorded(event, Stream(event.CATEGORY, id), versions[id], str(uuid.UUID(int=position)), time, metadata, position))
    return recorded


HISTORY = history(
    (ANN, UserCreated("ann", "ann@example.com", "", "password", "active")),
    (BOB, UserCreated("bob", "bob@example.com", "", "password", "active")),
    key("ann1", ANN, name="one"),
    key("ann2", ANN, login_type="password"),
    key("bob1", BOB, name="one"),
    (api_key_stream_id("bob1"), ApiKeyUsed("bob1", BOB, END)),
    (ANN, UserPasswordChanged()),
    key("ann3", ANN, name="one", scope="coder:application_connect"),
    (api_key_stream_id("ann3"), ApiKeyExpirySet("ann3", ANN, START)),
    key("bob2", BOB, name="two"),
    (api_key_stream_id("bob2"), ApiKeyDeleted("bob2", BOB)),
)


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    opened = await open_projecting(database_url, (USERS, API_KEYS))
    yield opened
    await opened.connection.close()


async def test_tables_do_not_depend_on_batches(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(HISTORY, (1, 2, 3, 7, 1000))


async def test_a_changed_password_ends_the_keys_before_it(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    assert sorted(row["id"] for row in await projecting.rows("api_keys")) == ["ann3", "bob1"]


async def test_the_end_of_a_person_ends_all_their_keys(projecting: Projecting) -> None:
    await projecting.fold(history(*[(r.stream.id, r.event) for r in HISTORY], (BOB, UserDeleted())), batch=5)
    assert [row["id"] for row in await projecting.rows("api_keys")] == ["ann3"]


async def test_the_documents(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    row = await key_by_id(projecting.connection, "bob1")
    assert row is not None
    assert api_key_document(row) == {
        "id": "bob1",
        "user_id": BOB,
        "last_used": "2026-03-02T12:06:00Z",
        "expires_at": "2026-03-03T12:00:00Z",
        "created_at": "2026-03-02T12:05:00Z",
        "updated_at": "2026-03-02T12:06:00Z",
        "login_type": "token",
        "scope": "all",
        "scopes": ["coder:all"],
        "token_name": "one",
        "lifetime_seconds": 86400,
        "allow_list": ["*:*"],
    }
    assert owned_api_key_document(row, shows_owner=True)["username"] == "bob"
    assert owned_api_key_document(row, shows_owner=False)["username"] == ""


async def test_tokens_are_found_by_name_and_while_they_live(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    connection = projecting.connection
    named = await token_by_name(connection, ANN, "one")
    assert named is not None
    assert named.id == "ann3"
    assert await token_by_name(connection, ANN, "ONE") is None
    assert {k.id for k in await tokens(connection, None, alive_at=None)} == {"ann3", "bob1"}
    assert {k.id for k in await tokens(connection, None, alive_at=START + timedelta(hours=1))} == {"bob1"}
    assert [k.id for k in await tokens(connection, ANN, alive_at=None)] == ["ann3"]
    assert list(await application_keys(connection, ANN)) == ["ann3"]
