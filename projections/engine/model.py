"""What a read model is: tables, how each event changes their rows, and what is rendered once a batch is folded."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from psycopg import AsyncConnection

from domain.kernel.events import Event, Recorded
from projections.engine import versions
from projections.engine.tables import Key, Rows, Table

Reads = Callable[[Any, Recorded], Iterable[tuple[Table, Key]]]
Apply = Callable[[Rows, Any, Recorded], None]
Bulk = Callable[[AsyncConnection[Any], Any, Recorded], Awaitable[None]]
_INDEX = re.compile(r"^CREATE INDEX [^;]*;", re.MULTILINE)

Finish = Callable[[AsyncConnection[Any], Rows], Awaitable[None]]


def nothing(_event: Any, _recorded: Recorded) -> Iterable[tuple[Table, Key]]:
    """`reads` of a fold that only puts new rows: nothing need be fetched."""
    return ()


@dataclass(slots=True)
class ReadModel:
    """`name` is also the package below `projections/` whose `schema.sql` makes the tables.

    `revision` is raised when a fold's meaning changes without its schema, so that the model is rebuilt. `indexes_last`: its
    set-based statements are so rare that a rebuild makes the indexes once the tables are filled, as it does for models that have
    no such statements.
    """

    name: str
    tables: tuple[Table, ...]
    revision: int = 1
    indexes_last: bool = False
    _folds: dict[type[Event], list[tuple[Reads, Apply]]] = field(default_factory=dict)
    _bulk: dict[type[Event], list[tuple[Sequence[Table], Bulk]]] = field(default_factory=dict)
    _finish: list[Finish] = field(default_factory=list)

    @property
    def schema(self) -> str:
        """The SQL that creates the model's tables, those of versions included."""
        own = resources.files(f"projections.{self.name}").joinpath("schema.sql").read_text()
        return f"{own}\n{self._versions_schema}"

    @property
    def _versions_schema(self) -> str:
        return "\n".join(versions.tables_sql(table) for table in self.tables if table.remembered)

    @property
    def indexes(self) -> tuple[str, ...]:
        """Those statements of the schema that a rebuild may leave for the end."""
        return tuple(_INDEX.findall(self.schema)) if self.indexes_last or not self._bulk else ()

    @property
    def own_indexes(self) -> tuple[str, ...]:
        """Those of them that are of the tables themselves."""
        return tuple(index for index in self.indexes if index not in self._versions_schema)

    @property
    def indexes_of_versions(self) -> tuple[str, ...]:
        """Those of them that are of the tables' versions."""
        return tuple(index for index in self.indexes if index in self._versions_schema)

    @property
    def renders(self) -> bool:
        """Whether rows are written again at the end of a batch."""
        return bool(self._finish)

    def views(self, schema: str) -> str:
        """The SQL that creates the views of the tables' past, in the past schema of `schema`."""
        return ";\n".join(versions.view_sql(table, schema) for table in self.tables if table.remembered)

    @property
    def fingerprint(self) -> str:
        """Changes whenever stored rows of the model would have to be rebuilt."""
        return hashlib.sha256(f"{self.revision}\n{self.schema}\n{self.views('')}".encode()).hexdigest()[:16]

    def on(self, *events: type[Event], reads: Reads | None = None) -> Callable[[Apply], Apply]:
        """Register `fold(rows, event, recorded)`. `reads(event, recorded)` announces the rows it needs; by default the
        main table's row whose key is the stream's id."""

        def register(apply: Apply) -> Apply:
            for event in events:
                self._folds.setdefault(event, []).append((reads or self._own_row, apply))
            return apply

        return register

    def bulk(self, *events: type[Event], changes: Sequence[Table]) -> Callable[[Bulk], Bulk]:
        """Register `statement(connection, event, recorded)`: a set-based change of rows that cannot be named beforehand.
        It runs after everything before it in the log is written, before everything after it. `changes` names the tables that it
        changes, itself or their versions; it reads no others."""

        def register(run: Bulk) -> Bulk:
            for event in events:
                self._bulk.setdefault(event, []).append((tuple(changes), run))
            return run

        return register

    def finish(self, run: Finish) -> Finish:
        """Register what renders documents at the end of each batch, in the same transaction: `run(connection, rows)`."""
        self._finish.append(run)
        return run

    @property
    def events(self) -> frozenset[type[Event]]:
        """All events that change this model."""
        return frozenset({*self._folds, *self._bulk})

    def folds_of(self, event: type[Event]) -> Sequence[tuple[Reads, Apply]]:
        """The folds of an event, each with what announces the rows it needs."""
        return self._folds.get(event, ())

    def apply(self, rows: Rows, recorded: Recorded) -> None:
        """Fold one event into a working set outside of any batch."""
        for _, apply in self.folds_of(type(recorded.event)):
            apply(rows, recorded.event, recorded)

    def bulks_of(self, event: type[Event]) -> Sequence[tuple[Sequence[Table], Bulk]]:
        """The set-based statements of an event, each with the tables that it changes."""
        return self._bulk.get(event, ())

    async def render(self, connection: AsyncConnection[Any], rows: Rows) -> None:
        """Run the `finish` functions."""
        for run in self._finish:
            await run(connection, rows)

    def _own_row(self, _event: Event, recorded: Recorded) -> Iterable[tuple[Table, Key]]:
        return ((self.tables[0], (recorded.stream.id,)),)
