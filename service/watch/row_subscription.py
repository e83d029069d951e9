"""What a watcher of a list has been told and not yet sent: each row's newest state, once, in an order that is safe to cut.

Every frame carries the position at which a client that got it may resume: all that changed up to there has been sent. Rows go
out by ascending position; of several with one position only the last names it, the others the one before (design.md 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from service.auth.caller import Caller
from service.observability import metrics
from service.observability.metrics import StreamMeter
from service.watch.frames import Document
from service.watch.outlet import Outlet
from service.watch.subscription import Subscription

if TYPE_CHECKING:
    from service.watch.row_group import RowGroup

METER = StreamMeter("workspaces")

ADDED: Literal["added"] = "added"
CHANGED: Literal["changed"] = "changed"
REMOVED: Literal["removed"] = "removed"


@dataclass(frozen=True, slots=True, eq=False)
class RowChange:
    """A row came, changed or went with the state that it has had since `position`; what went has no document.

    With a `floor` it is not the row that changed but what the reader may see: whoever resumes at or below `floor` is given
    the whole list anew, so that is what such a frame carries.
    """

    kind: Literal["added", "changed", "removed"]
    id: str
    position: int
    document: Document | None
    floor: int | None = None


def _order(change: RowChange) -> tuple[bool, int]:
    return change.floor is None, change.position


class RowSubscription(Subscription):
    """Filled by its group, drained by the stream's task."""

    __slots__ = ("_batch", "_unsent", "group", "known", "last_id", "since")

    def __init__(self, caller: Caller, outlet: Outlet) -> None:
        super().__init__(caller, outlet)
        self.group: RowGroup | None = None
        #: Between two groups: the rows that the client has, and whether in their newest state.
        self.known: Mapping[str, bool] | None = None
        #: Where a client that has got everything so far resumes.
        self.last_id = 0
        #: Rows up to this position were sent, or are waiting, when the group was joined.
        self.since = 0
        self._unsent: dict[str, RowChange] = {}
        self._batch: list[RowChange] = []

    def offer(self, changes: Iterable[RowChange]) -> None:
        """Changes of the group, ascending; a single one is written at once if the reader is waiting for it."""
        self.put(change for change in changes if change.floor is not None or change.position > self.since)
        if not self._unsent:
            return
        if len(self._unsent) == 1 and self.takes_now:
            frame = self.next_frame()
            if frame is not None:
                self.outlet.push(frame)
        else:
            self.wake()

    def put(self, changes: Iterable[RowChange]) -> None:
        """Let these wait; what a change makes pointless is forgotten."""
        for change in changes:
            before = self._unsent.pop(change.id, None)
            merged = change
            if before is not None:
                metrics.count_coalesced()
                if before.kind == ADDED and change.kind == REMOVED:
                    continue  # the client never had it
                if before.kind == ADDED:
                    merged = replace(change, kind=ADDED)
                elif before.kind == REMOVED and change.kind == ADDED:
                    merged = replace(change, kind=CHANGED)
            self._unsent[change.id] = merged

    def next_frame(self) -> bytes | None:
        """The next frame to be sent, None when the client has everything."""
        change = self._next()
        if change is None:
            return None
        del self._unsent[change.id]
        self._batch.pop()
        if change.floor is not None:
            id = min(change.floor, self.last_id)
        else:
            after = self._next_of_batch()
            id = change.position - 1 if after is not None and after.position == change.position else change.position
        self.last_id = id
        METER.frame()
        if change.document is not None:
            return change.document.row_frame(self.outlet.encode, change.kind, id, self.caller.user_id)
        return self.outlet.encode(id, b'{"kind":"removed","position":%d,"workspace_id":"%b"}' % (id, change.id.encode()))

    def unsent(self) -> Iterator[RowChange]:
        """What is waiting."""
        return iter(self._unsent.values())

    def forget(self) -> None:
        """Let nothing wait any more."""
        self._unsent.clear()
        self._batch.clear()

    def _next(self) -> RowChange | None:
        """The change whose turn it is: the last of the batch."""
        change = self._next_of_batch()
        if change is None and self._unsent:
            # Sorted once for all that wait: whatever comes meanwhile has a higher position and waits for the next batch.
            self._batch = sorted(self._unsent.values(), key=_order, reverse=True)
            change = self._batch[-1]
        return change

    def _next_of_batch(self) -> RowChange | None:
        while self._batch and self._unsent.get(self._batch[-1].id) is not self._batch[-1]:
            self._batch.pop()  # a newer state took its place
        return self._batch[-1] if self._batch else None
