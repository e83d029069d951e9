"""What rows were: every version of the rows that documents are made of, with the positions between which it held.

A version holds from `position` (inclusive) to `until` (exclusive). Beside the schema of the read models lies a schema of views
that show, under the names of the tables themselves, the versions that held at one position: whatever reads the tables reads the
past through them (`looking_back`). The design is argued in ops/design/time-travel.md.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.engine.memory import STILL
from projections.engine.tables import Table

# Read once for a statement: by itself it would be read, and made a number, for every version that is looked at.
_AT: LiteralString = "(SELECT current_setting('ledger.at')::bigint)"
# Statements of milliseconds: to start workers for them takes longer than they do.
_LOOK_BACK: LiteralString = """
    SELECT set_config('search_path', split_part(path, ',', 1) || '_past, ' || path, true), set_config('ledger.at', %s, true),
      set_config('max_parallel_workers_per_gather', '0', true)
    FROM current_setting('search_path') AS path
"""


# Lists read indexes alone, which works for pages that VACUUM has seen since they were last written: else it takes twice as long. The
# server would look after a fifth of the table has changed, which for a table that only grows is ever more rarely.
_VACUUMED: LiteralString = "autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05"


class Kept(str):
    """How a derived column is computed (`Table.derived`) that is stored in every version, so that indexes can hold it: SQL of type
    `kind` over the version's own columns, named alone."""

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, kind: str, expression: str) -> Kept:
        """`expression` must be immutable."""
        kept = super().__new__(cls, expression)
        kept.kind = kind
        return kept


def past_of(schema: str) -> str:
    """The schema that shows the past of `schema`."""
    return f"{schema}_past"


@contextlib.asynccontextmanager
async def looking_back(connection: AsyncConnection[Any], position: int) -> AsyncIterator[AsyncConnection[Any]]:
    """A transaction in which the connection sees the read models that it looks at as they were at `position`."""
    async with connection.transaction():
        await connection.execute(_LOOK_BACK, (str(position),))
        yield connection


def tables_sql(table: Table) -> str:
    """Creates the table of a table's versions. One index finds both the version that held at a position and the one that still
    does."""
    columns = [f"{name} {table.columns[name]}" for name in table.version_columns]
    columns += ["position bigint NOT NULL", "until bigint NOT NULL"]
    kept = {name: its for name, its in table.derived.items() if isinstance(its, Kept)}
    columns += [f"{name} {its.kind} GENERATED ALWAYS AS ({its}) STORED" for name, its in kept.items()]
    name = f"{table.name}_versions"
    indexes = [f"({', '.join(table.key)}, until, position)", *table.past_indexes]
    statements = [f"CREATE TABLE {name} ({', '.join(columns)}) WITH ({_VACUUMED})"]
    statements += [f"CREATE INDEX {name}_{number}_idx ON {name} {index}" for number, index in enumerate(indexes)]
    return ";\n".join(statements) + ";\n"


def view_sql(table: Table, schema: str) -> str:
    """Creates the view of a table's past; columns whose past is not kept are null. Run with the past schema first in the search
    path, so that what is computed is computed of the past."""
    shown = _columns(table)
    shown += [f"v.{name}" if isinstance(its, Kept) else f"{its} AS {name}" for name, its in table.derived.items()]
    return (
        f"CREATE VIEW {past_of(schema)}.{table.name} AS SELECT {', '.join(shown)} FROM {schema}.{table.name}_versions v"
        f" WHERE v.position <= {_AT} AND v.until > {_AT}"
    )


def seen(table: Table, at: LiteralString) -> LiteralString:
    """A row source: what held at the position that the expression `at` says, another one for each row of a statement if it is a
    column; `until` says how long. What is computed of neighbours (`Table.derived`) is not there."""
    name, columns = f"{table.name}_versions", ", ".join(_columns(table))
    return f"(SELECT {columns}, v.until FROM {name} v WHERE v.position <= {at} AND v.until > {at})"


def _columns(table: Table) -> list[str]:
    kept = set(table.version_columns)
    return [f"v.{name}" if name in kept else f"NULL::{kind} AS {name}" for name, kind in table.columns.items()]


async def remove(
    connection: AsyncConnection[Any], table: Table, column: str, id: str, position: int, *, of: tuple[str, str] | None = None
) -> None:
    """Delete all rows with this id in `column` (and with another id in another column), as of `position`: for bulk statements,
    which change rows that nobody named."""
    conditions = [(column, id), *((of,) if of is not None else ())]
    where = sql.SQL(" AND ").join([sql.SQL("{} = {}::uuid").format(sql.Identifier(name), value) for name, value in conditions])
    name, versions = sql.Identifier(table.name), sql.Identifier(f"{table.name}_versions")
    await connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(name, where))
    if table.remembered:
        end = sql.SQL("UPDATE {} SET until = {} WHERE {} AND until = {}")
        await connection.execute(end.format(versions, position, where, STILL))


async def blank(connection: AsyncConnection[Any], table: Table, id: str, position: int, *columns: str) -> None:
    """Make these text columns empty in everything that is remembered of a row, as of the event at `position`.

    The event itself leaves no version: whoever folds the log anew, without what was blanked, would see no change in it.
    """
    versions, key = sql.Identifier(f"{table.name}_versions"), sql.Identifier(table.key[0])
    assignments = sql.SQL(", ").join([sql.SQL("{} = ''").format(sql.Identifier(column)) for column in columns])
    for statement in (
        sql.SQL("DELETE FROM {} WHERE {} = {}::uuid AND position = {}").format(versions, key, id, position),
        sql.SQL("UPDATE {} SET until = {} WHERE {} = {}::uuid AND until = {}").format(versions, STILL, key, id, position),
        sql.SQL("UPDATE {} SET {} WHERE {} = {}::uuid").format(versions, assignments, key, id),
    ):
        await connection.execute(statement)
