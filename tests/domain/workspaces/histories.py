"""Histories and facts that the specifications of workspaces start from."""

from __future__ import annotations

from datetime import timedelta

from domain.kernel.events import Event
from domain.schedules.deadlines import Deadlines
from domain.workspaces.events import WorkspaceBuildEnded, WorkspaceBuildQueued, WorkspaceCreated
from domain.workspaces.state import WORKSPACE, Workspace
from domain.workspaces.values import BuildFacts, TemplateFacts
from tests.support.spec import ALICE, NOON, Given, given

ID = "00000000-0000-4000-8000-00000000000f"
ORGANIZATION = "0c9a0000-0000-4000-8000-000000000001"
BUILD = "b1d00000-0000-4000-8000-000000000001"
HOUR_MS = 3_600_000

TEMPLATE = TemplateFacts("7e300000-0000-4000-8000-000000000001", ORGANIZATION, "docker")


def created(
    name: str = "Dev", owner_id: str = ALICE, ttl_ms: int | None = HOUR_MS, schedule: str | None = None, updates: str = "never"
) -> WorkspaceCreated:
    """The first event of a workspace."""
    return WorkspaceCreated(owner_id, ORGANIZATION, TEMPLATE.id, name, schedule, ttl_ms, updates, None)


def running(*more: Event, **fields: object) -> Given[Workspace]:
    """A workspace whose first start succeeded, then `more`."""
    first = created(**fields)  # type: ignore[arg-type]
    return given(WORKSPACE, first, WorkspaceBuildQueued(BUILD, 1, "start"), WorkspaceBuildEnded(BUILD, 1, "start", "succeeded"), *more)


def build(transition: str = "start", deadlines: Deadlines | None = None, *, is_active: bool = False) -> BuildFacts:
    """The latest build; by default it stops in an hour and has no maximum."""
    found = Deadlines(NOON + timedelta(hours=1)) if deadlines is None else deadlines
    return BuildFacts(BUILD, transition, None if is_active else NOON - timedelta(minutes=30), found)
