"""Entries of the audit log: what events leave in it, how entries are found, and that nobody erased is named."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.api_keys.events import ApiKeyCreated, ApiKeyDeleted, LoginFailed
from domain.audit.events import ChangeRefused
from domain.builds.events import BuildCanceled, BuildQueued
from domain.kernel.events import Actor
from domain.kernel.predicate import In
from domain.users.events import UserDeleted, UserErased, UserPasswordChanged, UserProfileChanged, UserSeen, UserSiteRolesSet
from domain.workspaces.events import WorkspaceACLUpdated, WorkspaceRenamed, WorkspaceTTLSet, WorkspaceUsed
from tests.projections.audit_log.reading import about, entries, requested
from tests.projections.workspaces.histories import ANN, BOB, CID, FOUNDED, ORGANIZATION, START, Entry, history, uid
from tests.projections.workspaces.histories import created as life_of
from tests.support.projecting import Projecting


async def test_a_change_says_what_was_before(projecting: Projecting) -> None:
    found = await about(projecting, uid("w"), *life_of("w"), (uid("w"), WorkspaceTTLSet(5)), (uid("w"), WorkspaceRenamed(ANN, "other")))
    renamed, ttl = found[:2]
    assert renamed["diff"] == {"name": {"old": "w", "new": "other", "secret": False}}
    assert (renamed["action"], renamed["resource_target"], renamed["status_code"]) == ("write", "other", 204)
    assert ttl["diff"]["ttl_ms"]["new"] == 5
    assert ttl["resource_target"] == "w"
    assert ttl["description"] == "{user} updated workspace {target}"
    assert found[-1]["action"] == "create"


async def test_what_is_empty_is_left_out_and_as_good_as_unset(projecting: Projecting) -> None:
    cleared: list[Entry] = [(uid("w"), WorkspaceTTLSet(5)), (uid("w"), WorkspaceTTLSet(0))]
    found = await about(projecting, uid("w"), *life_of("w"), *cleared)
    assert found[0]["diff"]["ttl_ms"] == {"old": 5, "secret": False}
    values = [
        value
        for entry in await entries(projecting)
        for field in entry["diff"].values()
        for value in (field.get("old", 1), field.get("new", 1))
    ]
    assert all(values), "an empty one would be sent"


async def test_one_request_is_one_entry_for_each_thing_it_changed(projecting: Projecting) -> None:
    changes: list[Entry] = [(uid("w"), WorkspaceTTLSet(5)), (uid("w"), WorkspaceTTLSet(9)), (uid("w"), WorkspaceRenamed(ANN, "x"))]
    found = await about(projecting, uid("w"), *life_of("w"), *changes, sizes=(3,))
    assert found[0]["diff"]["ttl_ms"]["new"] == 9
    assert found[0]["diff"]["name"] == {"old": "w", "new": "x", "secret": False}
    assert found[1]["action"] == "create"


async def test_access_lists_show_as_they_are_as_a_whole(projecting: Projecting) -> None:
    changes: list[Entry] = [
        (uid("w"), WorkspaceACLUpdated({BOB: "use"}, {})),
        (uid("w"), WorkspaceACLUpdated({CID: "admin", BOB: ""}, {})),
    ]
    found = await about(projecting, uid("w"), *life_of("w"), *changes)
    assert found[0]["diff"]["user_acl"] == {"old": {BOB: "use"}, "new": {CID: "admin"}, "secret": False}


async def test_secrets_are_masked(projecting: Projecting) -> None:
    found = await about(projecting, BOB, (BOB, UserPasswordChanged()))
    assert found[0]["diff"] == {"hashed_password": {"secret": True}}


async def test_telemetry_is_not_audited(projecting: Projecting) -> None:
    before = await about(projecting, BOB)
    assert await about(projecting, BOB, (BOB, UserSeen()), *life_of("w"), (uid("w"), WorkspaceUsed(START))) == before


async def test_a_session_is_logged_in_to_and_out_of(projecting: Projecting) -> None:
    key = uid("key")
    changes: list[Entry] = [
        (key, ApiKeyCreated("abcdefghij", BOB, "password", ["all"], ["*:*"], "", 60, START, signed_in=True)),
        (key, ApiKeyDeleted("abcdefghij", BOB, signed_out=True)),
        (uid("failed"), LoginFailed(BOB, "password")),
    ]
    out, entered = await about(projecting, key, *changes)
    assert (entered["action"], entered["description"]) == ("login", "{user} logged in")
    assert (out["action"], out["description"]) == ("logout", "{user} logged out")
    failed = (await entries(projecting, "action:login username:bob"))[0]
    assert (failed["status_code"], failed["description"]) == (401, "{user} unsuccessfully attempted to login")


async def test_builds_say_why_and_of_what(projecting: Projecting) -> None:
    await projecting.fold(requested(history(*FOUNDED, *life_of("w"))))
    (found,) = await entries(projecting, "build_reason:initiator")
    assert (found["resource_type"], found["action"], found["resource_target"]) == ("workspace_build", "start", "w")
    assert found["additional_fields"] | {"workspace_name": "w", "workspace_owner": "Ann", "build_number": "1"} == found["additional_fields"]
    assert found["resource_link"] == "/@Ann/w/builds/1"


async def test_a_refusal_has_its_status_and_changes_nothing(projecting: Projecting) -> None:
    refused = ChangeRefused("workspace", uid("w"), "write", "PATCH /workspaces/{workspace}", 409)
    found = await about(projecting, uid("w"), *life_of("w"), (uid("audit"), refused))
    assert (found[0]["status_code"], found[0]["diff"]) == (409, {})
    assert found[0]["description"] == "{user} unsuccessfully attempted to write workspace {target}"
    assert found[0]["organization_id"] == ORGANIZATION
    assert not found[0]["is_deleted"]


async def test_nothing_is_left_of_an_erased_person(projecting: Projecting) -> None:
    changes: list[Entry] = [(BOB, UserProfileChanged("robert", "Rob")), (BOB, UserDeleted()), (BOB, UserErased())]
    found = await about(projecting, BOB, *changes)
    text = str(found) + str(await projecting.rows("audit_log")) + str(await projecting.rows("audit_subjects"))
    assert not [name for name in ("robert", "Rob", "bob") if name in text]
    assert found[0]["is_deleted"]


async def test_the_organizations_of_a_reader_limit_what_is_seen(projecting: Projecting) -> None:
    await projecting.fold(requested(history(*FOUNDED, *life_of("w"))))
    own = await entries(projecting, visible=In("organization_id", frozenset({ORGANIZATION})))
    assert {entry["organization_id"] for entry in own} == {ORGANIZATION}
    assert await entries(projecting, visible=In("organization_id", frozenset())) == []
    assert len(await entries(projecting)) > len(own), "people belong to no organization"


@pytest.mark.parametrize(
    ("q", "holds"),
    [
        ("resource_type:workspace", lambda e: e["resource_type"] == "workspace"),
        ("workspace action:create", lambda e: e["resource_type"] == "workspace" and e["action"] == "create"),
        ("username:ANN", lambda e: e["user"]["username"] == "Ann"),
        ("username:me", lambda e: e["user"]["id"] == ANN),
        ("email:ann@example.com", lambda e: e["user"]["email"].lower() == "ann@example.com"),
        ("resource_target:w", lambda e: e["resource_target"] == "w"),
        ("resource_target:BOB", lambda e: e["resource_target"] == "bob"),
        (f"date_from:{date(2026, 3, 2)} date_to:{date(2026, 3, 2)}", lambda _: True),
        (f"request_id:{uuid.UUID(int=3)}", lambda e: e["request_id"] == str(uuid.UUID(int=3))),
    ],
)
async def test_filters_find_what_they_say(projecting: Projecting, q: str, holds: Any) -> None:
    await projecting.fold(requested(history(*FOUNDED, *life_of("w"))))
    everything = await entries(projecting)
    found = await entries(projecting, q)
    assert found
    assert found == [entry for entry in everything if holds(entry)]


async def test_pages_join_newest_first(projecting: Projecting) -> None:
    await projecting.fold(requested(history(*FOUNDED, *life_of("w"))))
    everything = await entries(projecting)
    assert [entry["time"] for entry in everything] == sorted((entry["time"] for entry in everything), reverse=True)
    assert await entries(projecting, limit=3) + await entries(projecting, limit=0, offset=3) == everything


async def test_batches_make_no_difference(projecting: Projecting) -> None:
    changes: list[Entry] = [
        *life_of("w"),
        (uid("w"), WorkspaceTTLSet(5)),
        (uid("w"), WorkspaceTTLSet(6)),
        (BOB, UserSiteRolesSet(["auditor"])),
        (BOB, UserProfileChanged("robert", "")),
        (BOB, UserDeleted()),
        (BOB, UserErased()),
    ]
    await projecting.same_for_every_batch_size(requested(history(*FOUNDED, *changes), 2, 1, 1, 2))


async def test_calling_off_what_nobody_has_taken_is_somebodys_doing_and_the_end_of_what_runs_is_not(projecting: Projecting) -> None:
    build, job = uid("w-build-9"), uid("w-job-9")
    queued = BuildQueued(uid("w"), 9, "start", "initiator", ORGANIZATION, uid("t"), uid("v"), None, ANN, job, uid("f"), {}, [])
    called_off = requested(history(*FOUNDED, *life_of("w"), (build, queued), (build, BuildCanceled(uid("w"), job, "start"))))
    await projecting.fold(called_off)
    assert [entry["action"] for entry in await entries(projecting, f"resource_id:{build}")] == ["write", "start"]
    worker = replace(called_off[-1], metadata=replace(called_off[-1].metadata, actor=Actor("provisioner"), request_id=None))
    await projecting.fold([*called_off[:-1], worker])
    assert [entry["action"] for entry in await entries(projecting, f"resource_id:{build}")] == ["start"]
