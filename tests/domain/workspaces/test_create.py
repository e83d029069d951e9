"""Creating a workspace: everything in one append, refusals in the contract's order (contract/workspaces.md 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.kernel.decider import Decision, append
from domain.kernel.errors import Conflict, Invalid, NameTaken, NotFound
from domain.kernel.events import Stream
from domain.reservations.events import NameReserved
from domain.reservations.values import RESERVATION, Reservation
from domain.workspaces.commands import CreateWorkspace
from domain.workspaces.decisions import decide_create, reservation_of
from domain.workspaces.events import WorkspaceBuildQueued, WorkspaceCreated
from domain.workspaces.values import TemplateFacts
from tests.domain.workspaces.histories import BUILD, HOUR_MS, ID, ORGANIZATION, TEMPLATE
from tests.support.spec import ALICE, BOB, Given, Then, context, given

COMMAND = CreateWorkspace(ID, BUILD, "job", ALICE, TEMPLATE.id, "", "Dev")
QUEUED = WorkspaceBuildQueued(BUILD, 1, "start")
FREE: Given[Reservation] = given(RESERVATION)
TAKEN = given(RESERVATION, NameReserved("workspace", BOB))


def queue() -> Decision:
    """What a build's decision adds."""
    return (append(Stream("workspace", ID), QUEUED),)


def refuse() -> Decision:
    """A build that is refused."""
    raise Conflict("no build")


def create(
    command: CreateWorkspace = COMMAND,
    *,
    name: Given[Reservation] = FREE,
    template: TemplateFacts = TEMPLATE,
    build: Callable[[], Decision] = queue,
    owner_is_live: bool = True,
) -> Then:
    return name.when(lambda reservation: decide_create(command, reservation, template, build, context(), owner_is_live=owner_is_live))


def born(**changes: object) -> WorkspaceCreated:
    return replace(WorkspaceCreated(ALICE, ORGANIZATION, TEMPLATE.id, "Dev", None, None, "never", None), **changes)  # type: ignore[arg-type]


def test_name_workspace_and_build_come_together() -> None:
    result = create()
    result.then(NameReserved("workspace", ID), born(), QUEUED)
    assert [part.stream for part in result.decision] == [reservation_of(ALICE, "dev"), Stream("workspace", ID), Stream("workspace", ID)]


def test_nobody_gets_a_workspace_after_their_account_has_ended() -> None:
    create(owner_is_live=False).then_raises(NotFound, message="has been deleted")


def test_names_are_reserved_without_regard_to_case() -> None:
    assert reservation_of(ALICE, "DEV") == reservation_of(ALICE, "dev") != reservation_of(BOB, "dev")


@pytest.mark.parametrize(
    ("sent", "default", "stored"), [(None, 0, None), (0, 0, None), (None, HOUR_MS, HOUR_MS), (90_000, HOUR_MS, 60_000)]
)
def test_the_ttl_is_the_requests_in_whole_minutes_or_the_templates(sent: int | None, default: int, stored: int | None) -> None:
    create(replace(COMMAND, ttl_ms=sent), template=replace(TEMPLATE, default_ttl_ms=default)).then(
        NameReserved("workspace", ID), born(ttl_ms=stored), QUEUED
    )


def test_a_schedule_is_kept_as_written_and_its_next_start_computed() -> None:
    schedule = "  30 9 * *  1-5"
    next_start = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    create(replace(COMMAND, autostart_schedule=schedule)).then(
        NameReserved("workspace", ID), born(autostart_schedule=schedule, next_start_at=next_start), QUEUED
    )


def test_a_schedule_that_the_template_never_lets_start_has_no_next_start() -> None:
    template = replace(TEMPLATE, autostart_days=0b1000000)
    create(replace(COMMAND, autostart_schedule="30 9 * * 1"), template=template).then(
        NameReserved("workspace", ID), born(autostart_schedule="30 9 * * 1"), QUEUED
    )


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (replace(COMMAND, autostart_schedule="often", ttl_ms=1, automatic_updates="maybe"), "schedule"),
        (replace(COMMAND, ttl_ms=1, automatic_updates="maybe"), "ttl_ms"),
        (replace(COMMAND, automatic_updates="maybe"), "automatic_updates"),
    ],
)
def test_settings_are_judged_before_the_name(command: CreateWorkspace, field: str) -> None:
    refusal = create(command, name=TAKEN).then_raises(Invalid, field=field)
    assert [v.field for v in refusal.validations] == [field]


def test_a_taken_name_is_refused_before_the_build_is_looked_at() -> None:
    create(name=TAKEN, build=refuse).then_raises(NameTaken, field="name", message='"Dev"')


def test_a_refused_build_refuses_the_workspace() -> None:
    create(build=refuse).then_raises(Conflict, message="no build")


def test_a_deleted_template_is_named() -> None:
    create(template=replace(TEMPLATE, is_deleted=True)).then_raises(NotFound, message="docker")
