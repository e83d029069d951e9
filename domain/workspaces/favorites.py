"""The owner's favourites. Source: contract/workspaces.md 5.7."""

from __future__ import annotations

from domain.kernel.decider import NOTHING, Decision, append
from domain.workspaces.commands import FavoriteWorkspace, UnfavoriteWorkspace
from domain.workspaces.decisions import existing
from domain.workspaces.events import WorkspaceFavorited, WorkspaceUnfavorited
from domain.workspaces.state import WORKSPACE, Workspace


def decide_favorite(_command: FavoriteWorkspace, state: Workspace) -> Decision:
    """A favourite from now on."""
    workspace = existing(state)
    return NOTHING if workspace.favorite else (append(WORKSPACE.stream(workspace.id), WorkspaceFavorited()),)


def decide_unfavorite(_command: UnfavoriteWorkspace, state: Workspace) -> Decision:
    """No favourite any more."""
    workspace = existing(state)
    return (append(WORKSPACE.stream(workspace.id), WorkspaceUnfavorited()),) if workspace.favorite else NOTHING
