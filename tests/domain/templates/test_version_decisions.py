"""Template versions: made, renamed, archived; their imports from queue to end."""

from __future__ import annotations

import pytest

from domain.builds.values import JobStatus
from domain.kernel.errors import Conflict, Invalid, NameTaken, NotFound
from domain.kernel.events import Event
from domain.reservations.events import NameReleased, NameReserved
from domain.reservations.values import Reservation
from domain.templates.events import TemplateDeleted
from domain.templates.state import TEMPLATE, Template
from domain.templates.values import TemplatePlan
from domain.templates.version_commands import (
    ArchiveUnusedVersions,
    CompleteImport,
    CreateTemplateVersion,
    EndCanceledImport,
    FailImport,
    NoteImportLogsOverflow,
    RequestImportCancel,
    StartImport,
    UpdateTemplateVersion,
)
from domain.templates.version_decisions import (
    Usage,
    decide_archive_unused,
    decide_archive_version,
    decide_complete_import,
    decide_create_version,
    decide_end_canceled_import,
    decide_fail_import,
    decide_note_import_logs_overflow,
    decide_request_import_cancel,
    decide_start_import,
    decide_unarchive_version,
    decide_update_version,
    job_tags,
)
from domain.templates.version_events import (
    TemplateImportCanceled,
    TemplateImportCancelRequested,
    TemplateImportCompleted,
    TemplateImportFailed,
    TemplateImportLogsOverflowed,
    TemplateImportStarted,
    TemplateVersionArchived,
    TemplateVersionUnarchived,
    TemplateVersionUpdated,
)
from domain.templates.versions import TEMPLATE_VERSION, TemplateVersion
from tests.domain.templates.histories import (
    FILE_ID,
    JOB_ID,
    ORG,
    OTHER_WORKER,
    PLAN,
    TEMPLATE_ID,
    VERSION_ID,
    WORKER,
    imported,
    template_created,
    version_created,
)
from tests.support.spec import ALICE, Given, given

FREE, TAKEN = Reservation(), Reservation("somebody")
UNUSED = Usage("another", frozenset())
STARTED = TemplateImportStarted(JOB_ID, WORKER)
CANCEL_REQUESTED = TemplateImportCancelRequested(JOB_ID)
ARCHIVED = TemplateVersionArchived(TEMPLATE_ID)


def version(*events: Event) -> Given[TemplateVersion]:
    return given(TEMPLATE_VERSION, *events, id=VERSION_ID)


def template(*more: Event) -> Template:
    return given(TEMPLATE, template_created(), *more, id=TEMPLATE_ID).state


# -- creation and names -------------------------------------------------------


def create(template_id: str | None = None, tags: dict[str, str] | None = None) -> CreateTemplateVersion:
    return CreateTemplateVersion(VERSION_ID, JOB_ID, ORG, template_id, "v1", "first", FILE_ID, "echo", ALICE, tags or {})


def test_a_version_without_template_reserves_no_name() -> None:
    version().when(lambda _: decide_create_version(create(), None, FREE)).then(version_created(None))


def test_a_version_of_a_template_takes_its_name_there() -> None:
    version().when(lambda _: decide_create_version(create(TEMPLATE_ID), template(), FREE)).then(
        version_created(), NameReserved("template_version", VERSION_ID)
    )


def test_two_versions_of_a_template_cannot_have_one_name() -> None:
    version().when(lambda _: decide_create_version(create(TEMPLATE_ID), template(), TAKEN)).then_raises(NameTaken, field="name")


@pytest.mark.parametrize("state", [Template(), template(TemplateDeleted(ORG))])
def test_a_version_of_an_unknown_template(state: Template) -> None:
    version().when(lambda _: decide_create_version(create(TEMPLATE_ID), state, FREE)).then_raises(NotFound)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({}, {"scope": "organization", "owner": ""}),
        ({"scope": "planet", "owner": "x"}, {"scope": "organization", "owner": ""}),
        ({"scope": "user", "owner": "x", "zone": "eu"}, {"scope": "user", "owner": ALICE, "zone": "eu"}),
    ],
)
def test_scope_and_owner_of_tags_are_forced(sent: dict[str, str], stored: dict[str, str]) -> None:
    assert job_tags(sent, ALICE) == stored


def rename(name: str = "", message: str | None = None) -> UpdateTemplateVersion:
    return UpdateTemplateVersion(VERSION_ID, TEMPLATE_ID, name, message)


