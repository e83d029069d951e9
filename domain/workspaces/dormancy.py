"""Dormant or awake. Source: contract/workspaces.md 5.4."""

from __future__ import annotations

from domain.kernel.context import Context
from domain.kernel.decider import NOTHING, Decision, append
from domain.schedules.deadlines import later
from domain.workspaces.commands import SetDormancy
from domain.workspaces.decisions import existing, refuse_prebuild
from domain.workspaces.events import WorkspaceDormancySet
from domain.workspaces.state import WORKSPACE, Workspace
from domain.workspaces.values import TemplateFacts


def decide_set_dormancy(command: SetDormancy, state: Workspace, template: TemplateFacts, context: Context) -> Decision:
    """Dormant from now on, to be deleted when the template says so; or awake, which counts as a use."""
    workspace = existing(state)
    refuse_prebuild(workspace, "Dormancy updates are not supported for prebuilt workspaces")
    if command.dormant == (workspace.dormant_at is not None):
        return NOTHING
    if not command.dormant:
        return (append(WORKSPACE.stream(workspace.id), WorkspaceDormancySet(None, None)),)
    span = template.time_til_dormant_autodelete_ms
    deleting_at = later(context.time, span) if span > 0 else None
    return (append(WORKSPACE.stream(workspace.id), WorkspaceDormancySet(context.time, deleting_at)),)
