"""Timers: armed by what happened, without a clock, whatever the batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.automation.values import DORMANT_AFTER
from domain.builds.events import BuildDeadlineSet
from domain.kernel.events import Recorded
from domain.templates.events import TemplateUpdated
from domain.users.events import UserDeleted, UserSeen, UserStatusSet
from domain.workspaces.events import WorkspaceAutostartSet, WorkspaceDeleted, WorkspaceDormancySet, WorkspaceUsed
from tests.projections.workspaces.histories import (
    ANN,
    FOUNDED,
    ORGANIZATION,
    SETTINGS,
    START,
    TEMPLATE,
    Entry,
    agent_id,
    completed,
    connected,
    created,
    failed,
    history,
    queued,
    running,
    started,
    timed_out,
    uid,
)
from tests.support.projecting import Projecting

HOUR_MS = 3_600_000
INSTANT = timedelta(microseconds=1)
DEADLINE = START + timedelta(hours=8)
WORKSPACE = uid("dev")


async def _timers(projecting: Projecting, *entries: Entry, kind: str = "lifecycle") -> list[tuple[str, datetime, int]]:
    """(subject, due at, armed by) of one kind after these events; every batch size gives the same."""
    events = _history(*entries)
    await projecting.same_for_every_batch_size(events)
    await projecting.fold(events)
    rows: list[dict[str, Any]] = await projecting.rows("timers")
    return [(r["subject_id"], datetime.fromisoformat(r["due_at"]), r["position"]) for r in rows if r["kind"] == kind]


def _history(*entries: Entry) -> list[Recorded]:
    return history(*FOUNDED, *entries)


def _position(*entries: Entry) -> int:
    """The position of the last of these events."""
    return _history(*entries)[-1].position


def _ruled(**settings: object) -> Entry:
    return TEMPLATE, TemplateUpdated(ORGANIZATION, "docker", {**SETTINGS, **settings})


async def test_a_deadline_arms_its_workspace(projecting: Projecting) -> None:
    entries = running("dev")
    [(subject, due_at, _)] = await _timers(projecting, *entries)
    assert (subject, due_at) == (WORKSPACE, DEADLINE)


async def test_an_extended_deadline_moves_the_timer_and_names_its_event(projecting: Projecting) -> None:
    later = DEADLINE + timedelta(hours=1)
    entries = [*running("dev"), (uid("dev build 1"), BuildDeadlineSet(WORKSPACE, later, None, "extend"))]
    assert await _timers(projecting, *entries) == [(WORKSPACE, later, _position(*entries))]


async def test_a_pending_build_holds_its_rules_back(projecting: Projecting) -> None:
    assert await _timers(projecting, *running("dev"), *queued("dev", 2, "stop")) == []


async def test_a_suspended_owner_is_due_at_once(projecting: Projecting) -> None:
    entries = [*running("dev"), (ANN, UserStatusSet("suspended"))]
    [(_, due_at, position)] = await _timers(projecting, *entries)
    assert due_at < DEADLINE
    assert position == _position(*entries)


async def test_a_stopped_workspace_waits_for_its_schedule(projecting: Projecting) -> None:
    stopped = [*running("dev"), *queued("dev", 2, "stop"), started("dev", 2), *completed("dev", 2, "stop")]
    at_nine = (WORKSPACE, WorkspaceAutostartSet("CRON_TZ=UTC 0 9 * * *", datetime(2026, 3, 3, 9, tzinfo=UTC)))
    [(_, due_at, _)] = await _timers(projecting, *stopped, at_nine)
    assert due_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert await _timers(projecting, *stopped, at_nine, kind="next_start") == []


async def test_a_missing_next_start_is_due_since_the_stop(projecting: Projecting) -> None:
    stopped = [*running("dev"), *queued("dev", 2, "stop"), started("dev", 2), *completed("dev", 2, "stop")]
    unset = (WORKSPACE, WorkspaceAutostartSet("CRON_TZ=UTC 0 9 * * *", None))
    [(subject, due_at, _)] = await _timers(projecting, *stopped, unset, kind="next_start")
    assert subject == WORKSPACE
    assert due_at <= _history(*stopped)[-1].time


async def test_a_failure_arms_its_cleanup(projecting: Projecting) -> None:
    entries = [_ruled(failure_ttl_ms=HOUR_MS), *created("dev"), started("dev"), *failed("dev")]
    [(_, due_at, _)] = await _timers(projecting, *entries)
    ended = next(r.time for r in _history(*entries) if type(r.event).__name__ == "BuildFailed")
    assert due_at == ended + timedelta(hours=1) + INSTANT


async def test_use_puts_dormancy_off_and_a_template_brings_it(projecting: Projecting) -> None:
    used_at = START + timedelta(minutes=5)
    entries = [*running("dev"), *running("other"), (WORKSPACE, WorkspaceUsed(used_at)), _ruled(time_til_dormant_ms=HOUR_MS)]
    due = {subject: due_at for subject, due_at, _ in await _timers(projecting, *entries)}
    assert due[WORKSPACE] == used_at + timedelta(hours=1) + INSTANT
    assert due[uid("other")] < due[WORKSPACE]


async def test_a_dormant_workspace_waits_for_its_deletion_only(projecting: Projecting) -> None:
    gone_at = START + timedelta(days=3)
    dormant = (WORKSPACE, WorkspaceDormancySet(START + timedelta(minutes=1), gone_at))
    rules = _ruled(time_til_dormant_ms=HOUR_MS, time_til_dormant_autodelete_ms=HOUR_MS)
    [(_, due_at, _)] = await _timers(projecting, rules, *running("dev"), dormant)
    assert due_at == gone_at


async def test_nothing_is_due_for_a_deleted_workspace(projecting: Projecting) -> None:
    assert await _timers(projecting, *running("dev"), (WORKSPACE, WorkspaceDeleted(ANN, "dev")), _ruled(time_til_dormant_ms=1)) == []


async def test_an_agent_has_its_time_to_connect(projecting: Projecting) -> None:
    entries = running("dev", agents=("main",))
    [(subject, due_at, position)] = await _timers(projecting, *entries, kind="agent_connection")
    assert (subject, due_at) == (agent_id("dev", "main"), _history(*entries)[-1].time + timedelta(seconds=120) + INSTANT)
    assert position == _position(*entries)
    assert await _timers(projecting, *entries, connected("dev", "main"), kind="agent_connection") == []
    assert await _timers(projecting, *entries, timed_out("dev", "main"), kind="agent_connection") == []


async def test_only_active_people_fall_dormant_and_being_seen_puts_it_off(projecting: Projecting) -> None:
    everybody = await _timers(projecting, kind="user_dormancy")
    assert len(everybody) == 3
    entries = [(ANN, UserSeen())]
    due = {subject: due_at for subject, due_at, _ in await _timers(projecting, *entries, kind="user_dormancy")}
    assert due[ANN] == _history(*entries)[-1].time + DORMANT_AFTER
    for event in (UserStatusSet("suspended"), UserStatusSet("dormant", automatic=True), UserDeleted()):
        rest = await _timers(projecting, (ANN, event), kind="user_dormancy")
        assert ANN not in {subject for subject, _, _ in rest}