def test_another_name_is_reserved_and_the_old_one_freed() -> None:
    version(*imported()).when(lambda s: decide_update_version(rename("v2"), s, FREE)).then(
        TemplateVersionUpdated(TEMPLATE_ID, "v2", "first"),
        NameReserved("template_version", VERSION_ID),
        NameReleased("template_version", VERSION_ID),
    )


def test_an_empty_message_is_a_change_and_an_empty_name_is_none() -> None:
    version(*imported()).when(lambda s: decide_update_version(rename("", ""), s, FREE)).then(TemplateVersionUpdated(TEMPLATE_ID, "v1", ""))
    version(*imported()).when(lambda s: decide_update_version(rename("v1"), s, FREE)).then_nothing()


def test_a_siblings_name_is_a_bad_request() -> None:
    version(*imported()).when(lambda s: decide_update_version(rename("v2"), s, TAKEN)).then_raises(Invalid, field="name")


def test_versions_without_template_may_share_names() -> None:
    version(*imported(None)).when(lambda s: decide_update_version(rename("v2"), s, TAKEN)).then(TemplateVersionUpdated(None, "v2", "first"))


# -- archiving ----------------------------------------------------------------


def test_an_unused_version_is_archived_and_comes_back() -> None:
    version(*imported()).when(lambda s: decide_archive_version(s, UNUSED)).then(ARCHIVED)
    version(*imported(), ARCHIVED).when(decide_unarchive_version).then(TemplateVersionUnarchived(TEMPLATE_ID))


@pytest.mark.parametrize(
    ("history", "usage", "kind"),
    [
        ((), UNUSED, NotFound),
        (imported(None), UNUSED, Invalid),
        ((*imported(), ARCHIVED), UNUSED, Invalid),
        ((version_created(),), UNUSED, Conflict),
        ((version_created(), STARTED), UNUSED, Conflict),
        (imported(), Usage(VERSION_ID, frozenset()), Conflict),
        (imported(), Usage("another", frozenset({VERSION_ID})), Conflict),
    ],
)
def test_what_cannot_be_archived(history: tuple[Event, ...], usage: Usage, kind: type[NotFound | Invalid | Conflict]) -> None:
    version(*history).when(lambda s: decide_archive_version(s, usage)).then_raises(kind)


@pytest.mark.parametrize(("history", "kind"), [((), NotFound), (imported(None), Invalid), (imported(), Invalid)])
def test_what_cannot_be_unarchived(history: tuple[Event, ...], kind: type[NotFound | Invalid]) -> None:
    version(*history).when(decide_unarchive_version).then_raises(kind)


FAILED = (version_created(), TemplateImportFailed(JOB_ID, "no"))


@pytest.mark.parametrize(
    ("history", "every", "is_archived"),
    [
        (FAILED, False, True),
        (FAILED, True, True),
        (imported(), False, False),
        (imported(), True, True),
        ((version_created(), TemplateImportCanceled(JOB_ID)), False, False),
        ((version_created(), TemplateImportCanceled(JOB_ID)), True, True),
        ((version_created(), STARTED), True, False),
        ((*FAILED, ARCHIVED), True, False),
    ],
)
def test_what_is_archived_with_many(history: tuple[Event, ...], every: bool, is_archived: bool) -> None:
    then = version(*history).when(lambda s: decide_archive_unused(ArchiveUnusedVersions(TEMPLATE_ID, every), template(), [s], UNUSED))
    then.then(*([ARCHIVED] if is_archived else []))


def test_nothing_in_use_is_archived_with_many() -> None:
    used = Usage("another", frozenset({VERSION_ID}))
    version(*FAILED).when(lambda s: decide_archive_unused(ArchiveUnusedVersions(TEMPLATE_ID, True), template(), [s], used)).then_nothing()


# -- the import ---------------------------------------------------------------


def test_the_first_worker_gets_the_import() -> None:
    version(version_created()).when(lambda s: decide_start_import(StartImport(VERSION_ID, WORKER), s)).then(STARTED)
    version(version_created(), STARTED).when(lambda s: decide_start_import(StartImport(VERSION_ID, OTHER_WORKER), s)).then_nothing()
    version().when(lambda s: decide_start_import(StartImport(VERSION_ID, WORKER), s)).then_nothing()


