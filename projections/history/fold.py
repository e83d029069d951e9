"""Every event of a workspace, of its builds and of their agents leaves one row: where in the log it lies."""

from __future__ import annotations

from collections.abc import Iterable

import domain.agents.events
import domain.builds.events
import domain.workspaces.events  # noqa: F401  (the three modules register what is folded here)
from domain.kernel.events import Event, Recorded, event_types
from projections.engine.model import ReadModel
from projections.engine.tables import Key, Rows, Table
from projections.history.tables import HISTORY

MODEL = ReadModel("history", (HISTORY,))


def _of(*categories: str) -> list[type[Event]]:
    return [cls for cls in event_types().values() if cls.CATEGORY in categories]


def _nothing(_event: Event, _recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    return ()


@MODEL.on(*_of("workspace"), reads=_nothing)
def on_workspace(rows: Rows, event: Event, recorded: Recorded) -> None:
    """The workspace's own stream."""
    rows.put(HISTORY, {"position": recorded.position, "workspace_id": recorded.stream.id, "type": event.NAME})


@MODEL.on(*_of("build", "agent"), reads=_nothing)
def on_build_or_agent(rows: Rows, event: Event, recorded: Recorded) -> None:
    """Streams of what belongs to a workspace; each of their events names it."""
    workspace_id: str = event.workspace_id  # type: ignore[attr-defined]
    rows.put(HISTORY, {"position": recorded.position, "workspace_id": workspace_id, "type": event.NAME})
