"""Deciders as sentences: given these events, when this is decided, then these events, nothing, or this refusal."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import pytest

from domain.kernel.context import Context
from domain.kernel.decider import Decider, Decision, fold
from domain.kernel.errors import DomainError
from domain.kernel.events import Actor, Event, Recorded

S = TypeVar("S")

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALICE = "a11ce000-0000-4000-8000-000000000001"
BOB = "b0b00000-0000-4000-8000-000000000002"


def context(time: datetime = NOON, actor: str | None = ALICE) -> Context:
    """The context of a request that `actor` makes at `time`."""
    return Context(
        Actor("user", actor) if actor else Actor("system"), time, str(uuid.UUID(int=1)), str(uuid.UUID(int=2)), "192.0.2.1", "tests"
    )


def recorded(decider: Decider[Any], id: str, *events: Event, start: datetime = NOON - timedelta(hours=1)) -> list[Recorded]:
    """`events` as the history of a stream, a second apart from `start` on."""
    base = context()
    return [
        Recorded(event, decider.stream(id), n, str(uuid.UUID(int=n)), start + timedelta(seconds=n - 1), base.metadata, n)
        for n, event in enumerate(events, 1)
    ]


class Given(Generic[S]):
    """A history, folded."""

    def __init__(self, state: S) -> None:
        self.state = state

    def when(self, decide: Callable[[S], Decision]) -> Then:
        """Run the decision on the folded state."""
        try:
            return Then(decide(self.state), None)
        except DomainError as refusal:
            return Then((), refusal)


class Then:
    """What came of a decision."""

    def __init__(self, decision: Decision, refusal: DomainError | None) -> None:
        self.decision = decision
        self.refusal = refusal

    @property
    def events(self) -> list[Event]:
        """All events of the decision, streams joined in its order."""
        return [event for part in self.decision for event in part.events]

    def then(self, *events: Event) -> None:
        """Exactly these events, in this order."""
        if self.refusal is not None:
            raise AssertionError(f"refused: {self.refusal!r} {self.refusal.detail} {self.refusal.validations}")
        assert self.events == list(events)

    def then_nothing(self) -> None:
        """Success, and nothing to write."""
        self.then()

    def then_raises(self, kind: type[DomainError], *, field: str | None = None, message: str = "") -> DomainError:
        """This refusal; `field` names one of its violations, `message` is part of its text."""
        if self.refusal is None:
            pytest.fail(f"not refused: {self.events}")
        assert isinstance(self.refusal, kind), repr(self.refusal)
        if field is not None:
            assert field in [v.field for v in self.refusal.validations], self.refusal.validations
        assert message in f"{self.refusal.message} {self.refusal.detail}", self.refusal.message
        return self.refusal


def given(decider: Decider[S], *events: Event, id: str = "00000000-0000-4000-8000-00000000000f") -> Given[S]:
    """The state after `events` of one stream."""
    return Given(fold(decider, recorded(decider, id, *events)))