def complete(worker: str = WORKER) -> CompleteImport:
    return CompleteImport(VERSION_ID, worker, PLAN, "# text")


@pytest.mark.parametrize("history", [(version_created(), STARTED), (version_created(), STARTED, CANCEL_REQUESTED)])
def test_a_finished_import_counts_even_when_it_was_asked_to_stop(history: tuple[Event, ...]) -> None:
    then = version(*history).when(lambda s: decide_complete_import(complete(), s))
    (completed,) = then.events
    assert isinstance(completed, TemplateImportCompleted)
    assert completed.readme == "# text"
    assert TemplatePlan.from_dict(completed.plan).parameters == PLAN.parameters
    assert completed.plan["readme"] == "", "the text is stored once"


def test_only_the_worker_that_has_the_import_ends_it() -> None:
    running = version(version_created(), STARTED)
    running.when(lambda s: decide_complete_import(complete(OTHER_WORKER), s)).then_nothing()
    running.when(lambda s: decide_fail_import(FailImport(VERSION_ID, OTHER_WORKER, "no"), s)).then_nothing()
    version(*imported()).when(lambda s: decide_complete_import(complete(), s)).then_nothing()


def test_an_import_fails_by_its_worker_or_by_the_reaper() -> None:
    failed = TemplateImportFailed(JOB_ID, "no", "CODE")
    version(version_created(), STARTED).when(lambda s: decide_fail_import(FailImport(VERSION_ID, WORKER, "no", "CODE"), s)).then(failed)
    version(version_created()).when(lambda s: decide_fail_import(FailImport(VERSION_ID, None, "no", "CODE"), s)).then(failed)
    version(*imported()).when(lambda s: decide_fail_import(FailImport(VERSION_ID, None, "no"), s)).then_nothing()
    version().when(lambda s: decide_fail_import(FailImport(VERSION_ID, None, "no"), s)).then_nothing()


def test_a_full_log_of_an_import_is_noted_once() -> None:
    note, noted = NoteImportLogsOverflow(VERSION_ID), TemplateImportLogsOverflowed(JOB_ID)
    version(version_created(), STARTED).when(lambda s: decide_note_import_logs_overflow(note, s)).then(noted)
    version(version_created(), STARTED, noted).when(lambda s: decide_note_import_logs_overflow(note, s)).then_nothing()
    version().when(lambda s: decide_note_import_logs_overflow(note, s)).then_nothing()


def test_a_pending_import_is_canceled_at_once_and_a_running_one_is_asked_to_stop() -> None:
    cancel = RequestImportCancel(VERSION_ID)
    version(version_created()).when(lambda s: decide_request_import_cancel(cancel, s)).then(TemplateImportCanceled(JOB_ID))
    version(version_created(), STARTED).when(lambda s: decide_request_import_cancel(cancel, s)).then(CANCEL_REQUESTED)


@pytest.mark.parametrize(
    ("history", "kind"),
    [((), NotFound), (imported(), Invalid), (FAILED, Invalid), ((version_created(), STARTED, CANCEL_REQUESTED), Invalid)],
)
def test_what_cannot_be_canceled(history: tuple[Event, ...], kind: type[NotFound | Invalid]) -> None:
    version(*history).when(lambda s: decide_request_import_cancel(RequestImportCancel(VERSION_ID), s)).then_raises(kind)


def test_a_worker_ends_only_what_was_canceled() -> None:
    end = EndCanceledImport(VERSION_ID, WORKER)
    version(version_created(), STARTED, CANCEL_REQUESTED).when(lambda s: decide_end_canceled_import(end, s)).then(
        TemplateImportCanceled(JOB_ID)
    )
    version(version_created(), STARTED).when(lambda s: decide_end_canceled_import(end, s)).then_nothing()


@pytest.mark.parametrize(
    ("history", "status"),
    [
        ((version_created(),), JobStatus.PENDING),
        ((version_created(), STARTED), JobStatus.RUNNING),
        ((version_created(), STARTED, CANCEL_REQUESTED), JobStatus.CANCELING),
        ((version_created(), TemplateImportCanceled(JOB_ID)), JobStatus.CANCELED),
        (FAILED, JobStatus.FAILED),
        (imported(), JobStatus.SUCCEEDED),
    ],
)
def test_how_an_import_stands(history: tuple[Event, ...], status: JobStatus) -> None:
    assert version(*history).state.import_status is status
