"""A stream of refusals has no state that decides anything: it counts."""

from __future__ import annotations

from domain.kernel.decider import Decider
from domain.kernel.events import Recorded


def evolve(state: int, _recorded: Recorded) -> int:
    """One more."""
    return state + 1


REFUSALS: Decider[int] = Decider("audit", 0, evolve)
