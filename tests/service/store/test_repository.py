"""Folding from the log, from the cache and from snapshots gives one state; the cache is never ahead of the log."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from domain.agents.state import AGENT
from domain.builds.state import BUILD
from domain.kernel.decider import Decider, fold
from domain.kernel.events import Event, Recorded, Stream
from domain.workspaces.events import WorkspaceCreated, WorkspaceRenamed, WorkspaceTTLSet
from domain.workspaces.state import WORKSPACE, Workspace
from service.store import state_codec
from service.store.append import Work
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.repository import Repository
from service.store.snapshots import LONG
from tests.service.store.conftest import Store
from tests.support.spec import ALICE, NOON, context


async def grow(store: Store, stream: Stream, first: int, count: int) -> tuple[Recorded, ...]:
    """Append `count` events from version `first` on."""
    events: list[Event] = [WorkspaceTTLSet((first + n) * 60_000) for n in range(count)]
    if first == 1:
        events[0] = WorkspaceCreated(ALICE, ALICE, ALICE, "w", None, None, "never", None)
    return await store.writer.commit(
        Work(tuple(Recorded(e, stream, first + n, str(uuid.uuid4()), NOON, context().metadata) for n, e in enumerate(events)))
    )


def stream() -> Stream:
    return Stream("workspace", str(uuid.uuid4()))


async def snapshots(store: Store) -> list[int]:
    async with store.pool.connection() as connection:
        return [row[0] for row in await (await connection.execute("SELECT version FROM aggregate_snapshots")).fetchall()]


async def test_a_stream_that_does_not_exist_is_the_initial_state(store: Store) -> None:
    assert await store.repository.load(WORKSPACE, str(uuid.uuid4())) == (WORKSPACE.initial, 0, 0)


@pytest.mark.parametrize("count", [1, LONG - 1, LONG, LONG + 1, 2 * LONG, 3 * LONG + 7])
async def test_every_length_folds_to_the_same_state_with_and_without_a_snapshot(store: Store, count: int) -> None:
    one = stream()
    events = await grow(store, one, 1, count)
    expected = (fold(WORKSPACE, events), count, events[-1].position)
    for _ in range(3):
        assert await Repository(store.pool, store.mapper).load(WORKSPACE, one.id) == expected
    more = await grow(store, one, count + 1, 3)
    assert (await Repository(store.pool, store.mapper).load(WORKSPACE, one.id)).state == fold(WORKSPACE, more, expected[0])
    assert bool(await snapshots(store)) == (count >= 2 * LONG)


async def test_a_snapshot_of_another_shape_is_not_read(store: Store) -> None:
    one = stream()
    events = await grow(store, one, 1, 3 * LONG)
    await store.repository.load(WORKSPACE, one.id)
    assert await snapshots(store) == [3 * LONG]
    async with store.pool.connection() as connection:
        await connection.execute("UPDATE aggregate_snapshots SET shape = 'other', state = '{}'")
    assert (await Repository(store.pool, store.mapper).load(WORKSPACE, one.id)).state == fold(WORKSPACE, events)


async def test_own_events_bring_the_cache_forward(store: Store) -> None:
    one = stream()
    await grow(store, one, 1, 2)
    await store.repository.load(WORKSPACE, one.id)
    later = await grow(store, one, 3, 1)
    store.repository.advance(WORKSPACE, later)
    assert (await store.repository.load(WORKSPACE, one.id)).version == 3


async def test_a_gap_empties_the_cache_instead_of_guessing(store: Store) -> None:
    one = stream()
    await grow(store, one, 1, 2)
    await store.repository.load(WORKSPACE, one.id)
    await grow(store, one, 3, 1)
    store.repository.advance(WORKSPACE, await grow(store, one, 4, 1))
    loaded = await store.repository.load(WORKSPACE, one.id)
    assert (loaded.version, loaded.state.ttl_ms) == (4, 4 * 60_000)


async def test_what_another_process_appended_is_seen_once_it_is_told(store: Store) -> None:
    one = stream()
    await grow(store, one, 1, 1)
    await store.repository.load(WORKSPACE, one.id)
    await grow(store, one, 2, 1)
    store.repository.foreign(one.id, 1)
    assert (await store.repository.load(WORKSPACE, one.id)).version == 1
    store.repository.foreign(one.id, 2)
    assert (await store.repository.load(WORKSPACE, one.id)).version == 2


async def test_the_cache_is_bounded(store: Store) -> None:
    small = Repository(store.pool, store.mapper, capacity=3)
    streams = [stream() for _ in range(10)]
    for one in streams:
        await grow(store, one, 1, 1)
        await small.load(WORKSPACE, one.id)
    assert len(small._cache) == 3


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    name: str
    at: datetime | None = None


@dataclass(frozen=True)
class Outer:
    colour: Colour
    inner: Inner | None
    many: tuple[Inner, ...]
    pairs: tuple[tuple[str, int], ...]
    names: frozenset[str]
    table: dict[str, Inner] = field(default_factory=dict)


def test_any_plain_state_survives_its_encoding() -> None:
    at = datetime(2026, 5, 6, 7, 8, 9, 10, tzinfo=UTC)
    state = Outer(Colour.RED, Inner("a", at), (Inner("b"), Inner("c", at)), (("x", 1),), frozenset({"p", "q"}), {"k": Inner("d", at)})
    assert state_codec.decode(Outer, state_codec.encode(state)) == state


@pytest.mark.parametrize("decider", [WORKSPACE, BUILD, AGENT], ids=lambda d: d.category)
def test_the_states_of_long_streams_can_be_encoded(decider: Decider[object]) -> None:
    kind = type(decider.initial)
    assert state_codec.decode(kind, state_codec.encode(decider.initial)) == decider.initial


def test_the_shape_tells_types_apart() -> None:
    assert state_codec.shape(Workspace) != state_codec.shape(Outer)
    assert state_codec.shape(Inner) != state_codec.shape(Outer)


def test_renames_are_folded_in_order() -> None:
    one = stream()
    events = [Recorded(WorkspaceRenamed(ALICE, name), one, n, str(n), NOON, context().metadata, n) for n, name in enumerate("abc", 1)]
    assert fold(WORKSPACE, events).name == "c"


class _Slow(EventMapper):
    """Decodes, and lets something happen before what was read is kept."""

    def __init__(self, keys: KeyRing) -> None:
        super().__init__(keys)
        self.meanwhile: Callable[[], None] = lambda: None

    def decode(self, originator_id: str, version: int, topic: str, state: bytes, position: int = 0) -> Recorded:
        decoded = super().decode(originator_id, version, topic, state, position)
        self.meanwhile()
        return decoded


@pytest.mark.parametrize(
    "tell",
    [
        lambda repository, events: repository.foreign(events[0].stream.id, 2),
        lambda repository, events: repository.evict([events[0].stream.id]),
        lambda repository, events: repository.clear(),
        lambda repository, events: repository.advance(WORKSPACE, events),
    ],
    ids=["foreign", "evict", "clear", "advance"],
)
async def test_what_is_heard_of_a_stream_while_it_is_read_is_not_forgotten(
    store: Store, tell: Callable[[Repository, tuple[Recorded, ...]], None]
) -> None:
    one, mapper = stream(), _Slow(store.keys)
    await grow(store, one, 1, 1)
    repository = Repository(store.pool, mapper)
    second = (Recorded(WorkspaceTTLSet(5), one, 2, str(uuid.uuid4()), NOON, context().metadata, 9),)
    mapper.meanwhile = lambda: tell(repository, second)
    assert (await repository.load(WORKSPACE, one.id)).version == 1
    mapper.meanwhile = lambda: None
    await grow(store, one, 2, 1)
    assert (await repository.load(WORKSPACE, one.id)).version == 2
    assert not repository._readings
