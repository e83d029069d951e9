"""What waits for a watcher of a list: each row once, newest state, in an order that is safe to cut anywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

import orjson

from domain.roles import objects
from domain.roles.policy import compile_subject
from service.auth.caller import Caller
from service.watch.frames import Document
from service.watch.row_subscription import ADDED, CHANGED, REMOVED, RowChange, RowSubscription
from tests.support.watching import MemoryOutlet

VIEWER = "11111111-1111-4111-8111-111111111111"
CALLER = Caller(
    VIEWER,
    "viewer",
    "abcdefghij",
    "password",
    compile_subject(VIEWER, (), MappingProxyType({})),
    frozenset(),
    frozenset(),
    datetime(2030, 1, 1, tzinfo=UTC),
)


def subscription(*, is_ready: bool = False) -> tuple[RowSubscription, MemoryOutlet]:
    outlet = MemoryOutlet(is_ready=is_ready)
    return RowSubscription(CALLER, outlet), outlet


def change(kind: str, id: str, position: int, floor: int | None = None) -> RowChange:
    document = None
    if kind != REMOVED:
        body = orjson.dumps({"id": id, "at": position, "favorite": False})
        workspace = objects.workspace(id=id, owner_id=VIEWER, organization_id="")
        document = Document(id, position, body, VIEWER, workspace, "", None)
    return RowChange(kind, id, position, document, floor)  # type: ignore[arg-type]


def drain(waiting: RowSubscription) -> list[tuple[str, str, int]]:
    """(kind, row, resume position) of every frame."""
    frames = []
    while (frame := waiting.next_frame()) is not None:
        position, _, payload = frame.partition(b" ")
        told = orjson.loads(payload)
        assert told["position"] == int(position)
        frames.append((told["kind"], told.get("workspace_id") or told["workspace"]["id"], told["position"]))
    return frames


def test_rows_leave_by_ascending_position() -> None:
    waiting, _ = subscription()
    waiting.put([change(CHANGED, "a", 7), change(ADDED, "b", 3), change(REMOVED, "c", 5)])
    assert drain(waiting) == [(ADDED, "b", 3), (REMOVED, "c", 5), (CHANGED, "a", 7)]


def test_of_rows_with_one_position_only_the_last_names_it() -> None:
    waiting, _ = subscription()
    waiting.put([change(CHANGED, id, 9) for id in "abc"])
    frames = drain(waiting)
    assert sorted(id for _, id, _ in frames) == ["a", "b", "c"]
    assert [position for _, _, position in frames] == [8, 8, 9]


def test_a_row_waits_once_in_its_newest_state() -> None:
    waiting, _ = subscription()
    waiting.put([change(CHANGED, "a", 1), change(CHANGED, "b", 2), change(CHANGED, "a", 3)])
    assert drain(waiting) == [(CHANGED, "b", 2), (CHANGED, "a", 3)]


def test_what_came_and_changed_unseen_has_come() -> None:
    waiting, _ = subscription()
    waiting.put([change(ADDED, "a", 1), change(CHANGED, "a", 2)])
    assert drain(waiting) == [(ADDED, "a", 2)]


def test_what_came_and_went_unseen_is_not_told() -> None:
    waiting, _ = subscription()
    waiting.put([change(ADDED, "a", 1), change(REMOVED, "a", 2)])
    assert drain(waiting) == []


def test_what_went_and_came_back_unseen_has_changed() -> None:
    waiting, _ = subscription()
    waiting.put([change(REMOVED, "a", 1), change(ADDED, "a", 2)])
    assert drain(waiting) == [(CHANGED, "a", 2)]


def test_a_newer_state_that_comes_while_others_are_sent_takes_its_own_turn() -> None:
    waiting, _ = subscription()
    waiting.put([change(CHANGED, "a", 1), change(CHANGED, "b", 2), change(CHANGED, "c", 3)])
    first = waiting.next_frame()
    assert first is not None
    assert first.startswith(b"1 ")
    waiting.put([change(CHANGED, "b", 4)])
    assert drain(waiting) == [(CHANGED, "c", 3), (CHANGED, "b", 4)]


def test_a_change_of_sight_goes_first_and_can_be_resumed_only_below_itself() -> None:
    waiting, _ = subscription()
    waiting.last_id = 10
    waiting.put([change(CHANGED, "a", 12), change(REMOVED, "b", 0, floor=11), change(ADDED, "c", 2, floor=11)])
    frames = drain(waiting)
    assert [(kind, id) for kind, id, _ in frames] == [(REMOVED, "b"), (ADDED, "c"), (CHANGED, "a")]
    assert [position for _, _, position in frames] == [10, 10, 12]


def test_rows_that_a_resumed_client_was_given_already_are_not_told_again() -> None:
    waiting, _ = subscription()
    waiting.since = 5
    waiting.offer([change(CHANGED, "a", 5), change(CHANGED, "b", 6)])
    assert drain(waiting) == [(CHANGED, "b", 6)]


def test_an_idle_reader_is_written_to_at_once() -> None:
    waiting, outlet = subscription(is_ready=True)
    waiting.is_idle = True
    waiting.offer([change(ADDED, "a", 4)])
    assert [frame.partition(b" ")[0] for frame in outlet.frames] == [b"4"]
    assert drain(waiting) == []


def test_a_reader_whose_rights_must_be_looked_at_is_written_nothing() -> None:
    waiting, outlet = subscription(is_ready=True)
    waiting.look_again(3)
    waiting.is_idle = True
    waiting.offer([change(ADDED, "a", 4)])
    assert outlet.frames == []


def test_the_lowest_position_of_several_changes_of_rights_is_kept() -> None:
    waiting, _ = subscription()
    waiting.look_again(9)
    waiting.look_again(7)
    waiting.look_again(12)
    assert waiting.floor == 7
