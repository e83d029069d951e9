"""Workspaces and their builds as decisions of other features see them."""

from __future__ import annotations

from domain.builds.state import BUILD, Build
from domain.schedules.deadlines import Deadlines
from domain.workspaces import values as workspaces
from domain.workspaces.state import Workspace
from service.commands.unit import Unit


def workspace_build_facts(id: str, build: Build) -> workspaces.BuildFacts:
    """A workspace's latest build as far as its deadlines are concerned."""
    return workspaces.BuildFacts(id, build.transition, build.completed_at, Deadlines(build.deadline, build.max_deadline))


async def latest_build(unit: Unit, workspace: Workspace) -> workspaces.BuildFacts | None:
    """The deadlines of the workspace's latest build; its stream is held, because a decision may move them."""
    if workspace.latest_build is None:
        return None
    id = workspace.latest_build.id
    return workspace_build_facts(id, await unit.load(BUILD, id))
