"""Records the SQL statements that go through a pool, so that a loop of awaits over rows is a failing test, and a plan can be seen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg_pool import AsyncConnectionPool

#: Tasks of the service that ask every few seconds whatever a test does.
BY_THE_CLOCK = frozenset({"provisioner-keeper", "provisioner-dispatch"})


@dataclass(frozen=True, slots=True)
class Execution:
    """A statement with placeholders, and what was bound to them."""

    statement: str
    parameters: Any

    async def plan(self, connection: AsyncConnection[Any]) -> dict[str, Any]:
        """The root of the plan that PostgreSQL makes for exactly this execution; `Plans` are its parts."""
        plain = AsyncCursor(connection)  # not one that records this as well
        cursor = await plain.execute(f"EXPLAIN (FORMAT JSON) {self.statement}".encode(), self.parameters, prepare=False)
        row = await cursor.fetchone()
        assert row is not None
        root: dict[str, Any] = row[0][0]["Plan"]
        return root


def nodes(plan: dict[str, Any], *, but_once: bool = False) -> Iterator[dict[str, Any]]:
    """The plan and all of its parts; `but_once` leaves out what is computed once for a whole statement."""
    yield plan
    for part in plan.get("Plans", ()):
        if not (but_once and part["Parent Relationship"] == "InitPlan"):
            yield from nodes(part, but_once=but_once)


@contextlib.contextmanager
def recorded_statements(pool: AsyncConnectionPool[Any], *, but_of: Collection[str] = BY_THE_CLOCK) -> Iterator[list[str]]:
    """The statements sent over connections taken from `pool` meanwhile, in order, but those of tasks with these names."""
    statements: list[str] = []
    with _told(pool, lambda execution: statements.append(execution.statement), but_of):
        yield statements


@contextlib.contextmanager
def recorded_executions(pool: AsyncConnectionPool[Any]) -> Iterator[list[Execution]]:
    """The same with what they bound."""
    executions: list[Execution] = []
    with _told(pool, executions.append):
        yield executions


@contextlib.contextmanager
def _told(pool: AsyncConnectionPool[Any], tell: Callable[[Execution], None], but_of: Collection[str] = BY_THE_CLOCK) -> Iterator[None]:
    class Recording(AsyncCursor[Any]):
        async def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            tell(Execution(query if isinstance(query, str) else query.as_string(self), params))
            return await super().execute(query, params, **options)

    with _cursors(pool, Recording, but_of):
        yield


@contextlib.contextmanager
def recorded_plans(pool: AsyncConnectionPool[Any]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What is read, each statement with the plan that it has where and when it is sent: one that looks back sees other tables."""
    plans: list[tuple[str, dict[str, Any]]] = []

    class Explaining(AsyncCursor[Any]):
        async def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            execution = Execution(query if isinstance(query, str) else query.as_string(self), params)
            if execution.statement.split(None, 1)[0] in ("SELECT", "WITH"):
                plans.append((execution.statement, await execution.plan(self.connection)))
            return await super().execute(query, params, **options)

    with _cursors(pool, Explaining):
        yield plans


@contextlib.contextmanager
def _cursors(pool: AsyncConnectionPool[Any], factory: type[AsyncCursor[Any]], but_of: Collection[str] = BY_THE_CLOCK) -> Iterator[None]:
    take = pool.getconn

    async def getconn(*args: Any, **options: Any) -> AsyncConnection[Any]:
        connection: AsyncConnection[Any] = await take(*args, **options)
        task = asyncio.current_task()
        connection.cursor_factory = AsyncCursor if task is not None and task.get_name() in but_of else factory
        return connection

    pool.getconn = getconn  # type: ignore[method-assign]
    try:
        yield
    finally:
        pool.getconn = take  # type: ignore[method-assign]
