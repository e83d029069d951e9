"""The functional shape of an aggregate: an initial state, `evolve` for what happened, pure `decide_…` functions beside it.

A decision returns the events to append, per stream. It returns nothing when what was asked for is already so, and raises a
`DomainError` when it must refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.kernel.events import Event, Recorded, Stream

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Decider(Generic[S]):
    """How streams of `category` fold: `evolve(state, recorded)` never refuses, never raises, ignores what it does not need.

    `revision` is raised when `evolve` gives other states of the same shape, so that kept ones are folded anew.
    """

    category: str
    initial: S
    evolve: Callable[[S, Recorded], S]
    revision: int = 1

    def stream(self, id: str) -> Stream:
        """The stream of this category with that id (UUID text)."""
        return Stream(self.category, id)


@dataclass(frozen=True, slots=True)
class Append:
    """Events to add to one stream, in order."""

    stream: Stream
    events: tuple[Event, ...]


Decision = tuple[Append, ...]
NOTHING: Decision = ()


def append(stream: Stream, *events: Event) -> Append:
    """Shorthand for a decision's part."""
    return Append(stream, events)


def fold(decider: Decider[S], recorded: Iterable[Recorded], state: S | None = None) -> S:
    """The state after `recorded`, starting from `state` or the decider's initial one."""
    current = decider.initial if state is None else state
    for one in recorded:
        current = decider.evolve(current, one)
    return current
