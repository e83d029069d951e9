"""What a rebuild says on stderr while it goes along: which part of it is done now, and how far the events are."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

from projections.engine.fill import STRAIGHT, Course
from service.cli.progress import ProgressBar


def shown(label: str, rest: Callable[[int, float], Awaitable[None]] = STRAIGHT.rest) -> Course:
    """A course that says how far the events are, and names the other parts; away from a terminal only if it takes long.

    A processor is left to the service that may run beside it.
    """
    bar = ProgressBar(label)

    def phase(name: str) -> None:
        if name != "events":
            bar.phase(name)

    return Course(progress=bar, phase=phase, rest=rest, spare=1)


def step_back(niceness: int) -> None:
    """Let this process have only what others on the machine leave: 0 is nothing special, 19 the least."""
    if niceness:
        os.nice(niceness)
