"""Whose doing an entry is, and what it says of it: builds that fail, schedules, dormancy, deletions, refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.audit.events import ChangeRefused
from domain.builds.events import BuildQueued
from domain.kernel.ids import NIL
from domain.users.events import UserProfileChanged, UserStatusSet
from domain.workspaces.events import WorkspaceDeleted, WorkspaceDormancySet
from projections.audit_log.render import description
from tests.projections.audit_log.reading import about, by_system, entries, requested
from tests.projections.workspaces.histories import (
    ANN,
    BOB,
    FOUNDED,
    ORGANIZATION,
    START,
    Entry,
    completed,
    failed,
    history,
    queued,
    started,
    uid,
)
from tests.projections.workspaces.histories import created as life_of
from tests.support.projecting import Projecting


async def test_a_build_that_fails_is_told_again_with_whoever_wanted_it(projecting: Projecting) -> None:
    told = requested(history(*FOUNDED, *life_of("w"), started("w"), *failed("w")))
    await projecting.fold(by_system(told, 3))
    failure, began = await entries(projecting, f"resource_id:{uid('w build 1')} build_reason:initiator")
    assert (failure["action"], failure["status_code"], failure["diff"]) == ("start", 500, {})
    assert (began["action"], began["status_code"]) == ("start", 201)
    assert failure["user"]["username"] == began["user"]["username"] == "Ann"
    assert failure["additional_fields"] == began["additional_fields"]
    assert failure["organization_id"] == ORGANIZATION


async def test_a_build_of_a_schedule_is_its_owners_and_says_why(projecting: Projecting) -> None:
    (build, queued_build), following = queued("w", 2)
    assert isinstance(queued_build, BuildQueued)
    told = requested(history(*FOUNDED, *life_of("w"), (build, replace(queued_build, reason="autostart")), following))
    await projecting.fold(by_system(told, 2))
    (found,) = await entries(projecting, "build_reason:autostart username:ann")
    assert (found["resource_id"], found["additional_fields"]["build_reason"], found["ip"]) == (build, "autostart", "")
    assert await entries(projecting, "build_reason:autostop") == []


async def test_what_dormancy_does_by_itself_is_marked(projecting: Projecting) -> None:
    fell = [(uid("w"), WorkspaceDormancySet(START, None)), (BOB, UserStatusSet("dormant", automatic=True))]
    await projecting.fold(by_system(requested(history(*FOUNDED, *life_of("w"), *fell)), 2))
    person, workspace = (await entries(projecting))[:2]
    marker = {"automatic_actor": "coder", "automatic_subsystem": "dormancy"}
    assert person["additional_fields"] == workspace["additional_fields"] == marker
    assert (person["resource_type"], person["action"], person["user"]) == ("user", "write", None)


async def test_waking_is_told_beside_what_the_same_request_changed(projecting: Projecting) -> None:
    changes: list[Entry] = [(BOB, UserStatusSet("active", automatic=True)), (BOB, UserProfileChanged("robert", "Rob"))]
    changed, woke = (await about(projecting, BOB, *changes, sizes=(2,)))[:2]
    assert ("automatic_actor" in changed["additional_fields"], "automatic_actor" in woke["additional_fields"]) == (False, True)
    assert len(await entries(projecting, f"request_id:{changed['request_id']}")) == 2


async def test_a_deleted_workspace_takes_its_builds_along_and_names_who_deleted_it(projecting: Projecting) -> None:
    gone = (uid("w"), WorkspaceDeleted(ANN, "w", uid("w build 2")))
    told = requested(history(*FOUNDED, *life_of("w"), *completed("w"), *queued("w", 2, "delete", BOB), *completed("w", 2, "delete"), gone))
    await projecting.fold(by_system(told, 1))
    deleted = (await entries(projecting, f"workspace resource_id:{uid('w')} action:delete"))[0]
    assert (deleted["user"]["username"], deleted["is_deleted"], deleted["resource_link"]) == ("bob", True, "")
    builds = await entries(projecting, "workspace_build")
    assert [(entry["is_deleted"], entry["resource_link"]) for entry in builds] == [(True, "")] * 2


async def test_a_refusal_beyond_what_is_known_has_nothing_but_what_was_asked(projecting: Projecting) -> None:
    refused = ChangeRefused("group", NIL, "create", "POST /organizations/{organization}/groups", 409, ORGANIZATION)
    elsewhere = replace(refused, resource_type="user", organization_id=None)
    await projecting.fold(requested(history(*FOUNDED, (uid("audit"), refused), (uid("audit"), elsewhere))))
    person, group = (await entries(projecting))[:2]
    assert (group["organization_id"], group["resource_target"], group["resource_link"]) == (ORGANIZATION, "", "")
    assert (person["organization_id"], person["is_deleted"]) == (NIL, False)
    assert await projecting.rows("audit_subjects") == [row for row in await projecting.rows("audit_subjects") if str(row["id"]) != NIL]


@pytest.mark.parametrize(
    ("resource_type", "action", "status", "said"),
    [
        ("user", "request_password_reset", 204, "password reset requested for {target}"),
        ("user", "request_password_reset", 400, "unsuccessfully attempted to request_password_reset for {target}"),
        ("api_key", "login", 303, "{user} was redirected attempting to login"),
        ("git_ssh_key", "write", 200, "{user} updated the git ssh key"),
        ("workspace_build", "stop", 201, "{user} stopped workspace {target}"),
        ("organization_member", "create", 200, "{user} created organization member {target}"),
    ],
)
def test_what_is_said_of_an_entry(resource_type: str, action: str, status: int, said: str) -> None:
    assert description({"resource_type": resource_type, "action": action, "status_code": status}) == said


async def test_batches_make_no_difference_to_what_happens_by_itself(projecting: Projecting) -> None:
    refused = ChangeRefused(
        "workspace_build", uid("w build 1"), "write", "PATCH /workspacebuilds/{workspacebuild}/cancel", 403, ORGANIZATION
    )
    changes: list[Entry] = [
        *life_of("w"),
        (uid("audit"), refused),
        (uid("audit"), replace(refused, resource_type="group", resource_id=NIL)),
        started("w"),
        *failed("w"),
        (BOB, UserStatusSet("active", automatic=True)),
        (BOB, UserProfileChanged("robert", "Rob")),
        *queued("w", 2, "delete", BOB),
        *completed("w", 2, "delete"),
        (uid("w"), WorkspaceDeleted(ANN, "w", uid("w build 2"))),
    ]
    await projecting.same_for_every_batch_size(by_system(requested(history(*FOUNDED, *changes), 2, 2, 3), 1))
