"""The past of rows: what held at each position is what the live tables showed then, however the log was cut into batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.kernel.events import Event, Recorded
from domain.organizations.events import MemberAdded, MemberRemoved, OrganizationCreated, OrganizationDeleted, OrganizationUpdated
from domain.users.events import UserCreated, UserDeleted, UserErased, UserProfileChanged, UserSeen, UserSiteRolesSet
from projections.engine.versions import looking_back
from projections.organizations.fold import MODEL as ORGANIZATIONS
from projections.users.fold import MODEL as USERS
from tests.projections.workspaces.histories import history, uid
from tests.support.projecting import Projecting, open_projecting

ANN, BOB, ACME, OTHER = (uid(name) for name in ("ann", "bob", "acme", "other"))
Entry = tuple[str, Event]


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    """People and organizations: rows that are put, edited, deleted, and deleted by the thousand."""
    opened = await open_projecting(database_url, (USERS, ORGANIZATIONS))
    yield opened
    await opened.connection.close()


def created(name: str) -> UserCreated:
    return UserCreated(name, f"{name}@example.com", f"Real {name}", "password", "active")


def organization(name: str) -> OrganizationCreated:
    return OrganizationCreated(name, name.title(), "", "")


_PEOPLE = st.sampled_from([ANN, BOB])
_PLACES = st.sampled_from([ACME, OTHER])
_NAMES = st.sampled_from(["x", "y", "z"])
_ENTRIES: st.SearchStrategy[Entry] = st.one_of(
    st.builds(lambda id, name: (id, created(name)), _PEOPLE, _NAMES),
    st.builds(lambda id, name: (id, UserProfileChanged(name, "")), _PEOPLE, _NAMES),
    st.builds(lambda id: (id, UserSeen()), _PEOPLE),
    st.builds(lambda id: (id, UserSiteRolesSet(["auditor"])), _PEOPLE),
    st.builds(lambda id: (id, UserDeleted()), _PEOPLE),
    st.builds(lambda id, name: (id, organization(name)), _PLACES, _NAMES),
    st.builds(lambda id, name: (id, OrganizationUpdated(name, name, "", "", [])), _PLACES, _NAMES),
    st.builds(lambda id: (id, OrganizationDeleted()), _PLACES),
    st.builds(lambda id, person: (id, MemberAdded(person, [])), _PLACES, _PEOPLE),
    st.builds(lambda id, person: (id, MemberRemoved(person)), _PLACES, _PEOPLE),
)

_SHOWN = {
    "users": "SELECT id, username, email, status, deleted, roles::text FROM users ORDER BY id",
    "organizations": "SELECT id, name, display_name, deleted FROM organizations ORDER BY id",
    "members": "SELECT organization_id, user_id FROM members ORDER BY organization_id, user_id",
}


async def shown(projecting: Projecting) -> dict[str, list[Any]]:
    return {name: await (await projecting.connection.execute(query)).fetchall() for name, query in _SHOWN.items()}


async def shown_at(projecting: Projecting, schema: str, position: int) -> dict[str, list[Any]]:
    async with looking_back(projecting.connection, position):
        return await shown(projecting)


@given(entries=st.lists(_ENTRIES, min_size=1, max_size=14), batch=st.sampled_from([1, 3, 100]))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_past_is_what_was_live_then(projecting: Projecting, entries: Sequence[Entry], batch: int) -> None:
    events: list[Recorded] = history(*entries)
    live = {}
    for end in range(1, len(events) + 1):
        await projecting.fold(events[:end])
        live[events[end - 1].position] = await shown(projecting)
    schema = await projecting.fold(events, batch=batch)
    for position, then in live.items():
        assert await shown_at(projecting, schema, position) == then
        assert await shown_at(projecting, schema, position + 1) == then, "a position in a gap is the last event before it"
    assert not any((await shown_at(projecting, schema, 0)).values())


async def test_an_erased_person_has_no_name_in_any_past(projecting: Projecting) -> None:
    events = history((ANN, created("ann")), (ANN, UserProfileChanged("anna", "Anna")), (ANN, UserDeleted()), (ANN, UserErased()))
    schema = await projecting.fold(events)
    for event in events:
        assert [row[1:3] for row in (await shown_at(projecting, schema, event.position))["users"]] == [("", "")]
    unnamed = history(
        (ANN, UserCreated("", "", "", "password", "active")), (ANN, UserProfileChanged("", "")), (ANN, UserDeleted()), (ANN, UserErased())
    )
    before = await projecting.tables(schema)
    assert (await projecting.tables(await projecting.fold(unnamed)))["users_versions"] == before["users_versions"], (
        "a rebuild sees no names"
    )


async def test_being_seen_makes_no_version(projecting: Projecting) -> None:
    await projecting.fold(history((ANN, created("ann")), (ANN, UserSeen()), (ANN, UserSeen())))
    assert len(await projecting.rows("users_versions")) == 1


async def test_batches_make_no_difference(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(
        history(
            (ANN, created("ann")),
            (ACME, organization("acme")),
            (ACME, MemberAdded(ANN, [])),
            (ACME, MemberAdded(ANN, [])),
            (ANN, UserProfileChanged("anna", "")),
            (ACME, MemberRemoved(ANN)),
            (ACME, MemberRemoved(ANN)),
            (ACME, MemberAdded(ANN, [])),
            (ACME, OrganizationDeleted()),
            (ANN, UserDeleted()),
            (ANN, UserErased()),
        )
    )
