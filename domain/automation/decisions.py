"""What follows when a rule of a workspace is due. The rules themselves: `domain.schedules.automation`."""

from __future__ import annotations

from datetime import datetime

from domain.automation.commands import ApplyLifecycle
from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.events import Stream
from domain.schedules.automation import Candidate, dormancy_deletes_at, due, missing_next_start
from domain.workspaces.events import WorkspaceDormancySet, WorkspaceNextStartSet


def decide_apply_lifecycle(
    command: ApplyLifecycle, candidate: Candidate, next_start_at: datetime | None, queued: Decision, context: Context
) -> Decision:
    """The first rule that is due: its build, decided as `queued`, and dormancy, both in one append; else a missing next start.

    Nothing when nothing is due (any more): asking twice, or from two processes, has one effect, because workspace and build
    are those of the append. Source: contract/lifecycle.md E.
    """
    stream = Stream("workspace", command.workspace_id)
    action = due(candidate, context.time)
    if action is None:
        start = missing_next_start(candidate, next_start_at, context.time)
        return NOTHING if start is None else (append(stream, WorkspaceNextStartSet(start)),)
    parts: list[Append] = []
    if action.transition is not None:
        parts += queued
    if action.becomes_dormant:
        dormant = WorkspaceDormancySet(context.time, dormancy_deletes_at(context.time, candidate.template))
        parts.append(append(stream, dormant))
    return tuple(parts)
