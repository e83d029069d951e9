"""Rows of read models in memory: loaded for a batch, changed by folds, written back with one statement per table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

import orjson
from psycopg import AsyncConnection, AsyncCursor

Row = dict[str, Any]
Key = tuple[Any, ...]

#: SQL types a fold may write; the array type its values travel in, and the cast back.
_TRANSPORT: Mapping[str, tuple[str, str]] = {
    "uuid": ("uuid[]", ""),
    "text": ("text[]", ""),
    "bigint": ("bigint[]", ""),
    "integer": ("integer[]", ""),
    "boolean": ("boolean[]", ""),
    "timestamptz": ("timestamptz[]", ""),
    "double precision": ("double precision[]", ""),
    "jsonb": ("text[]", "::jsonb"),
    "bytea": ("bytea[]", ""),
}


@dataclass(frozen=True)
class Table:
    """A table that folds own: `columns` maps each column that they write to its SQL type; `key` names the primary key.

    Columns of the table that are not listed here (rendered documents, generated columns) are left alone by writes.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    _sql: dict[str, LiteralString] = field(default_factory=dict, repr=False, compare=False)

    def __hash__(self) -> int:
        return hash(self.name)

    def __post_init__(self) -> None:
        names = list(self.columns)
        keys = ", ".join(f"%s::{_TRANSPORT[self.columns[k]][0]}" for k in self.key)
        aliases = ", ".join(self.key)
        condition = " AND ".join(f"t.{k} = k.{k}" for k in self.key)
        rest = [n for n in names if n not in self.key]
        values = ", ".join(f"n.{n}{_TRANSPORT[self.columns[n]][1]}" for n in names)
        update = "DO UPDATE SET " + ", ".join(f"{n} = EXCLUDED.{n}" for n in rest) if rest else "DO NOTHING"
        self._sql["load"] = (
            f"SELECT {', '.join('t.' + n for n in names)} FROM unnest({keys}) AS k ({aliases}) JOIN {self.name} t ON {condition}"
        )
        self._sql["upsert"] = (
            f"INSERT INTO {self.name} ({', '.join(names)}) SELECT {values}"
            f" FROM unnest({', '.join('%s::' + _TRANSPORT[self.columns[n]][0] for n in names)}) AS n ({', '.join(names)})"
            f" ON CONFLICT ({aliases}) {update}"
        )
        self._sql["delete"] = f"DELETE FROM {self.name} t USING unnest({keys}) AS k ({aliases}) WHERE {condition}"

    async def select(self, connection: AsyncConnection[Any], keys: Sequence[Key]) -> AsyncCursor[Any]:
        """Ask for the rows that exist under these keys; `rows` reads what comes back."""
        return await connection.execute(self._sql["load"], [[k[i] for k in keys] for i in range(len(self.key))])

    def rows(self, values: Iterable[Sequence[Any]]) -> dict[Key, Row]:
        """The rows that `select` found, by key."""
        names = list(self.columns)
        rows = [dict(zip(names, row, strict=True)) for row in values]
        return {tuple(row[k] for k in self.key): row for row in rows}

    async def upsert(self, connection: AsyncConnection[Any], rows: Sequence[Row]) -> None:
        """Write whole rows, new or known."""
        columns: list[Any] = []
        for name, kind in self.columns.items():
            values = [row[name] for row in rows]
            columns.append(
                [None if v is None else orjson.dumps(v, option=orjson.OPT_UTC_Z).decode() for v in values] if kind == "jsonb" else values
            )
        await connection.execute(self._sql["upsert"], columns)

    async def delete(self, connection: AsyncConnection[Any], keys: Sequence[Key]) -> None:
        """Remove rows by key."""
        await connection.execute(self._sql["delete"], [[k[i] for k in keys] for i in range(len(self.key))])


class Rows:
    """The working set of one batch. Folds see only rows whose keys were announced (`reads`), so that loading is set-based."""

    def __init__(self) -> None:
        self._rows: dict[Table, dict[Key, Row | None]] = defaultdict(dict)
        self._dirty: dict[Table, set[Key]] = defaultdict(set)
        self.touched: dict[str, dict[str, int]] = defaultdict(dict)

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
        return row

    def put(self, table: Table, row: Row) -> None:
        """A new or replacing row; columns that it lacks are null. Its key need not have been announced."""
        key = tuple(row[k] for k in table.key)
        self._rows[table][key] = {name: row.get(name) for name in table.columns}
        self._dirty[table].add(key)

    def delete(self, table: Table, *key: Any) -> None:
        """Remove the row if it exists."""
        self._rows[table][key] = None
        self._dirty[table].add(key)

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
        """Write what changed since the last flush."""
        async with connection.pipeline():
            for table, keys in self._dirty.items():
                rows = self._rows[table]
                changed = [row for key in keys if (row := rows[key]) is not None]
                gone = [key for key in keys if rows[key] is None]
                if gone:
                    await table.delete(connection, gone)
                if changed:
                    await table.upsert(connection, changed)
        self._dirty.clear()

    def forget(self) -> None:
        """Drop the working set: a bulk statement may have changed rows behind it."""
        self._rows.clear()
        self._dirty.clear()
