"""Carries out what is noted for auditors."""

from __future__ import annotations

import uuid
from typing import Any

from domain.audit.commands import NoteRefusal
from domain.audit.decisions import decide_note_refusal
from domain.audit.state import REFUSALS
from domain.kernel.context import Context
from domain.kernel.decider import Decision
from service.commands.unit import CommandRoute, Unit

_REFUSALS = uuid.UUID("b3d6f0a2-91c4-5d7e-a8b5-60718293a4b5")


def refusals_stream_id(user_id: str, day: str) -> str:
    """The stream of what one person was refused on a day, `YYYY-MM-DD`: short, however often they try."""
    return str(uuid.uuid5(_REFUSALS, f"{user_id}|{day}"))


async def _note_refusal(command: NoteRefusal, unit: Unit, context: Context) -> Decision:
    stream_id = refusals_stream_id(command.user_id, command.day)
    await unit.load(REFUSALS, stream_id)
    return decide_note_refusal(command, stream_id, context)


COMMANDS: tuple[CommandRoute[Any], ...] = (CommandRoute(NoteRefusal, lambda c: (refusals_stream_id(c.user_id, c.day),), _note_refusal),)
