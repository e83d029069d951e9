"""Dry runs, from queue to end."""

from __future__ import annotations

import pytest

from domain.kernel.errors import Invalid, NotFound, TooEarly
from domain.kernel.events import Event
from domain.templates.dry_run_commands import (
    CompleteDryRun,
    EndCanceledDryRun,
    FailDryRun,
    NoteDryRunLogsOverflow,
    QueueDryRun,
    RequestDryRunCancel,
    StartDryRun,
)
from domain.templates.dry_run_decisions import (
    decide_complete_dry_run,
    decide_end_canceled_dry_run,
    decide_fail_dry_run,
    decide_note_dry_run_logs_overflow,
    decide_queue_dry_run,
    decide_request_dry_run_cancel,
    decide_start_dry_run,
)
from domain.templates.dry_run_events import (
    DryRunCanceled,
    DryRunCancelRequested,
    DryRunCompleted,
    DryRunFailed,
    DryRunLogsOverflowed,
    DryRunQueued,
    DryRunStarted,
)
from domain.templates.dry_runs import DRY_RUN, DryRun
from domain.templates.version_events import TemplateImportFailed
from domain.templates.versions import TEMPLATE_VERSION
from tests.domain.templates.histories import FILE_ID, JOB_ID, ORG, OTHER_WORKER, TAGS, VERSION_ID, WORKER, imported, version_created
from tests.support.spec import ALICE, Given, given

ID = "d7000000-0000-4000-8000-000000000001"
QUEUED = DryRunQueued(ORG, VERSION_ID, JOB_ID, FILE_ID, TAGS, [])
STARTED = DryRunStarted(JOB_ID, WORKER)
CANCEL_REQUESTED = DryRunCancelRequested(JOB_ID)


def queue(*parameters: tuple[str, str]) -> QueueDryRun:
    return QueueDryRun(ID, JOB_ID, VERSION_ID, ALICE, parameters)


def dry_run(*events: Event) -> Given[DryRun]:
    return given(DRY_RUN, *events, id=ID)


def test_parameters_are_resolved_by_the_versions_rules() -> None:
    given(TEMPLATE_VERSION, *imported(), id=VERSION_ID).when(lambda v: decide_queue_dry_run(queue(("must", "m"), ("other", "x")), v)).then(
        DryRunQueued(
            ORG, VERSION_ID, JOB_ID, FILE_ID, {**TAGS, "zone": "eu"}, [{"name": "cpu", "value": "2"}, {"name": "must", "value": "m"}]
        )
    )


def test_a_missing_value_is_named() -> None:
    given(TEMPLATE_VERSION, *imported()).when(lambda v: decide_queue_dry_run(queue(), v)).then_raises(Invalid, field="must")


def test_a_failed_import_can_be_tried_without_parameters() -> None:
    failed = (version_created(), TemplateImportFailed(JOB_ID, "no"))
    given(TEMPLATE_VERSION, *failed, id=VERSION_ID).when(lambda v: decide_queue_dry_run(queue(), v)).then(QUEUED)


def test_an_import_must_have_ended() -> None:
    given(TEMPLATE_VERSION, version_created()).when(lambda v: decide_queue_dry_run(queue(), v)).then_raises(TooEarly)
    given(TEMPLATE_VERSION).when(lambda v: decide_queue_dry_run(queue(), v)).then_raises(NotFound)


def test_the_first_worker_gets_it_and_ends_it() -> None:
    dry_run(QUEUED).when(lambda s: decide_start_dry_run(StartDryRun(ID, WORKER), s)).then(STARTED)
    running = dry_run(QUEUED, STARTED)
    running.when(lambda s: decide_start_dry_run(StartDryRun(ID, OTHER_WORKER), s)).then_nothing()
    running.when(lambda s: decide_complete_dry_run(CompleteDryRun(ID, OTHER_WORKER), s)).then_nothing()
    running.when(lambda s: decide_complete_dry_run(CompleteDryRun(ID, WORKER, ({"name": "a"},)), s)).then(
        DryRunCompleted(JOB_ID, [{"name": "a"}])
    )
    dry_run(QUEUED, STARTED, DryRunCompleted(JOB_ID, [])).when(
        lambda s: decide_complete_dry_run(CompleteDryRun(ID, WORKER), s)
    ).then_nothing()


def test_it_fails_by_its_worker_or_by_the_reaper() -> None:
    dry_run(QUEUED, STARTED).when(lambda s: decide_fail_dry_run(FailDryRun(ID, WORKER, "no"), s)).then(DryRunFailed(JOB_ID, "no"))
    dry_run(QUEUED).when(lambda s: decide_fail_dry_run(FailDryRun(ID, None, "no"), s)).then(DryRunFailed(JOB_ID, "no"))
    dry_run(QUEUED, DryRunFailed(JOB_ID, "no")).when(lambda s: decide_fail_dry_run(FailDryRun(ID, None, "no"), s)).then_nothing()
    dry_run().when(lambda s: decide_fail_dry_run(FailDryRun(ID, None, "no"), s)).then_nothing()


def test_a_full_log_is_noted_once() -> None:
    note, noted = NoteDryRunLogsOverflow(ID), DryRunLogsOverflowed(JOB_ID)
    dry_run(QUEUED, STARTED).when(lambda s: decide_note_dry_run_logs_overflow(note, s)).then(noted)
    dry_run(QUEUED, STARTED, noted).when(lambda s: decide_note_dry_run_logs_overflow(note, s)).then_nothing()
    dry_run().when(lambda s: decide_note_dry_run_logs_overflow(note, s)).then_nothing()


def test_a_pending_one_is_canceled_at_once_and_a_running_one_is_asked_to_stop() -> None:
    cancel = RequestDryRunCancel(ID)
    dry_run(QUEUED).when(lambda s: decide_request_dry_run_cancel(cancel, s)).then(DryRunCanceled(JOB_ID))
    dry_run(QUEUED, STARTED).when(lambda s: decide_request_dry_run_cancel(cancel, s)).then(CANCEL_REQUESTED)
    dry_run(QUEUED, STARTED, CANCEL_REQUESTED).when(lambda s: decide_end_canceled_dry_run(EndCanceledDryRun(ID, WORKER), s)).then(
        DryRunCanceled(JOB_ID)
    )
    dry_run(QUEUED, STARTED).when(lambda s: decide_end_canceled_dry_run(EndCanceledDryRun(ID, WORKER), s)).then_nothing()


@pytest.mark.parametrize(
    ("history", "kind"),
    [((), NotFound), ((QUEUED, STARTED, CANCEL_REQUESTED), Invalid), ((QUEUED, DryRunCanceled(JOB_ID)), Invalid)],
)
def test_what_cannot_be_canceled(history: tuple[Event, ...], kind: type[NotFound | Invalid]) -> None:
    dry_run(*history).when(lambda s: decide_request_dry_run_cancel(RequestDryRunCancel(ID), s)).then_raises(kind)
