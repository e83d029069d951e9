"""A database that only answers reads, as a primary that has been replaced does: changes are refused as busy, reads go on."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.api import Ledger


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        pytest.param("PUT", "/users/me/profile", {"body": {"username": "other", "name": ""}}, id="a command"),
        pytest.param(
            "PUT", "/users/me/profile", {"body": {"username": "other", "name": ""}, "headers": {"Idempotency-Key": "k"}}, id="with a key"
        ),
        pytest.param("POST", "/files", {"data": b"a" * 10_240, "headers": {"Content-Type": "application/x-tar"}}, id="a file"),
    ],
)
async def test_changes_are_refused_as_busy(ledger: Ledger, migrated_url: str, method: str, path: str, options: dict[str, Any]) -> None:
    admin = await ledger.admin()
    await admin.get("/users/me", want=200)
    _become(migrated_url, "on")
    try:
        answer = await admin.request(method, path, **options)
        assert answer.status == 503, answer.raw
        assert answer.headers["Retry-After"]
        async with asyncio.timeout(30):  # connections that were cut are noticed one by one
            while (read := await admin.get("/users")).status != 200:
                await asyncio.sleep(0.05)
        assert [user["username"] for user in read.json["users"]] == [admin.user["username"]]
    finally:
        _become(migrated_url, "off")


def _become(url: str, mode: str) -> None:
    """Only answer reads, or changes too, from now on: also to those who are connected."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        name = connection.info.dbname
        connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(sql.Identifier(name), sql.SQL(mode)))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", (name,))
