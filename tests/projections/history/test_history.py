"""Which events belong to which workspace, and how its history is paged."""

from __future__ import annotations

import pytest

from domain.agents.events import AgentConnected
from domain.builds.events import BuildCanceled, BuildStarted
from domain.kernel.events import Event
from domain.users.events import UserSeen
from domain.workspaces.events import WorkspaceFavorited, WorkspaceTTLSet, WorkspaceUnfavorited
from projections.history.queries import positions_of
from tests.projections.workspaces.histories import history, uid
from tests.support.projecting import Projecting

MINE, OTHER, BUILD, AGENT, JOB = (uid(name) for name in ("mine", "other", "build", "agent", "job"))
ENTRIES: list[tuple[str, Event]] = [
    (MINE, WorkspaceTTLSet(1)),
    (OTHER, WorkspaceTTLSet(2)),
    (BUILD, BuildStarted(MINE, JOB, uid("worker"))),
    (uid("ann"), UserSeen()),
    (AGENT, AgentConnected(MINE, BUILD)),
    (MINE, WorkspaceFavorited()),
    (BUILD, BuildCanceled(MINE, JOB, "start")),
    (MINE, WorkspaceUnfavorited()),
]
#: Positions of the entries that are history of MINE; `history` leaves gaps of three.
POSITIONS = [3, 9, 15, 18, 21, 24]


async def test_it_holds_the_events_of_the_workspace_its_builds_and_its_agents(projecting: Projecting) -> None:
    await projecting.fold(history(*ENTRIES))
    found = await positions_of(projecting.connection, MINE, before=2**62, after=0, type="", limit=100)
    assert found == POSITIONS[::-1]
    assert await positions_of(projecting.connection, OTHER, before=2**62, after=0, type="", limit=100) == [6]


@pytest.mark.parametrize(
    ("before", "after", "type", "limit", "found"),
    [
        (2**62, 0, "", 2, [24, 21]),
        (21, 9, "", 10, [18, 15]),
        (2**62, 0, "WorkspaceFavorited", 10, [18]),
        (2**62, 18, "WorkspaceFavorited", 10, []),
        (2**62, 0, "NothingHappened", 10, []),
    ],
)
async def test_bounds_are_exclusive_and_types_filter(
    projecting: Projecting, before: int, after: int, type: str, limit: int, found: list[int]
) -> None:
    await projecting.fold(history(*ENTRIES))
    assert await positions_of(projecting.connection, MINE, before=before, after=after, type=type, limit=limit) == found


async def test_batches_make_no_difference(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(history(*ENTRIES))
