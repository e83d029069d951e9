"""The working set of a rebuild: it starts from nothing, so that what it does not hold does not exist.

Rows are kept until they have been left alone for a while, and written once then, as lines of COPY; versions are written when they
end. How many rows are held is bounded: beyond the bound the largest tables give up those rows that were not looked at for longest,
and from then on rows of these tables that were given up, and are not held, are looked for in the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from psycopg import AsyncConnection, Connection, sql

from projections.engine.memory import STILL
from projections.engine.tables import Key, Row, Rows, Table
from projections.engine.writers import Writers, copied
from projections.engine.written import Written

#: A few hundred megabytes.
KEPT_ROWS = 150_000
#: Lines of one table that are written at once, unless it is the end.
_AT_ONCE = 2000
_UNKNOWN: Any = object()
#: Instead of the position since which a version holds: it is in the database already.
_STORED = 0


class Filling(Rows):
    """As `Rows`, but nothing is fetched that was never written, and nothing is written before it must be."""

    def __init__(self, writers: Writers, *, keep: int = KEPT_ROWS) -> None:
        super().__init__()
        self._writers = writers
        self._keep = keep
        self._young: dict[Table, dict[Key, Row | None]] = defaultdict(dict)
        self._old: dict[Table, dict[Key, Row | None]] = defaultdict(dict)
        #: Tables of which not all rows are held; and those of their rows that are held as they were loaded.
        self._partial: set[Table] = set()
        self._written = Written()
        self._clean: dict[Table, set[Key]] = defaultdict(set)
        #: Versions that still hold, and since when; those in the database that do so no more, and since when.
        self._open: dict[Table, dict[Key, tuple[bytes, int]]] = defaultdict(dict)
        self._ended: dict[Table, dict[Key, int]] = defaultdict(dict)
        #: What the event that is being folded changed, and whether it makes a version whatever was there.
        self._changed: dict[tuple[Table, Key], bool] = {}
        self._lines: dict[Table, list[bytes]] = defaultdict(list)
        self._version_lines: dict[Table, list[bytes]] = defaultdict(list)

    @property
    def size(self) -> int:
        """How many rows are held."""
        return sum(map(len, self._young.values())) + sum(map(len, self._old.values()))

    def get(self, table: Table, *key: Any) -> Row | None:
        """The row, not to be changed; None when there is none. Raises `KeyError` when it had to be announced and was not."""
        row = self._young[table].get(key, _UNKNOWN)
        if row is not _UNKNOWN:
            return row  # type: ignore[no-any-return]
        row = self._old[table].pop(key, _UNKNOWN)
        if row is _UNKNOWN:
            if self._may_be_stored(table, key):
                raise KeyError(key)
            return None
        self._young[table][key] = row
        return row  # type: ignore[no-any-return]

    def edit(self, table: Table, *key: Any) -> Row | None:
        """The row, to be changed in place."""
        row = self.get(table, *key)
        if row is None:
            return None
        if table in self._partial:
            self._clean[table].discard(key)
            if table.remembered and key not in self._open[table] and self._may_be_stored(table, key):
                self._open[table][key] = table.version_line(row), _STORED
        if table.remembered:
            self._changed.setdefault((table, key), False)
        return row

    def put(self, table: Table, row: Row) -> None:
        """A new or replacing row; columns that it lacks are null."""
        whole = {**table.blank, **row}
        if table.written_once:
            self._lines[table].append(table.line(whole))
            return
        key = (row[table.key[0]],) if len(table.key) == 1 else tuple([row[k] for k in table.key])
        self._replace(table, key, whole)

    def delete(self, table: Table, *key: Any) -> None:
        """Remove the row if it exists."""
        self._replace(table, key, None)

    def _replace(self, table: Table, key: Key, row: Row | None) -> None:
        self._old[table].pop(key, None)
        self._young[table][key] = row
        if table in self._partial:
            self._clean[table].discard(key)
        if table.remembered:
            self._changed[table, key] = True

    def settle(self, position: int) -> None:
        """Every model has folded the event at `position`: versions that it ended are written, new ones begin."""
        if not self._changed:
            return
        for (table, key), is_replaced in self._changed.items():
            row = self._young[table][key]
            line = None if row is None else table.version_line(row)
            versions = self._open[table]
            last = versions.get(key)
            if last is None:
                if self._may_be_stored(table, key):
                    self._ended[table].setdefault(key, position)
            elif last[0] == line and not is_replaced:
                continue
            elif last[1] == _STORED:
                self._ended[table].setdefault(key, position)
            else:
                self._version_lines[table].append(b"%b,%d,%d" % (last[0], last[1], position))
            if line is not None:
                versions[key] = line, position
            elif last is not None:
                del versions[key]
        self._changed.clear()

    async def load(self, connection: AsyncConnection[Any], wanted: Iterable[tuple[Table, Key]]) -> None:
        """Fetch the announced rows that are neither here nor known not to exist: one statement per table."""
        if not self._partial:
            return
        missing: dict[Table, set[Key]] = defaultdict(set)
        for table, key in wanted:
            if (
                table in self._partial
                and key not in self._young[table]
                and key not in self._old[table]
                and self._written.may_hold(table, key)
            ):
                missing[table].add(key)
        if missing:
            await self._writers.done(*(table.name for table in missing))
        for table, keys in missing.items():
            found = table.rows(await (await table.select(connection, list(keys))).fetchall())
            self._young[table].update((key, found.get(key)) for key in keys)
            self._clean[table] |= keys

    async def flush(self, _connection: AsyncConnection[Any]) -> None:
        """Hand over what there is much of, and give rows up when too many are held."""
        while self.size > self._keep:
            self._give_up(max({*self._young, *self._old}, key=lambda table: len(self._young[table]) + len(self._old[table])))
        for lines, table in [(len(lines), table) for table, lines in (*self._lines.items(), *self._version_lines.items())]:
            if lines >= _AT_ONCE:
                self._hand_over(table)
        await self._writers.room()

    async def write_out(self) -> None:
        """Write all that is held, so that the database knows it; nothing is held then."""
        await self._write({*self._young, *self._old, *self._lines, *self._version_lines})

    async def expose(self, tables: Sequence[Table]) -> bool:
        """Write what is held of these tables; False when none of them has ever had a row."""
        if not any(table in self._partial or self._young[table] or self._old[table] for table in tables):
            return False
        await self._write(tables)
        return True

    async def _write(self, tables: Iterable[Table]) -> None:
        for table in tables:
            # What is young becomes old the first time.
            self._give_up(table)
            self._give_up(table)
            self._hand_over(table)
        await self._writers.done()

    def forget(self) -> None:
        """Rows that a set-based statement may change are written out before it: nothing of them is held."""

    def _give_up(self, table: Table) -> None:
        """Let go of the table's rows that were not looked at since the last time."""
        rows = self._old[table]
        self._old[table], self._young[table] = self._young[table], {}
        if not rows:
            return
        clean, versions = self._clean[table], self._open[table]
        added: list[bytes] = []
        replaced: list[bytes] = []
        gone: list[Key] = []
        for key, row in rows.items():
            if key in clean:
                clean.discard(key)
            elif self._may_be_stored(table, key):
                if row is None:
                    gone.append(key)
                else:
                    replaced.append(table.line(row))
            elif row is not None:
                added.append(table.line(row))
                self._written.add(table, key)
            version = versions.pop(key, None)
            if version is not None and version[1] != _STORED:
                self._version_lines[table].append(b"%b,%d,%d" % (*version, STILL))
        # Versions that end do so before those that replace them are there.
        if ended := self._ended.pop(table, None):
            self._writers.execute(table.name, *table.end_versions(ended))
        self._hand_over(table)
        if gone:
            self._writers.execute(table.name, *table.delete(gone))
        if replaced:
            self._writers.hand(table.name, partial(_merge, table, replaced), sum(map(len, replaced)))
        if added:
            self._writers.copy(table.name, table.copy_into(table.name), added)
        self._partial.add(table)

    def _may_be_stored(self, table: Table, key: Key) -> bool:
        return table in self._partial and self._written.may_hold(table, key)

    def _hand_over(self, table: Table) -> None:
        if lines := self._lines.pop(table, None):
            self._writers.copy(table.name, table.copy_into(table.name), lines)
        if lines := self._version_lines.pop(table, None):
            self._writers.copy(table.name, table.copy_versions, lines)


def _merge(table: Table, lines: Sequence[bytes], connection: Connection[Any]) -> None:
    """COPY cannot replace rows: it goes by way of a table of the connection's own."""
    staging = sql.Identifier(f"{table.name}_staging")
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    like = sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0")
    with connection.transaction():
        connection.execute(like.format(staging, columns, sql.Identifier(table.name)))
        copied(table.copy_into(f"{table.name}_staging"), lines, connection)
        connection.execute(table.merge)


def pending(touched: Mapping[str, Mapping[str, int]]) -> int:
    """How many documents wait to be rendered."""
    return sum(map(len, touched.values()))
