"""Rows of read models in memory: loaded for a batch, changed by folds, written back with one statement per table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString, NamedTuple

import orjson
from psycopg import AsyncConnection, AsyncCursor

from projections.engine.lines import FORMAT, Lines
from projections.engine.memory import STILL, Memory

Row = dict[str, Any]
Key = tuple[Any, ...]

#: SQL types a fold may write; rows travel as one JSON document, which costs a tenth of arrays by column.
_KINDS = frozenset({"uuid", "text", "bigint", "integer", "boolean", "timestamptz", "double precision", "jsonb"})
#: Kinds of keys whose values need no quotes in an array's text form.
_BARE = frozenset({"uuid", "bigint", "integer"})
_AS_STORED = orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS


class Write(NamedTuple):
    """A statement that changes rows of one table or versions of them."""

    statement: LiteralString
    parameters: Sequence[Any]


@dataclass(frozen=True, eq=False)
class Table:
    """A table that folds own: `columns` maps each column that they write to its SQL type; `key` names the primary key.

    Columns of the table that are not listed here (rendered documents, generated columns) are left alone by writes.
    `remembered` names the columns whose past is kept (`versions.py`), the key's among them: none, no past. `derived` says for
    columns that are not folded how they are computed in the past, as SQL over the version `v`; `past_indexes` are indexes of
    versions besides the one by key, as what follows the table's name. A row that is `written_once` is put and never looked at
    again by any fold.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    remembered: tuple[str, ...] = ()
    derived: Mapping[str, str] = field(default_factory=dict)
    past_indexes: tuple[str, ...] = ()
    written_once: bool = False
    _sql: dict[str, LiteralString] = field(default_factory=dict, repr=False)
    _kept: tuple[str, ...] = field(default=(), init=False, repr=False)
    #: A row of nulls.
    blank: Mapping[str, None] = field(default_factory=dict, init=False, repr=False)
    #: Make a line of a whole row, and of a version without its positions, for `copy_into` and `copy_versions`.
    line: Lines = field(init=False, repr=False)
    version_line: Lines = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if unknown := set(self.columns.values()) - _KINDS:
            raise TypeError(f"{self.name}: rows cannot hold {unknown}")
        names = list(self.columns)
        keys = ", ".join(f"%s::{self.columns[k]}[]" for k in self.key)
        aliases = ", ".join(self.key)
        condition = " AND ".join(f"t.{k} = k.{k}" for k in self.key)
        rest = [n for n in names if n not in self.key]
        update = "DO UPDATE SET " + ", ".join(f"{n} = EXCLUDED.{n}" for n in rest) if rest else "DO NOTHING"
        self._sql["load"] = (
            f"SELECT {', '.join('t.' + n for n in names)} FROM unnest({keys}) AS k ({aliases}) JOIN {self.name} t ON {condition}"
        )
        self._sql["upsert"] = (
            f"INSERT INTO {self.name} ({', '.join(names)}) SELECT {', '.join('n.' + n for n in names)}"
            f" FROM json_to_recordset(%s::json) AS n ({', '.join(f'{n} {kind}' for n, kind in self.columns.items())})"
            f" ON CONFLICT ({aliases}) {update}"
        )
        self._sql["delete"] = f"DELETE FROM {self.name} t USING unnest({keys}) AS k ({aliases}) WHERE {condition}"
        self._sql["end"] = (
            f"UPDATE {self.name}_versions t SET until = k.since FROM unnest({keys}, %s::bigint[]) AS k ({aliases}, since)"
            f" WHERE {condition} AND t.until = {STILL}"
        )
        kept = self.version_columns
        self._sql["add"] = (
            f"INSERT INTO {self.name}_versions ({', '.join(kept)}, position, until)"
            f" SELECT {', '.join('n.' + n for n in kept)}, n.position, n.until"
            f" FROM json_to_recordset(%s::json) AS n ({', '.join(f'{n} {self.columns[n]}' for n in kept)}, position bigint, until bigint)"
        )
        self._sql["copy_versions"] = f"COPY {self.name}_versions ({', '.join(kept)}, position, until) FROM STDIN {FORMAT}"
        self._sql["merge"] = (
            f"INSERT INTO {self.name} ({', '.join(names)}) SELECT {', '.join(names)} FROM {self.name}_staging"
            f" ON CONFLICT ({aliases}) {update}"
        )
        object.__setattr__(self, "line", Lines(self.columns, names))
        object.__setattr__(self, "version_line", Lines(self.columns, kept))
        object.__setattr__(self, "_kept", kept)
        object.__setattr__(self, "blank", dict.fromkeys(names))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the tables in the database: its own, and that of its versions if any are kept."""
        return (self.name, f"{self.name}_versions") if self.remembered else (self.name,)

    @property
    def version_columns(self) -> tuple[str, ...]:
        """What versions hold: the key, then the other remembered columns."""
        return (*self.key, *(name for name in self.remembered if name not in self.key))

    def packed(self, row: Row) -> bytes:
        """The version that the row is now, as JSON. Keys are sorted: equal documents are equal text."""
        return orjson.dumps({name: row[name] for name in self._kept}, option=_AS_STORED)

    def end_versions(self, since: Mapping[Key, int]) -> Write:
        """The versions of these rows that still hold do so no more from these positions on."""
        return Write(self._sql["end"], [*self._keys(list(since)), _bare(since.values())])

    def add_versions(self, versions: Iterable[tuple[bytes, int, int]]) -> Write:
        """Versions as `packed`, each with its position and until."""
        rows = [b'%b,"position":%d,"until":%d}' % (packed[:-1], position, until) for packed, position, until in versions]
        return Write(self._sql["add"], (f"[{b','.join(rows).decode()}]",))

    def copy_into(self, name: str) -> LiteralString:
        """Takes in lines of whole rows; `name` is the table's or that of one like it."""
        return f"COPY {name} ({', '.join(self.columns)}) FROM STDIN {FORMAT}"

    @property
    def copy_versions(self) -> LiteralString:
        """Takes in lines of versions, each with its position and until."""
        return self._sql["copy_versions"]

    @property
    def merge(self) -> LiteralString:
        """Puts what is in `<name>_staging` into the table, in the place of rows with the same keys."""
        return self._sql["merge"]

    def _keys(self, keys: Sequence[Key]) -> list[Any]:
        """One array for each column of the key."""
        columns = [[key[i] for key in keys] for i in range(len(self.key))]
        return [_bare(values) if self.columns[name] in _BARE else values for name, values in zip(self.key, columns, strict=True)]

    async def select(self, connection: AsyncConnection[Any], keys: Sequence[Key]) -> AsyncCursor[Any]:
        """Ask for the rows that exist under these keys; `rows` reads what comes back."""
        return await connection.execute(self._sql["load"], self._keys(keys))

    def rows(self, values: Iterable[Sequence[Any]]) -> dict[Key, Row]:
        """The rows that `select` found, by key."""
        names = list(self.columns)
        rows = [dict(zip(names, row, strict=True)) for row in values]
        return {tuple(row[k] for k in self.key): row for row in rows}

    def upsert(self, rows: Sequence[Row]) -> Write:
        """Whole rows, new or known."""
        return Write(self._sql["upsert"], (orjson.dumps(rows, option=orjson.OPT_UTC_Z).decode(),))

    def delete(self, keys: Sequence[Key]) -> Write:
        """No rows under these keys."""
        return Write(self._sql["delete"], self._keys(keys))


