"""People as rows and documents, whatever the batches."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.kernel.predicate import ALWAYS, In
from domain.organizations.events import MemberAdded, OrganizationCreated
from domain.users.events import (
    UserCreated,
    UserDeleted,
    UserErased,
    UserProfileChanged,
    UserSeen,
    UserSettingsChanged,
    UserSiteRolesSet,
    UserSSHKeyGenerated,
    UserStatusSet,
)
from projections.available_users.fold import MODEL as AVAILABLE_USERS
from projections.available_users.pages import Selection
from projections.organizations.fold import MODEL as ORGANIZATIONS
from projections.users.fold import MODEL as USERS
from projections.users.queries import (
    list_users,
    organization_roles,
    settings_of,
    ssh_key_of,
    user_by_email,
    user_by_id,
    user_by_name,
)
from projections.users.render import unreadable_user, user_document
from projections.users.search import parse_user_search
from tests.support.projecting import Projecting, open_projecting

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ORGANIZATION = "0c0c0000-0000-4000-8000-000000000001"
ANN, BOB, CID = (f"{letter * 8}-0000-4000-8000-000000000001" for letter in "abc")


def history(*events: tuple[str, Event]) -> list[Recorded]:
    """One event a minute, each on the stream of its category with that id."""
    versions: dict[str, int] = {}
    recorded = []
    for position, (id, event) in enumerate(events, 1):
        versions[id] = versions.get(id, 0) + 1
        metadata = Metadata(Actor("system"), str(uuid.UUID(int=1)))
        time = START + timedelta(minutes=position)
        recorded.append(Recorded(event, Stream(event.CATEGORY, id), versions[id], str(uuid.UUID(int=position)), time, metadata, position))
    return recorded


def created(name: str, status: str = "active", **changes: bool) -> UserCreated:
    return UserCreated(name, f"{name.lower()}@example.com", f"Real {name}", "password", status, **changes)


HISTORY = history(
    (ORGANIZATION, OrganizationCreated("coder", "Coder", "", "", is_default=True)),
    (ANN, created("ann")),
    (BOB, created("Bob", "dormant")),
    (CID, created("cid")),
    (ORGANIZATION, MemberAdded(ANN, ["organization-admin"])),
    (ANN, UserSiteRolesSet(["owner"])),
    (ANN, UserSeen()),
    (ANN, UserSSHKeyGenerated("ssh-ed25519 AAAA\n")),
    (ANN, UserSettingsChanged("appearance", {"theme_preference": "dark"})),
    (BOB, UserProfileChanged("Bobby", "Robert")),
    (BOB, UserStatusSet("suspended")),
    ("d" * 8 + "-0000-4000-8000-000000000001", created("robot", is_system=True)),
    (CID, UserDeleted()),
)


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    """Both models that the queries read, over an empty database."""
    opened = await open_projecting(database_url, (USERS, AVAILABLE_USERS, ORGANIZATIONS))
    yield opened
    await opened.connection.close()


async def test_tables_do_not_depend_on_batches(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(history(*[(r.stream.id, r.event) for r in HISTORY], (CID, UserErased())))


async def test_the_document_shows_a_person(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    user = await user_by_id(projecting.connection, ANN)
    assert user is not None
    assert user_document(user) == {
        "id": ANN,
        "username": "ann",
        "name": "Real ann",
        "email": "ann@example.com",
        "created_at": "2026-03-02T12:02:00Z",
        "updated_at": "2026-03-02T12:06:00Z",
        "last_seen_at": "2026-03-02T12:07:00Z",
        "status": "active",
        "login_type": "password",
        "organization_ids": [ORGANIZATION],
        "roles": [{"name": "owner", "display_name": "Owner"}],
        "has_ai_seat": False,
    }


async def test_whom_one_may_not_read_is_hardly_shown(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    user = await user_by_id(projecting.connection, ANN)
    assert user is not None
    shown = unreadable_user(user)
    assert shown["username"] == "ann"
    assert (shown["email"], shown["roles"], shown["organization_ids"]) == ("", [], [])


async def test_people_are_found_by_name_and_address_in_any_case_while_they_live(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    connection = projecting.connection
    for found in (await user_by_name(connection, "BOBBY"), await user_by_email(connection, "BOB@EXAMPLE.COM")):
        assert found is not None
        assert (found.id, found.status, found.name) == (BOB, "suspended", "Robert")
    assert await user_by_name(connection, "cid") is None
    deleted = await user_by_id(connection, CID)
    assert deleted is not None
    assert deleted.username == "cid"


async def test_what_is_a_persons_own(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    connection = projecting.connection
    assert await organization_roles(connection, ANN) == {ORGANIZATION: ["organization-admin"]}
    assert await settings_of(connection, ANN, "appearance") == {"theme_preference": "dark"}
    assert await settings_of(connection, BOB, "appearance") == {}
    key = await ssh_key_of(connection, ANN)
    assert key is not None
    assert key[2] == "ssh-ed25519 AAAA\n"
    assert await ssh_key_of(connection, BOB) is None


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", "ab"),
        ("EXAMPLE", "ab"),
        ("bobb", "b"),
        ('"ann"', ""),
        ('search:"ann"', "a"),
        ("_nn", "a"),
        ("back\\slash", ""),
        ("name:robert", "b"),
        ("status:active,suspended", "ab"),
        ("role:owner", "a"),
        ("role:member", "ab"),
        ("role:owner,member", "a"),
        ("service_account:true", ""),
        ("login_type:none", ""),
        ("github_com_user_id:7", ""),
        ("github_com_user_id:0", "ab"),
        ('created_after:"2026-03-02T12:03:00Z"', "b"),
        ('created_before:"2026-03-02T12:02:00Z"', "a"),
        ('last_seen_before:"2020-01-01T00:00:00Z"', "b"),
        ('last_seen_after:"2020-01-01T00:00:00Z"', "a"),
    ],
)
async def test_searches(projecting: Projecting, q: str, found: str) -> None:
    await projecting.fold(HISTORY)
    rows, count = await list_users(projecting.connection, Selection(parse_user_search(q)), ALWAYS)
    assert "".join(row.id[0] for row in rows) == found
    assert count == len(found)


async def test_pages_count_what_follows_the_cursor(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)

    async def page(**paging: Any) -> tuple[list[str], int]:
        rows, count = await list_users(projecting.connection, Selection(parse_user_search(""), **paging), ALWAYS)
        return [row.id for row in rows], count

    assert await page(limit=1) == ([ANN], 2)
    assert await page(after_id=ANN) == ([BOB], 1)
    assert await page(offset=2) == ([], 0)
    assert await page(after_id="eeeeeeee-0000-4000-8000-000000000001") == ([], 0)


async def test_who_is_gone_is_still_a_place_to_go_on_from_but_who_is_erased_is_none(projecting: Projecting) -> None:
    async def after(person: str) -> list[str]:
        rows, _ = await list_users(projecting.connection, Selection(parse_user_search(""), after_id=person), ALWAYS)
        return [row.id for row in rows]

    gone = [(recorded.stream.id, recorded.event) for recorded in HISTORY] + [(ANN, UserDeleted())]
    await projecting.fold(history(*gone))
    assert await after(ANN) == [BOB]
    await projecting.fold(history(*gone, (ANN, UserErased())))
    assert await after(ANN) == []


async def test_rows_that_may_not_be_read_are_not_counted(projecting: Projecting) -> None:
    await projecting.fold(HISTORY)
    rows, count = await list_users(projecting.connection, Selection(parse_user_search("")), In("id", frozenset({BOB})))
    assert ([row.id for row in rows], count) == ([BOB], 1)


async def test_nothing_of_an_erased_person_is_left(projecting: Projecting) -> None:
    erased = history(*[(r.stream.id, r.event) for r in HISTORY], (BOB, UserDeleted()), (BOB, UserErased()))
    name = await projecting.fold(erased)
    everything = str(await projecting.tables(name))
    assert "Bob" not in everything
    assert "bob@" not in everything
    assert "Robert" not in everything
