"""Commands about builds: which streams they change, what their decisions are told."""

from __future__ import annotations

import dataclasses
from typing import Any

from domain.agents.state import AGENT
from domain.builds.commands import (
    CancelBuild,
    CompleteBuild,
    EndCanceledBuild,
    FailBuild,
    NoteLogsOverflow,
    QueueBuild,
    ReplaceBuildState,
    StartBuild,
)
from domain.builds.decisions import (
    decide_cancel_build,
    decide_note_logs_overflow,
    decide_queue_build,
    decide_replace_state,
    decide_start_build,
)
from domain.builds.endings import decide_complete_build, decide_end_canceled_build, decide_fail_build, orphaned
from domain.builds.events import BuildQueued
from domain.builds.state import BUILD
from domain.builds.values import EndFacts, PreviousBuild
from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.kernel.errors import NotFound
from domain.kernel.names import fold
from domain.reservations.values import RESERVATION, name_stream
from domain.schedules.deadlines import deadlines_at_completion
from domain.templates.state import TEMPLATE
from domain.templates.versions import TEMPLATE_VERSION
from domain.workspaces.state import WORKSPACE, Workspace
from domain.workspaces.values import NAME_KIND
from service.commands.facts.builds import deadline_rules, end_facts, workspace_facts
from service.commands.facts.templates import build_template_facts, version_facts
from service.commands.unit import CommandRoute, Unit
from service.store import build_states
from service.store.append import SideWrite
from service.store.provisioner_daemons import somebody_is_idle

_NO_TOKENS = "DELETE FROM agent_token_digests WHERE agent_id = ANY(%s::uuid[])"


async def _queue(command: QueueBuild, unit: Unit, context: Context) -> Decision:
    unit.new(BUILD, command.build_id)
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    if not workspace.id:
        raise NotFound
    latest = workspace.latest_build
    previous = None
    version_id = command.template_version_id
    if latest is not None:
        before = await unit.load(BUILD, latest.id, hold=False)
        previous = PreviousBuild(before.template_version_id, dict(before.parameters), before.of_task)
        version_id = version_id or before.template_version_id
    template = await unit.load(TEMPLATE, workspace.template_id, hold=False)
    version = await unit.load(TEMPLATE_VERSION, version_id or template.active_version_id, hold=False)
    decision = decide_queue_build(command, workspace_facts(workspace), build_template_facts(template), version_facts(version), previous)
    if command.state is not None or command.orphan:
        unit.write(build_states.put(command.build_id, command.state or b""))
    elif latest is not None:
        unit.write(build_states.inherited(command.build_id, latest.id))
    if not command.orphan:
        return decision
    queued = next(e for part in decision for e in part.events if isinstance(e, BuildQueued))
    if await unit.query(lambda c: somebody_is_idle(c, queued.organization_id, queued.tags, queued.provisioner)):
        return decision
    return (*decision, *orphaned(command, queued, await _end(unit, workspace, command.build_id, "delete", context)))


async def _end(unit: Unit, workspace: Workspace, build_id: str, transition: str, context: Context) -> EndFacts:
    """Everything that the end of a build changes is loaded here, so that its version is checked."""
    facts = await end_facts(unit, workspace, build_id, context)
    living = [a for a in facts.older_agents if not (await unit.load(AGENT, a.id)).deleted]
    if living:
        unit.write(SideWrite(_NO_TOKENS, ([a.id for a in living],)))
    if transition == "delete" and not workspace.deleted:
        await unit.load(RESERVATION, name_stream(NAME_KIND, workspace.owner_id, fold(workspace.name)).id)
    return dataclasses.replace(facts, older_agents=tuple(living))


async def _start(command: StartBuild, unit: Unit, _context: Context) -> Decision:
    return decide_start_build(command, await unit.load(BUILD, command.build_id))


async def _complete(command: CompleteBuild, unit: Unit, context: Context) -> Decision:
    build = await unit.load(BUILD, command.build_id)
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    end = await _end(unit, workspace, command.build_id, build.transition, context)
    deadlines = deadlines_at_completion(context.time, await deadline_rules(unit, workspace))
    for agent in command.agents:
        unit.new(AGENT, agent.id)
    unit.write(build_states.left(command.build_id, command.state, [(agent.id, agent.token_digest) for agent in command.agents]))
    return decide_complete_build(command, build, deadlines, end)


async def _fail(command: FailBuild, unit: Unit, _context: Context) -> Decision:
    await unit.load(WORKSPACE, command.workspace_id)
    return decide_fail_build(command, await unit.load(BUILD, command.build_id))


async def _cancel(command: CancelBuild, unit: Unit, _context: Context) -> Decision:
    await unit.load(WORKSPACE, command.workspace_id)
    return decide_cancel_build(command, await unit.load(BUILD, command.build_id))


async def _end_canceled(command: EndCanceledBuild, unit: Unit, _context: Context) -> Decision:
    await unit.load(WORKSPACE, command.workspace_id)
    return decide_end_canceled_build(command, await unit.load(BUILD, command.build_id))


async def _note_overflow(command: NoteLogsOverflow, unit: Unit, _context: Context) -> Decision:
    return decide_note_logs_overflow(command, await unit.load(BUILD, command.build_id))


async def _replace_state(command: ReplaceBuildState, unit: Unit, _context: Context) -> Decision:
    unit.write(build_states.put(command.build_id, command.state))
    return decide_replace_state(command, await unit.load(BUILD, command.build_id))


def _both(command: Any) -> tuple[str, ...]:
    return command.build_id, command.workspace_id


def _build(command: Any) -> tuple[str, ...]:
    return (command.build_id,)


COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(QueueBuild, lambda c: (c.workspace_id,), _queue),
    CommandRoute(StartBuild, _build, _start),
    CommandRoute(CompleteBuild, _both, _complete),
    CommandRoute(FailBuild, _both, _fail),
    CommandRoute(CancelBuild, _both, _cancel),
    CommandRoute(EndCanceledBuild, _both, _end_canceled),
    CommandRoute(NoteLogsOverflow, _build, _note_overflow),
    CommandRoute(ReplaceBuildState, _build, _replace_state),
)
