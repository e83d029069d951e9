"""Groups, Everyone included, as rows and documents, whatever the batches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.groups.events import GroupCreated, GroupDeleted, GroupMembersChanged, GroupUpdated
from domain.kernel.predicate import ALWAYS, In, Predicate
from domain.organizations.events import EveryoneGroupUpdated, MemberAdded, MemberRemoved, OrganizationCreated, OrganizationDeleted
from domain.users.events import UserDeleted
from projections.available_users.fold import MODEL as AVAILABLE_USERS
from projections.available_users.pages import Selection
from projections.groups.fold import MODEL as GROUPS
from projections.groups.queries import (
    group_by_id,
    group_by_name,
    page_of_group_members,
    readable_groups,
    rosters,
)
from projections.groups.render import group_document
from projections.organizations.fold import MODEL as ORGANIZATIONS
from projections.users.fold import MODEL as USERS
from projections.users.search import parse_user_search
from tests.projections.organizations.test_organizations import ACME, ANN, APEX, BOB, CID, history, person
from tests.support.projecting import Projecting, open_projecting

DEVS, OPS, GONE = (f"44440000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
HISTORY = history(
    (ACME, OrganizationCreated("acme", "Acme", "", "", is_default=True)),
    (APEX, OrganizationCreated("apex", "Apex", "", "")),
    (ANN, person("ann")),
    (BOB, person("bob")),
    (CID, person("cid")),
    *((ACME, MemberAdded(user_id, [])) for user_id in (ANN, BOB, CID)),
    (APEX, MemberAdded(BOB, [])),
    (DEVS, GroupCreated(ACME, "devs", "Devs", "", 2)),
    (OPS, GroupCreated(APEX, "ops", "", "", 1)),
    (GONE, GroupCreated(ACME, "gone", "", "", 50)),
    (DEVS, GroupMembersChanged(ACME, [ANN, BOB, CID], [])),
    (OPS, GroupMembersChanged(APEX, [BOB], [])),
    (GONE, GroupMembersChanged(ACME, [ANN], [])),
    (DEVS, GroupUpdated(ACME, "Devs", "Developers", "/d.png", 3)),
    (ACME, EveryoneGroupUpdated("/e.png", 10)),
    (GONE, GroupDeleted(ACME)),
    (ACME, MemberRemoved(BOB)),
    (ACME, MemberAdded(BOB, [])),
    (CID, UserDeleted()),
)


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    opened = await open_projecting(database_url, (USERS, AVAILABLE_USERS, ORGANIZATIONS, GROUPS))
    yield opened
    await opened.connection.close()


@pytest.fixture
async def folded(projecting: Projecting) -> Projecting:
    await projecting.fold(HISTORY)
    return projecting


async def test_batches_make_no_difference(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(HISTORY)


async def test_a_group_as_a_document(folded: Projecting) -> None:
    group = await group_by_id(folded.connection, DEVS)
    assert group is not None
    people = await rosters(folded.connection, [DEVS], ALWAYS)
    document = group_document(group, people[DEVS])
    assert [member["username"] for member in document["members"]] == ["ann"]
    assert document == {
        "id": DEVS,
        "name": "Devs",
        "display_name": "Developers",
        "organization_id": ACME,
        "members": document["members"],
        "total_member_count": 1,
        "avatar_url": "/d.png",
        "quota_allowance": 3,
        "source": "user",
        "organization_name": "acme",
        "organization_display_name": "Acme",
    }


async def test_who_left_the_organization_left_the_group_and_does_not_come_back_by_returning(folded: Projecting) -> None:
    rows = await folded.rows("group_members")
    assert {(row["group_id"], row["user_id"], row["organization_id"]) for row in rows} == {(DEVS, ANN, ACME), (OPS, BOB, APEX)}


async def test_everyone_is_the_organization(folded: Projecting) -> None:
    group = await group_by_id(folded.connection, ACME)
    assert group is not None
    assert (group.name, group.is_everyone, group.avatar_url, group.quota_allowance) == ("Everyone", True, "/e.png", 10)
    assert group.total_member_count == 2
    assert [user.username for user in (await rosters(folded.connection, [ACME], ALWAYS))[ACME]] == ["ann", "bob"]


async def test_names_are_exact(folded: Projecting) -> None:
    assert await group_by_name(folded.connection, ACME, "devs") is None
    assert await group_by_name(folded.connection, ACME, "Dev\0s") is None
    for name, id in (("Devs", DEVS), ("Everyone", ACME)):
        found = await group_by_name(folded.connection, ACME, name)
        assert found is not None
        assert found.id == id


async def test_lists_narrow(folded: Projecting) -> None:
    async def ids(**asked: object) -> list[str]:
        return [row.id for row in await readable_groups(folded.connection, ALWAYS, **asked)]  # type: ignore[arg-type]

    assert await ids() == [DEVS, ACME, APEX, OPS]
    assert await ids(organization_id=APEX) == [APEX, OPS]
    assert await ids(member_id=BOB) == [ACME, APEX, OPS]
    assert await ids(ids=[DEVS, GONE]) == [DEVS]
    own = await readable_groups(folded.connection, In("id", frozenset({OPS})))
    assert [row.id for row in own] == [OPS]


async def test_rosters_show_whom_one_may_see(folded: Projecting) -> None:
    seen = await rosters(folded.connection, [ACME, OPS], In("user_id", frozenset({BOB})))
    assert {id: [user.username for user in people] for id, people in seen.items()} == {ACME: ["bob"], OPS: ["bob"]}


async def test_pages_of_people(folded: Projecting) -> None:
    async def page(group_id: str, query: str = "", readable: Predicate = ALWAYS, **paging: Any) -> tuple[list[str], int]:
        group = await group_by_id(folded.connection, group_id)
        assert group is not None
        rows, count = await page_of_group_members(folded.connection, group, Selection(parse_user_search(query), **paging), readable)
        return [row.username for row in rows], count

    assert await page(ACME, limit=1) == (["ann"], 2)
    assert await page(ACME, "bob", after_id=ANN) == (["bob"], 1)
    assert await page(ACME, after_id=ANN) == (["bob"], 1)
    assert await page(DEVS, "bob") == ([], 0)
    assert await page(ACME, readable=In("user_id", frozenset({BOB}))) == (["bob"], 1)
    assert await page(OPS, readable=In("organization_id", frozenset({APEX}))) == (["bob"], 1)
    assert await page(OPS, readable=In("organization_id", frozenset({ACME}))) == ([], 0)


async def test_no_group_outlives_its_organization(projecting: Projecting) -> None:
    end = history(*((recorded.stream.id, recorded.event) for recorded in HISTORY), (APEX, OrganizationDeleted()))
    await projecting.fold(end)
    assert [row["id"] for row in await projecting.rows("groups")] == [DEVS]
    assert await group_by_id(projecting.connection, APEX) is None