def _bare(values: Iterable[object]) -> str:
    """An array's text form, for values that need no quotes."""
    return "{" + ",".join([str(value) for value in values]) + "}"


class Rows:
    """The working set of one batch. Folds see only rows whose keys were announced (`reads`), so that loading is set-based."""

    def __init__(self) -> None:
        self._rows: dict[Table, dict[Key, Row | None]] = defaultdict(dict)
        self._dirty: dict[Table, set[Key]] = defaultdict(set)
        self._memory = Memory()
        self.touched: dict[str, dict[str, int]] = defaultdict(dict)
        #: Which set of tables the rows are of; a rebuild puts another in place.
        self.origin: int | None = None

    @property
    def size(self) -> int:
        """How many rows are held."""
        return sum(len(rows) for rows in self._rows.values())

    def get(self, table: Table, *key: Any) -> Row | None:
        """The row, not to be changed; None when there is none. Raises `KeyError` when the key was not announced."""
        return self._rows[table][key]

    def edit(self, table: Table, *key: Any) -> Row | None:
        """The row, to be changed in place; it will be written."""
        row = self._rows[table][key]
        if row is not None:
            self._dirty[table].add(key)
            if table.remembered:
                self._memory.edits(table, key, row)
        return row

    def put(self, table: Table, row: Row) -> None:
        """A new or replacing row; columns that it lacks are null. Its key need not have been announced."""
        key = (row[table.key[0]],) if len(table.key) == 1 else tuple([row[k] for k in table.key])
        self._rows[table][key] = {**table.blank, **row}
        self._dirty[table].add(key)
        if table.remembered:
            self._memory.replaces(table, key)

    def delete(self, table: Table, *key: Any) -> None:
        """Remove the row if it exists."""
        self._rows[table][key] = None
        self._dirty[table].add(key)
        if table.remembered:
            self._memory.replaces(table, key)

    def settle(self, position: int) -> None:
        """Every model has folded the event at `position`: remember what it made of the rows whose past is kept."""
        self._memory.settle(self._rows, position)

    def touch(self, kind: str, id: str, position: int) -> None:
        """Say that what is rendered for `id` changed at `position`; read in the model's `finish`."""
        self.touched[kind][id] = position

    async def load(self, connection: AsyncConnection[Any], wanted: Iterable[tuple[Table, Key]]) -> None:
        """Fetch the announced rows that are not here yet: one statement per table."""
        missing: dict[Table, set[Key]] = defaultdict(set)
        for table, key in wanted:
            if key not in self._rows[table]:
                missing[table].add(key)
        if not missing:
            return
        async with connection.pipeline():
            asked = [(table, keys, await table.select(connection, list(keys))) for table, keys in missing.items()]
            for table, keys, cursor in asked:
                found = table.rows(await cursor.fetchall())
                known = self._rows[table]
                for key in keys:
                    known[key] = found.get(key)

    async def flush(self, connection: AsyncConnection[Any]) -> None:
        """Write what changed since the last flush, as one statement: its parts change different rows, so their order is nothing
        to them, and statements by the dozen would cost more than what they do."""
        writes: list[Write] = []
        for table, keys in self._dirty.items():
            rows = self._rows[table]
            changed = [row for key in keys if (row := rows[key]) is not None]
            gone = [key for key in keys if rows[key] is None]
            if gone:
                writes.append(table.delete(gone))
            if changed:
                writes.append(table.upsert(changed))
        writes += self._memory.writes()
        self._dirty.clear()
        if writes:
            parts = ", ".join(f"w{number} AS ({write.statement})" for number, write in enumerate(writes))
            await connection.execute(f"WITH {parts} SELECT", [value for write in writes for value in write.parameters], prepare=True)

    async def expose(self, _tables: Sequence[Table]) -> bool:
        """Make sure that set-based statements see the rows of these tables; whether there may be any. `flush` has written them."""
        return True

    def forget(self) -> None:
        """Drop the working set: a bulk statement may have changed rows behind it."""
        self._rows.clear()
        self._dirty.clear()
        self._memory.forget()
