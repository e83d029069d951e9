"""The versions of rows that a batch makes, one for each event that changed one, collected while it is folded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from projections.engine.tables import Key, Row, Table, Write

#: `until` of a version that still holds.
STILL: Final = 2**62
#: Instead of what a row was before: it was put or deleted, which always makes a version, whatever was there.
_ANYTHING: Final = object()


class Memory:
    """Collects the versions that the events of a batch make, and writes them set-based.

    Whether an event made a version must not depend on what else is in its batch: a row that was edited makes one when a
    remembered column is another than before the event, a row that was put or deleted always does.
    """

    def __init__(self) -> None:
        self._before: dict[Table, dict[Key, object]] = defaultdict(dict)
        self._last: dict[Table, dict[Key, bytes | None]] = defaultdict(dict)
        self._made: dict[Table, list[tuple[Key, bytes | None, int]]] = defaultdict(list)

    def edits(self, table: Table, key: Key, row: Row) -> None:
        """The row is about to be changed in place."""
        before = self._before[table]
        if key not in before:
            last = self._last[table].get(key)
            before[key] = table.packed(row) if last is None else last

    def replaces(self, table: Table, key: Key) -> None:
        """The row is put anew, or deleted."""
        self._before[table][key] = _ANYTHING

    def settle(self, rows: Mapping[Table, Mapping[Key, Row | None]], position: int) -> None:
        """An event was folded by every model: what it left of the rows it changed holds from its position on."""
        for table, keys in self._before.items():
            known, last, made = rows[table], self._last[table], self._made[table]
            for key, before in keys.items():
                row = known[key]
                now = None if row is None else table.packed(row)
                if now != before:
                    last[key] = now
                    made.append((key, now, position))
            keys.clear()

    def writes(self) -> list[Write]:
        """What was made since they were last asked for: ends of the versions that held until then, and the new ones.

        The parts of one statement do not see each other's rows, so that no end can touch a version that is new.
        """
        writes = [write for table, made in self._made.items() if made for write in _writes(table, made)]
        self._made.clear()
        return writes

    def forget(self) -> None:
        """Rows may have been changed behind the batch."""
        self._before.clear()
        self._last.clear()
        self._made.clear()


def _writes(table: Table, made: list[tuple[Key, bytes | None, int]]) -> Iterator[Write]:
    since: dict[Key, int] = {}
    added: list[tuple[bytes, int, int]] = []
    # From the last to the first: each version ends where the next of its row begins.
    for key, values, position in reversed(made):
        if values is not None:
            added.append((values, position, since.get(key, STILL)))
        since[key] = position
    yield table.end_versions(since)
    if added:
        yield table.add_versions(added)
