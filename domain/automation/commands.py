"""What the automation asks for. Ids are drawn by whoever asks, as everywhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApplyLifecycle:
    """Do what is due for a workspace at the context's time, if anything is; the ids are for the build that it may need."""

    workspace_id: str
    build_id: str
    job_id: str
