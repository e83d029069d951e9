"""Who is where, and how many of which kind: kept, and never another answer than counting would give."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.groups.events import GroupCreated, GroupDeleted, GroupMembersChanged
from domain.kernel.events import Event
from domain.kernel.ids import NIL
from domain.organizations.events import MemberAdded, MemberRemoved, OrganizationCreated, OrganizationDeleted
from domain.users.events import UserCreated, UserDeleted, UserErased, UserProfileChanged, UserSiteRolesSet, UserStatusSet
from projections.available_users.fold import MODEL as AVAILABLE_USERS
from projections.groups.fold import MODEL as GROUPS
from projections.organizations.fold import MODEL as ORGANIZATIONS
from projections.users.fold import MODEL as USERS
from tests.projections.organizations.test_organizations import history
from tests.support.projecting import Projecting, open_projecting

ORGANIZATIONS_OF_ALL = [f"0c0c0000-0000-4000-8000-00000000000{n}" for n in range(3)]
GROUPS_OF_ALL = {f"44440000-0000-4000-8000-00000000000{n}": ORGANIZATIONS_OF_ALL[n % 3] for n in range(5)}
PEOPLE = [f"aaaa0000-0000-4000-8000-00000000000{n}" for n in range(10)]


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    opened = await open_projecting(database_url, (USERS, ORGANIZATIONS, GROUPS, AVAILABLE_USERS))
    yield opened
    await opened.connection.close()


def lives(seed: int, length: int = 90) -> list[tuple[str, Event]]:
    """What people might do, and what might be done to them; also what no command would (leaving where one never was)."""
    choose = random.Random(seed)
    happened: list[tuple[str, Event]] = [(id, OrganizationCreated(f"org-{id[-1]}", "", "", "")) for id in ORGANIZATIONS_OF_ALL]
    happened += [(id, GroupCreated(organization_id, f"group-{id[-1]}", "", "", 0)) for id, organization_id in GROUPS_OF_ALL.items()]
    for number, person in enumerate(PEOPLE):
        login = choose.choice(["password", "none"])
        created = UserCreated(
            f"P-{number}", f"p{number}@example.com", "", login, "active", is_service_account=login == "none", is_system=number == 0
        )
        happened.append((person, created))
    for step in range(length):
        person, organization, group = choose.choice(PEOPLE), choose.choice(ORGANIZATIONS_OF_ALL), choose.choice(list(GROUPS_OF_ALL))
        crowd = choose.sample(PEOPLE, 3)
        deed: tuple[str, Event] = choose.choice(
            [
                (organization, MemberAdded(person, [])),
                (organization, MemberAdded(person, [])),
                (organization, MemberRemoved(person)),
                (group, GroupMembersChanged(GROUPS_OF_ALL[group], crowd[:2], crowd[2:])),
                (group, GroupMembersChanged(GROUPS_OF_ALL[group], crowd[:2], crowd[2:])),
                (person, UserProfileChanged(f"renamed-{step}", "")),
                (person, UserStatusSet(choose.choice(["active", "suspended"]))),
                (person, UserSiteRolesSet(choose.choice([[], ["auditor"], ["owner", "auditor"]]))),
            ]
        )
        happened.append(deed)
    happened += [(PEOPLE[3], UserDeleted()), (PEOPLE[4], UserDeleted()), (PEOPLE[4], UserErased())]
    happened += [(next(iter(GROUPS_OF_ALL)), GroupDeleted(ORGANIZATIONS_OF_ALL[0])), (ORGANIZATIONS_OF_ALL[1], OrganizationDeleted())]
    return happened


def kind(person: dict[str, Any]) -> tuple[Any, ...]:
    return person["status"], person["login_type"], person["is_service_account"], tuple(person["roles"])


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_kept_is_what_counting_gives(projecting: Projecting, seed: int) -> None:
    await projecting.fold(history(*lives(seed)), batch=11)
    living = {row["id"]: row for row in await projecting.rows("users") if not row["deleted"] and not row["is_system"]}
    members = {(row["organization_id"], row["user_id"], row["organization_id"]) for row in await projecting.rows("members")}
    members |= {(row["group_id"], row["user_id"], row["organization_id"]) for row in await projecting.rows("group_members")}
    there = {entry for entry in members if entry[1] in living}
    assert there, "nobody is anywhere"

    rosters = await projecting.rows("rosters")
    assert {(row["place"], row["person_id"], row["organization_id"]) for row in rosters} == there
    assert len(rosters) == len(there)
    assert all(row["username_key"] == living[row["person_id"]]["username"].lower() for row in rosters)

    counted = Counter((NIL, *kind(person)) for person in living.values())
    counted.update((place, *kind(living[person])) for place, person, _ in there)
    kept = {(row["place"], *kind(row)): row["people"] for row in await projecting.rows("roster_counts")}
    assert kept == dict(counted)


@pytest.mark.parametrize("seed", range(6, 9))
async def test_batches_make_no_difference(projecting: Projecting, seed: int) -> None:
    await projecting.same_for_every_batch_size(history(*lives(seed)))
