"""Fixtures of the whole suite: one embedded PostgreSQL per run, one database per test.

A folder whose tests need a schema overrides `database_template` (session scope):
`return template_database("migrated", fill)`, with `fill(conninfo)` making the schema once per run.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.postgres import EMPTY, PostgresServer, shared_server

if TYPE_CHECKING:
    from tests.support.api import Ledger

# The service is imported by the fixtures that run it: tests of the domain start without it.

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the suite in the background makes it deaf to interrupts, and so every process that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# How long an example takes, to be tried or to be drawn, says how busy the machine is.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The run's server; all xdist workers share it, the last to leave stops it.

    It does not live below pytest's own temporary directory: other runs on the machine clear and close that one.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    root = Path(tempfile.gettempdir()) / f"ledger-tests-{run}"
    with shared_server(root / "postgres") as server:
        yield server
    if not (root / "postgres" / "cluster" / "postmaster.pid").exists():
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> str:
    """Superuser conninfo of the run's server; the database behind it stays empty."""
    return postgres.url


@pytest.fixture(scope="session")
def template_database(postgres: PostgresServer) -> Callable[[str, Callable[[str], None]], str]:
    """`template_database(name, fill)`: a template filled once per run; returns its name."""
    return postgres.template


@pytest.fixture(scope="session")
def database_template() -> str:
    """What `database_url` copies: an empty database, unless a folder's conftest says otherwise."""
    return EMPTY


@pytest.fixture
def database_url(postgres: PostgresServer, database_template: str) -> Iterator[str]:
    """Conninfo of a database that only this test uses; dropped afterwards."""
    url = postgres.database(database_template)
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def migrated_template(template_database: Callable[[str, Callable[[str], None]], str]) -> str:
    """A template database with the log, what lies beside it, and empty read models of this release."""

    from service.store.prepare import prepare

    def fill(url: str) -> None:
        asyncio.run(prepare(url))

    return template_database("migrated", fill)


@pytest.fixture
def migrated_url(postgres: PostgresServer, migrated_template: str) -> Iterator[str]:
    """Conninfo of a fresh database that a service can use at once; dropped afterwards."""
    url = postgres.database(migrated_template)
    yield url
    postgres.drop(url)


@pytest.fixture
async def ledger(migrated_url: str) -> AsyncIterator[Ledger]:
    """A running service with a database of its own."""
    from tests.support.api import running_ledger

    async with running_ledger(migrated_url) as running:
        yield running
