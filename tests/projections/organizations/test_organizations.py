"""Organizations, members and custom roles as rows and documents, whatever the batches."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.kernel.events import Actor, Event, Metadata, Recorded, Stream
from domain.kernel.ids import NIL, PREBUILDS_USER
from domain.kernel.predicate import ALWAYS, In
from domain.organizations.events import (
    CustomRoleCreated,
    CustomRoleDeleted,
    CustomRoleUpdated,
    EveryoneGroupUpdated,
    MemberAdded,
    MemberRemoved,
    MemberRolesSet,
    OrganizationCreated,
    OrganizationDeleted,
    OrganizationUpdated,
    WorkspaceSharingSet,
)
from domain.users.events import UserCreated, UserDeleted, UserSiteRolesSet
from projections.available_users.fold import MODEL as AVAILABLE_USERS
from projections.available_users.pages import Selection
from projections.organizations.fold import MODEL as ORGANIZATIONS
from projections.organizations.members import (
    member_by_handle,
    page_of_members,
    parse_member_search,
    readable_members,
)
from projections.organizations.queries import (
    custom_roles,
    organization_by_handle,
    organization_by_name,
    organizations_of,
    readable_organizations,
)
from projections.organizations.render import (
    member_document,
    member_with_user_document,
    organization_document,
    sharing_document,
)
from projections.users.fold import MODEL as USERS
from projections.users.search import parse_user_search
from tests.support.projecting import Projecting, open_projecting

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ACME, APEX, GONE = (f"0c0c0000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
ANN, BOB, CID = (f"{letter * 8}-0000-4000-8000-000000000001" for letter in "abc")
CREATE = {"negate": False, "resource_type": "workspace", "action": "create"}


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


def person(name: str, *, is_system: bool = False) -> UserCreated:
    return UserCreated(name, f"{name.lower()}@example.com", f"Real {name}", "password", "active", is_system=is_system)


HISTORY = history(
    (ACME, OrganizationCreated("acme", "Acme", "", "", is_default=True)),
    (ANN, person("Ann")),
    (BOB, person("bob")),
    (CID, person("cid")),
    (PREBUILDS_USER, person("prebuilds", is_system=True)),
    (ACME, MemberAdded(PREBUILDS_USER, [])),
    (ACME, MemberAdded(ANN, [])),
    (ACME, MemberAdded(BOB, [])),
    (ACME, MemberAdded(CID, [])),
    (APEX, OrganizationCreated("apex", "Apex", "", "")),
    (APEX, MemberAdded(BOB, [])),
    (GONE, OrganizationCreated("gone", "Gone", "", "")),
    (GONE, MemberAdded(BOB, [])),
    (ANN, UserSiteRolesSet(["auditor"])),
    (ACME, CustomRoleCreated("helper", "Helper", [CREATE])),
    (ACME, CustomRoleCreated("doomed", "Doomed", [])),
    (ACME, MemberRolesSet(ANN, ["helper", "doomed", "organization-auditor"])),
    (ACME, MemberRolesSet(BOB, ["doomed"])),
    (ACME, CustomRoleUpdated("helper", "The Helper", [CREATE, CREATE])),
    (ACME, CustomRoleDeleted("doomed")),
    (ACME, OrganizationUpdated("Acme-Corp", "Acme Corp", "Makes things", "/i.svg", ["organization-workspace-access"])),
    (ACME, WorkspaceSharingSet("none")),
    (ACME, EveryoneGroupUpdated("/e.png", 4)),
    (GONE, OrganizationDeleted()),
    (ACME, MemberRemoved(CID)),
    (CID, UserDeleted()),
)


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    opened = await open_projecting(database_url, (USERS, AVAILABLE_USERS, ORGANIZATIONS))
    yield opened
    await opened.connection.close()


@pytest.fixture
async def folded(projecting: Projecting) -> Projecting:
    await projecting.fold(HISTORY)
    return projecting


def shown(role: str) -> str:
    return role.title()


async def test_batches_make_no_difference(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(HISTORY)


@pytest.mark.parametrize("handle", ["default", NIL, ACME, ACME.upper(), "acme-corp", "ACME-CORP"])
async def test_an_organization_by_any_handle(folded: Projecting, handle: str) -> None:
    found = await organization_by_handle(folded.connection, handle)
    assert found is not None
    assert found.id == ACME


@pytest.mark.parametrize("handle", ["acme", "Default", "gone", GONE, "not a name", "a\0b", "", CID])
async def test_handles_of_nothing(folded: Projecting, handle: str) -> None:
    assert await organization_by_handle(folded.connection, handle) is None


async def test_an_organization_as_a_document(folded: Projecting) -> None:
    found = await organization_by_name(folded.connection, "acme-corp")
    assert found is not None
    assert organization_document(found) == {
        "id": ACME,
        "name": "Acme-Corp",
        "display_name": "Acme Corp",
        "icon": "/i.svg",
        "description": "Makes things",
        "created_at": "2026-03-02T12:01:00Z",
        "updated_at": "2026-03-02T12:22:00Z",
        "is_default": True,
        "default_org_member_roles": ["organization-workspace-access"],
    }
    assert sharing_document(found) == {
        "sharing_globally_disabled": False,
        "sharing_disabled": True,
        "shareable_workspace_owners": "none",
    }
    assert (found.everyone_avatar_url, found.everyone_quota_allowance) == ("/e.png", 4)


async def test_lists_hold_what_may_be_read(folded: Projecting) -> None:
    everything = await readable_organizations(folded.connection, ALWAYS)
    assert [row.id for row in everything] == [ACME, APEX]
    assert [row.id for row in await organizations_of(folded.connection, BOB, ALWAYS)] == [ACME, APEX]
    assert [row.id for row in await organizations_of(folded.connection, BOB, In("id", frozenset({APEX})))] == [APEX]
    assert await organizations_of(folded.connection, CID, ALWAYS) == []


async def test_a_deleted_role_is_gone_from_members_too(folded: Projecting) -> None:
    assert [(row.name, row.display_name, len(row.permissions)) for row in await custom_roles(folded.connection, ACME)] == [
        ("helper", "The Helper", 2)
    ]
    ann = await member_by_handle(folded.connection, ACME, "ANN")
    assert ann is not None
    assert list(ann.roles) == ["helper", "organization-auditor"]


async def test_a_member_as_a_document(folded: Projecting) -> None:
    ann = await member_by_handle(folded.connection, ACME, ANN)
    assert ann is not None
    plain = {
        "user_id": ANN,
        "organization_id": ACME,
        "created_at": "2026-03-02T12:07:00Z",
        "updated_at": "2026-03-02T12:20:00Z",
        "roles": [
            {"name": "helper", "display_name": "The Helper", "organization_id": ACME},
            {"name": "organization-auditor", "display_name": "Organization-Auditor", "organization_id": ACME},
        ],
    }
    assert member_document(ann, shown) == plain
    assert member_with_user_document(ann, shown) == {
        **plain,
        "username": "Ann",
        "name": "Real Ann",
        "email": "ann@example.com",
        "status": "active",
        "login_type": "password",
        "last_seen_at": "0001-01-01T00:00:00Z",
        "user_created_at": "2026-03-02T12:02:00Z",
        "user_updated_at": "2026-03-02T12:14:00Z",
        "global_roles": [{"name": "auditor", "display_name": "Auditor"}],
        "has_ai_seat": False,
    }


@pytest.mark.parametrize("handle", [CID, "cid", PREBUILDS_USER, "prebuilds", "nobody", "x\0", "two words"])
async def test_who_is_no_member(folded: Projecting, handle: str) -> None:
    assert await member_by_handle(folded.connection, ACME, handle) is None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ann", "bob"]),
        ("include_system:true", ["Ann", "bob", "prebuilds"]),
        (f"user_id:{BOB}", ["bob"]),
        (f"user_id:{CID}", []),
        ("github_user_id:7", []),
    ],
)
async def test_the_unpaged_list(folded: Projecting, query: str, names: list[str]) -> None:
    rows = await readable_members(folded.connection, ACME, parse_member_search(query), ALWAYS)
    assert [row.username for row in rows] == names


async def test_the_unpaged_list_holds_what_may_be_read(folded: Projecting) -> None:
    rows = await readable_members(folded.connection, ACME, parse_member_search(""), In("user_id", frozenset({BOB})))
    assert [row.username for row in rows] == ["bob"]


async def test_pages(folded: Projecting) -> None:
    async def page(query: str = "", limit: int = 0, offset: int = 0, after_id: str = "") -> tuple[list[str], int]:
        wanted = Selection(parse_user_search(query), limit, offset, after_id)
        rows, count = await page_of_members(folded.connection, ACME, wanted)
        return [row.username for row in rows], count

    assert await page() == (["Ann", "bob"], 2)
    assert await page(limit=1) == (["Ann"], 2)
    assert await page(offset=1) == (["bob"], 2)
    assert await page(offset=2) == ([], 0)
    assert await page(after_id=ANN) == (["bob"], 1)
    assert await page("role:auditor") == (["Ann"], 1)
    assert await page("name:real role:owner") == ([], 0)
    assert await page("bob@example") == (["bob"], 1)
