"""Folds builds; whatever changes one changes its workspace's document."""

from __future__ import annotations

from typing import Any

from domain.builds.events import (
    BuildCanceled,
    BuildCancelRequested,
    BuildCompleted,
    BuildDeadlineSet,
    BuildFailed,
    BuildLogsOverflowed,
    BuildQueued,
    BuildStarted,
)
from domain.kernel.events import Recorded
from projections.builds.tables import BUILDS
from projections.engine.model import ReadModel, nothing
from projections.engine.tables import Row, Rows

MODEL = ReadModel("builds", (BUILDS,))


@MODEL.on(BuildQueued, reads=nothing)
def on_queued(rows: Rows, event: BuildQueued, recorded: Recorded) -> None:
    """A build with all that was asked for, and nothing yet of what comes of it."""
    rows.put(
        BUILDS,
        {
            "id": recorded.stream.id,
            "workspace_id": event.workspace_id,
            "number": event.number,
            "transition": event.transition,
            "reason": event.reason,
            "initiator_id": event.initiator_id,
            "template_version_id": event.template_version_id,
            "preset_id": event.preset_id,
            "job_id": event.job_id,
            "parameters": event.parameters,
            "resources": [],
            "timings": [],
            "daily_cost": 0,
            "created_at": recorded.time,
            "updated_at": recorded.time,
        },
    )
    rows.touch("workspace", event.workspace_id, recorded.position)


def _edit(rows: Rows, event: Any, recorded: Recorded) -> Row | None:
    row = rows.edit(BUILDS, recorded.stream.id)
    if row is not None:
        row["updated_at"] = recorded.time
        rows.touch("workspace", event.workspace_id, recorded.position)
    return row


@MODEL.on(BuildStarted, BuildFailed, BuildCanceled, BuildCancelRequested, BuildLogsOverflowed)
def on_job_changed(rows: Rows, event: Any, recorded: Recorded) -> None:
    """Only the job's row knows more; the document shows it."""
    _edit(rows, event, recorded)


@MODEL.on(BuildCompleted)
def on_completed(rows: Rows, event: BuildCompleted, recorded: Recorded) -> None:
    """Resources, timings, deadlines."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["resources"] = event.resources
        row["timings"] = event.timings
        row["daily_cost"] = event.daily_cost
        row["deadline"], row["max_deadline"] = event.deadline, event.max_deadline
        row["has_ai_task"], row["has_external_agent"] = event.has_ai_task, event.has_external_agent


@MODEL.on(BuildDeadlineSet)
def on_deadline_set(rows: Rows, event: BuildDeadlineSet, recorded: Recorded) -> None:
    """Extended, bumped, capped or taken away."""
    if (row := _edit(rows, event, recorded)) is not None:
        row["deadline"], row["max_deadline"] = event.deadline, event.max_deadline
