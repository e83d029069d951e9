"""Connections that repeat the same statements plan them once."""

from __future__ import annotations

from service.store.connect import connector

STATEMENT = "SELECT w.id FROM workspaces w WHERE w.id = ANY(%s::uuid[])"


async def test_a_session_that_plans_once_looks_keys_up_by_index_however_small_the_table_was(migrated_url: str) -> None:
    connection = await connector(migrated_url, plans_once=True)()
    async with connection:
        for _ in range(3):
            await connection.execute(STATEMENT, ("{}",), prepare=True)
        cursor = await connection.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%%ANY%%'")
        assert await cursor.fetchall() == [(3, 0)]
        cursor = await connection.execute("EXPLAIN SELECT id FROM workspaces WHERE id = gen_random_uuid()")
        plan = "\n".join(row[0] for row in await cursor.fetchall())
    assert "Index" in plan, plan


async def test_any_other_session_plans_for_the_values_at_hand(migrated_url: str) -> None:
    connection = await connector(migrated_url)()
    async with connection:
        await connection.execute(STATEMENT, ("{}",), prepare=True)
        cursor = await connection.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%%ANY%%'")
        assert await cursor.fetchall() == [(0, 1)]
