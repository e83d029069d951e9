"""Commands about template versions, their imports and dry runs: which streams they change, what their decisions are told."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.reservations.values import RESERVATION, Reservation
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
from domain.templates.dry_runs import DRY_RUN
from domain.templates.state import TEMPLATE
from domain.templates.values import BUILT_IN
from domain.templates.version_commands import (
    ArchiveTemplateVersion,
    ArchiveUnusedVersions,
    CompleteImport,
    CreateTemplateVersion,
    EndCanceledImport,
    FailImport,
    NoteImportLogsOverflow,
    RequestImportCancel,
    StartImport,
    UnarchiveTemplateVersion,
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
)
from domain.templates.versions import TEMPLATE_VERSION, version_name
from service.commands.unit import CommandRoute, Unit
from service.store import template_variables
from service.store.job_logs import DAEMON, LogLine, stored_with

# Advisory: a build that is queued at this moment still gets an archived version (contract/lifecycle.md A4).
_BUILT = """
    SELECT DISTINCT b.template_version_id
    FROM workspaces w
    JOIN builds b ON b.id = w.latest_build_id
    WHERE w.template_id = %s::uuid AND NOT w.deleted
"""
_UNARCHIVED = "SELECT id FROM template_versions WHERE template_id = %s::uuid AND NOT archived ORDER BY created_at, id"

_QUEUED = "Queued"
#: People follow the log of what they push, and would wait without knowing for what (contract/clients.md 6).
_FOR_OTHERS = (
    "The archive has no template.yaml, so this service cannot carry it out itself: the import waits for a provisioner of the kind {}, "
    "which would have to be attached."
)


async def _create(command: CreateTemplateVersion, unit: Unit, context: Context) -> Decision:
    await unit.load(TEMPLATE_VERSION, command.version_id)
    template, name = None, Reservation()
    if command.template_id is not None:
        template = await unit.load(TEMPLATE, command.template_id)
        name = await unit.load(RESERVATION, version_name(command.template_id, command.name).stream.id)
    for statement in template_variables.given(command.version_id, command.variables):
        unit.write(statement)
    if command.provisioner != BUILT_IN:
        line = LogLine(context.time, _QUEUED, _FOR_OTHERS.format(command.provisioner), DAEMON, "warn")
        unit.write(stored_with(command.job_id, [line]))
    return decide_create_version(command, template, name)


async def _update(command: UpdateTemplateVersion, unit: Unit, _context: Context) -> Decision:
    state = await unit.load(TEMPLATE_VERSION, command.version_id)
    name = Reservation()
    if state.template_id is not None and command.name and command.name != state.name:
        name = await unit.load(RESERVATION, version_name(state.template_id, command.name).stream.id)
        await unit.load(RESERVATION, version_name(state.template_id, state.name).stream.id)
    return decide_update_version(command, state, name)


async def _usage(unit: Unit, template_id: str | None) -> Usage:
    if template_id is None:
        return Usage("", frozenset())

    async def built(connection: AsyncConnection[Any]) -> frozenset[str]:
        cursor = await connection.execute(_BUILT, (template_id,))
        return frozenset([row[0] for row in await cursor.fetchall()])

    template = await unit.load(TEMPLATE, template_id)
    return Usage(template.active_version_id, await unit.query(built))


async def _archive(command: ArchiveTemplateVersion, unit: Unit, _context: Context) -> Decision:
    state = await unit.load(TEMPLATE_VERSION, command.version_id)
    return decide_archive_version(state, await _usage(unit, state.template_id))


async def _archive_unused(command: ArchiveUnusedVersions, unit: Unit, _context: Context) -> Decision:
    async def unarchived(connection: AsyncConnection[Any]) -> list[str]:
        cursor = await connection.execute(_UNARCHIVED, (command.template_id,))
        return [row[0] for row in await cursor.fetchall()]

    usage = await _usage(unit, command.template_id)
    versions = [await unit.load(TEMPLATE_VERSION, id) for id in await unit.query(unarchived) if id not in usage]
    return decide_archive_unused(command, await unit.load(TEMPLATE, command.template_id), versions, usage)


async def _unarchive(command: UnarchiveTemplateVersion, unit: Unit, _context: Context) -> Decision:
    return decide_unarchive_version(await unit.load(TEMPLATE_VERSION, command.version_id))


async def _start_import(command: StartImport, unit: Unit, _context: Context) -> Decision:
    return decide_start_import(command, await unit.load(TEMPLATE_VERSION, command.version_id))


async def _complete_import(command: CompleteImport, unit: Unit, _context: Context) -> Decision:
    for statement in template_variables.resolved(command.version_id, command.variables):
        unit.write(statement)
    return decide_complete_import(command, await unit.load(TEMPLATE_VERSION, command.version_id))


async def _fail_import(command: FailImport, unit: Unit, _context: Context) -> Decision:
    return decide_fail_import(command, await unit.load(TEMPLATE_VERSION, command.version_id))


async def _note_import_overflow(command: NoteImportLogsOverflow, unit: Unit, _context: Context) -> Decision:
    return decide_note_import_logs_overflow(command, await unit.load(TEMPLATE_VERSION, command.version_id))


async def _request_import_cancel(command: RequestImportCancel, unit: Unit, _context: Context) -> Decision:
    return decide_request_import_cancel(command, await unit.load(TEMPLATE_VERSION, command.version_id))


async def _end_canceled_import(command: EndCanceledImport, unit: Unit, _context: Context) -> Decision:
    return decide_end_canceled_import(command, await unit.load(TEMPLATE_VERSION, command.version_id))


async def _queue_dry_run(command: QueueDryRun, unit: Unit, _context: Context) -> Decision:
    await unit.load(DRY_RUN, command.dry_run_id)
    return decide_queue_dry_run(command, await unit.load(TEMPLATE_VERSION, command.version_id))


async def _start_dry_run(command: StartDryRun, unit: Unit, _context: Context) -> Decision:
    return decide_start_dry_run(command, await unit.load(DRY_RUN, command.dry_run_id))


async def _complete_dry_run(command: CompleteDryRun, unit: Unit, _context: Context) -> Decision:
    return decide_complete_dry_run(command, await unit.load(DRY_RUN, command.dry_run_id))


async def _fail_dry_run(command: FailDryRun, unit: Unit, _context: Context) -> Decision:
    return decide_fail_dry_run(command, await unit.load(DRY_RUN, command.dry_run_id))


async def _note_dry_run_overflow(command: NoteDryRunLogsOverflow, unit: Unit, _context: Context) -> Decision:
    return decide_note_dry_run_logs_overflow(command, await unit.load(DRY_RUN, command.dry_run_id))


async def _request_dry_run_cancel(command: RequestDryRunCancel, unit: Unit, _context: Context) -> Decision:
    return decide_request_dry_run_cancel(command, await unit.load(DRY_RUN, command.dry_run_id))


async def _end_canceled_dry_run(command: EndCanceledDryRun, unit: Unit, _context: Context) -> Decision:
    return decide_end_canceled_dry_run(command, await unit.load(DRY_RUN, command.dry_run_id))


COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(CreateTemplateVersion, lambda c: (c.version_id, *([c.template_id] if c.template_id else ())), _create),
    CommandRoute(UpdateTemplateVersion, lambda c: (c.version_id, *([c.template_id] if c.template_id else ())), _update),
    CommandRoute(ArchiveTemplateVersion, lambda c: (c.version_id,), _archive),
    CommandRoute(ArchiveUnusedVersions, lambda c: (c.template_id,), _archive_unused),
    CommandRoute(UnarchiveTemplateVersion, lambda c: (c.version_id,), _unarchive),
    CommandRoute(StartImport, lambda c: (c.version_id,), _start_import),
    CommandRoute(CompleteImport, lambda c: (c.version_id,), _complete_import),
    CommandRoute(FailImport, lambda c: (c.version_id,), _fail_import),
    CommandRoute(NoteImportLogsOverflow, lambda c: (c.version_id,), _note_import_overflow),
    CommandRoute(RequestImportCancel, lambda c: (c.version_id,), _request_import_cancel),
    CommandRoute(EndCanceledImport, lambda c: (c.version_id,), _end_canceled_import),
    CommandRoute(QueueDryRun, lambda c: (c.dry_run_id,), _queue_dry_run),
    CommandRoute(StartDryRun, lambda c: (c.dry_run_id,), _start_dry_run),
    CommandRoute(CompleteDryRun, lambda c: (c.dry_run_id,), _complete_dry_run),
    CommandRoute(FailDryRun, lambda c: (c.dry_run_id,), _fail_dry_run),
    CommandRoute(NoteDryRunLogsOverflow, lambda c: (c.dry_run_id,), _note_dry_run_overflow),
    CommandRoute(RequestDryRunCancel, lambda c: (c.dry_run_id,), _request_dry_run_cancel),
    CommandRoute(EndCanceledDryRun, lambda c: (c.dry_run_id,), _end_canceled_dry_run),
)
