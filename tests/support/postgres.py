"""One real PostgreSQL per test run, shared by all workers; databases cloned from templates that are filled once per run."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.embedded import EmbeddedPostgres

EMPTY = "template0"


class PostgresServer:
    """Makes and drops databases on the server that `url` reaches as its superuser."""

    def __init__(self, url: str) -> None:
        self.url = url

    def database(self, template: str = EMPTY) -> str:
        """The conninfo of a new database, a copy of `template`."""
        name = f"test_{uuid.uuid4().hex}"
        with self._admin() as connection:
            _clone(connection, name, template)
        return make_conninfo(self.url, dbname=name)

    def drop(self, url: str) -> None:
        """Drop the database of `url`, whoever is still connected to it."""
        name = str(conninfo_to_dict(url)["dbname"])
        with self._admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """The name of a template database that `fill(conninfo)` filled: by the first worker that asks, once per run.

        A `fill` that raises leaves nothing behind. It must close its connections.
        """
        with self._admin() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (name,))
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                draft = f"{name}_draft"
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)))
                _clone(connection, draft, EMPTY)
                fill(make_conninfo(self.url, dbname=draft))
                connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))
        return name

    def _admin(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)


def _clone(connection: psycopg.Connection[Any], name: str, template: str) -> None:
    # With syncing off, copying files is the fastest way to make and later drop a database of this size (measured against wal_log).
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(name), sql.Identifier(template)))


@contextlib.contextmanager
def shared_server(data_dir: Path) -> Iterator[PostgresServer]:
    """Start or join the run's server. A thread of its own keeps it alive, so a test that kills it gets it back.

    Nothing here outlives the machine, so syncing to disk is off; killing processes still loses nothing.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="test-postgres", daemon=True)
    thread.start()
    embedded = EmbeddedPostgres()
    try:
        url = asyncio.run_coroutine_threadsafe(embedded.start(data_dir), loop).result(timeout=90)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(1)")
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield PostgresServer(url)
    finally:
        asyncio.run_coroutine_threadsafe(embedded.stop(), loop).result(timeout=90)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
