"""Noting what was refused: always, and nothing else."""

from __future__ import annotations

from domain.audit.commands import NoteRefusal
from domain.audit.events import ChangeRefused
from domain.audit.state import REFUSALS
from domain.kernel.context import Context
from domain.kernel.decider import Decision, append


def decide_note_refusal(command: NoteRefusal, stream_id: str, _context: Context) -> Decision:
    """One note per refusal."""
    noted = ChangeRefused(
        command.resource_type, command.resource_id, command.action, command.route, command.status_code, command.organization_id
    )
    return (append(REFUSALS.stream(stream_id), noted),)
