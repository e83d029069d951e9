"""What follows when a rule of a workspace is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.automation.commands import ApplyLifecycle
from domain.automation.decisions import decide_apply_lifecycle
from domain.automation.values import WorkspaceFacts, candidate, template_rules
from domain.builds.events import BuildStarted
from domain.kernel.decider import Decision, append
from domain.kernel.events import Stream
from domain.kernel.ids import PREBUILDS_USER
from domain.schedules.automation import Candidate, LatestBuild
from domain.schedules.cron import EVERY_DAY
from domain.workspaces.events import WorkspaceDormancySet, WorkspaceNextStartSet
from tests.support.spec import ALICE, NOON, context

HOUR_MS = 3_600_000
DAY = timedelta(days=1)
COMMAND = ApplyLifecycle("workspace-1", "build-2", "job-2")
#: Stands for the decision about a build, which is made elsewhere.
QUEUED: Decision = (append(Stream("build", "build-2"), BuildStarted("workspace-1", "job-2", "worker")),)
RUNNING = LatestBuild("start", NOON - DAY, "succeeded", NOON - DAY)
FACTS = WorkspaceFacts(ALICE, False, None, NOON - DAY, None, None)


def _decide(found: Candidate, next_start: bool = False) -> list[object]:
    decision = decide_apply_lifecycle(COMMAND, found, NOON if next_start else None, QUEUED, context())
    return [event for part in decision for event in part.events]


def test_nothing_happens_while_nothing_is_due() -> None:
    assert _decide(candidate(FACTS, RUNNING, {}, "active")) == []


def test_a_deadline_that_has_come_queues_a_stop() -> None:
    due = replace(RUNNING, deadline=NOON)
    assert _decide(candidate(FACTS, due, {}, "active")) == [QUEUED[0].events[0]]


def test_falling_dormant_stops_what_runs_and_says_when_it_will_go() -> None:
    settings = {"time_til_dormant_ms": HOUR_MS, "time_til_dormant_autodelete_ms": 24 * HOUR_MS}
    assert _decide(candidate(FACTS, RUNNING, settings, "active")) == [QUEUED[0].events[0], WorkspaceDormancySet(NOON, NOON + DAY)]


def test_what_is_stopped_falls_dormant_without_a_build() -> None:
    stopped = replace(RUNNING, transition="stop")
    assert _decide(candidate(FACTS, stopped, {"time_til_dormant_ms": HOUR_MS}, "active")) == [WorkspaceDormancySet(NOON, None)]


def test_a_missing_next_start_is_filled_in_where_a_start_may_come() -> None:
    scheduled = replace(FACTS, autostart_schedule="CRON_TZ=UTC 30 12 * * *")
    stopped = replace(RUNNING, transition="stop", created_at=NOON)
    found = candidate(scheduled, stopped, {}, "active")
    assert _decide(found) == [WorkspaceNextStartSet(NOON + timedelta(minutes=30))]
    assert _decide(found, next_start=True) == []
    assert _decide(candidate(scheduled, RUNNING, {}, "active")) == []


def test_deleted_workspaces_and_prebuilds_are_left_alone() -> None:
    due = replace(RUNNING, deadline=NOON)
    assert _decide(candidate(replace(FACTS, deleted=True), due, {}, "active")) == []
    assert _decide(candidate(replace(FACTS, owner_id=PREBUILDS_USER), due, {}, "active")) == []


def test_a_schedule_that_no_longer_reads_stops_no_other_rule() -> None:
    due = replace(RUNNING, deadline=NOON)
    found = candidate(replace(FACTS, autostart_schedule="CRON_TZ=Atlantis/Poseidonis 0 9 * * *"), due, {}, "active")
    assert found.schedule is None
    assert _decide(found) == [QUEUED[0].events[0]]


def test_settings_that_are_absent_are_off() -> None:
    rules = template_rules({})
    assert (rules.allow_user_autostart, rules.autostart_days, rules.failure_ttl_ms, rules.time_til_dormant_ms) == (True, EVERY_DAY, 0, 0)
    assert template_rules({"autostart_requirement": {"days_of_week": ["monday"]}}).autostart_days == 1
