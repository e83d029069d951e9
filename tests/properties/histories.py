"""Random histories over all commands: every deed at least once, in any order, lived through by a service, with all that it answered
on the way about what can be asked for later."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from prometheus_client.samples import Sample

from domain.kernel.events import Recorded
from projections.engine.tail import read_page
from service import bootstrap
from service.observability.metrics import REGISTRY
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.properties.agent_scenes import AGENT_SCENES
from tests.properties.by_itself import BY_ITSELF
from tests.properties.deeds import DEEDS, Deed, Stage, stage
from tests.properties.past import Views, at_rest
from tests.properties.rarer_deeds import RARER
from tests.properties.scenes import SCENES
from tests.support.api import Ledger, running_ledger
from tests.support.watching import Frame, data, messages

ALL: tuple[Deed, ...] = (*DEEDS, *RARER, *SCENES, *AGENT_SCENES, *BY_ITSELF)
#: More than any history has.
MOST_EVENTS = 10_000
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The deeds by their numbers in `ALL`, in the order in which they are done, and the seed of what each of them chooses."""

    seed: int
    order: tuple[int, ...]


#: Every deed, and some of them again.
plans = st.builds(
    Plan,
    seed=st.integers(0, 2**32),
    order=st.lists(st.integers(0, len(ALL) - 1), max_size=12).flatmap(lambda more: st.permutations((*range(len(ALL)), *more))).map(tuple),
)


@dataclass(slots=True)
class History:
    """A deployment with a past: `then` is what was answered, by the position at which it was so, `frames` what the watchers of a list
    of all workspaces were told meanwhile, `log` everything that happened. `changed` names the commands that have changed something,
    `refused` counts the deeds that were not allowed."""

    url: str
    ledger: Ledger
    stage: Stage
    then: dict[int, Views] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    refused: int = 0
    changed: frozenset[str] = frozenset()
    log: Sequence[Recorded] = ()


@contextlib.asynccontextmanager
async def lived(url: str, plan: Plan) -> AsyncIterator[History]:
    """A service over the prepared database `url` in which all of it was done; it still runs. The log is read when it has ended."""
    before = _changes()
    async with running_ledger(url, allow_workspace_renames=True) as ledger:
        history = History(url, ledger, await stage(ledger, plan.seed))
        async with _watched(history):
            for place, number in enumerate(plan.order):
                history.stage.rnd = random.Random(f"{plan.seed} {place}")
                answer = await ALL[number](history.stage)
                assert answer.status < 500, answer.raw
                history.refused += answer.status >= 400
                position, seen = await at_rest(history.stage)
                history.then[position] = seen
        history.changed = frozenset(name for name, times in _changes().items() if times > before.get(name, 0))
        yield history
    async with bootstrap.connected(url) as connection:
        history.log, _ = await read_page(connection, EventMapper(KeyRing()), 0, MOST_EVENTS)


@contextlib.asynccontextmanager
async def _watched(history: History) -> AsyncIterator[None]:
    """Keeps what a watched list of all workspaces tells."""
    async with messages(history.stage.admin, "/workspaces/watch-ws?snapshot=false") as stream:

        async def keep() -> None:
            while True:
                history.frames.append(await data(stream, _PATIENCE_SECONDS))

        keeping = asyncio.create_task(keep())
        try:
            yield
        finally:
            if not keeping.cancel():
                keeping.result()


def _changes() -> Mapping[str, float]:
    """How often each command has changed something in this process, as its metrics page says."""
    samples: list[Sample] = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    return {s.labels["command"]: s.value for s in samples if s.name == "ledger_commands_total" and s.labels["outcome"] == "changed"}
