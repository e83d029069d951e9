from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.embedded import EmbeddedPostgres
from service.postmaster import EmbeddedPostgresError

ROOT = Path(__file__).parents[2]
_USER = """
import asyncio, sys
from pathlib import Path
from service.embedded import EmbeddedPostgres

async def use() -> None:
    server = EmbeddedPostgres()
    await server.start(Path(sys.argv[1]))
    print("started", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()

asyncio.run(use())
"""

Start = Callable[[], Awaitable[EmbeddedPostgres]]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    # Private above and longer than a socket path may be: what a mkdtemp below a deep checkout gives.
    parent = tmp_path / ("long-" * 24)
    parent.mkdir(mode=0o700)
    return parent / "data"


@pytest.fixture
async def start(data_dir: Path) -> AsyncIterator[Start]:
    """Starts users of the data directory in this process; they all leave at the end, and with them the server."""
    users: list[EmbeddedPostgres] = []

    async def started() -> EmbeddedPostgres:
        user = EmbeddedPostgres()
        users.append(user)
        await user.start(data_dir)
        return user

    yield started
    for user in users:
        await user.stop()


async def another_process(data_dir: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _USER, str(data_dir), cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"started\n"
    return process


def program_of(uid: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], user=uid)


async def one(dsn: str, query: str) -> Any:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        cursor = await connection.execute(query.encode())
        row = await cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "cluster" / "postmaster.pid").read_text().split()[0])


def runs(data_dir: Path) -> bool:
    return (data_dir / "cluster" / "postmaster.pid").exists()


async def test_it_keeps_what_was_committed_over_stop_and_start(data_dir: Path) -> None:
    first = EmbeddedPostgres()
    dsn = await first.start(data_dir)
    await one(dsn, "CREATE TABLE kept AS SELECT 7 AS n")
    await first.stop()
    assert not runs(data_dir)
    second = EmbeddedPostgres()
    assert await one(await second.start(data_dir), "SELECT n FROM kept") == 7
    await second.stop()


async def test_it_is_durable_private_and_orders_by_bytes(start: Start) -> None:
    dsn = (await start()).dsn
    for setting, value in {
        "fsync": "on",
        "synchronous_commit": "on",
        "wal_level": "replica",
        "listen_addresses": "",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "jit": "off",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }.items():
        assert (setting, await one(dsn, f"SHOW {setting}")) == (setting, value)
    assert await one(dsn, "SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['b', 'B', 'a', 'é', '-', 'A']) x") == "-ABabé"
    assert await one(dsn, "SELECT upper('é')") == "É"


async def test_the_socket_fits_its_limit_and_is_private(start: Start) -> None:
    socket_dir = str(psycopg.conninfo.conninfo_to_dict((await start()).dsn)["host"])
    assert len(f"{socket_dir}/.s.PGSQL.5432") < 100
    assert os.stat(socket_dir).st_mode & 0o777 == 0o700


async def test_a_second_user_joins_and_leaves_the_server_running(start: Start, data_dir: Path) -> None:
    first = await start()
    pid = postmaster(data_dir)
    second = await start()
    assert second.dsn == first.dsn
    await second.stop()
    assert postmaster(data_dir) == pid
    assert await one(first.dsn, "SELECT 1") == 1


async def test_the_last_to_leave_stops_the_server_whoever_started_it(start: Start, data_dir: Path) -> None:
    starter = await start()
    other = await another_process(data_dir)
    await starter.stop()
    assert runs(data_dir)
    assert other.stdin is not None
    other.stdin.close()
    assert await asyncio.wait_for(other.wait(), 30) == 0
    assert not runs(data_dir)


async def test_users_that_start_at_once_share_one_server(start: Start) -> None:
    users = await asyncio.gather(*(start() for _ in range(4)))
    assert len({user.dsn for user in users}) == 1


async def test_a_server_left_by_a_killed_process_is_adopted_and_stopped(start: Start, data_dir: Path) -> None:
    killed = await another_process(data_dir)
    pid = postmaster(data_dir)
    killed.kill()
    await killed.wait()
    heir = await start()
    assert postmaster(data_dir) == pid
    assert await one(heir.dsn, "SELECT 1") == 1
    await heir.stop()
    assert not runs(data_dir)


async def test_a_killed_server_is_brought_back_with_all_that_was_committed(start: Start, data_dir: Path) -> None:
    user = await start()
    await one(user.dsn, "CREATE TABLE kept AS SELECT 7 AS n")
    old = postmaster(data_dir)
    os.kill(old, signal.SIGKILL)
    await user.ensure_running()
    assert postmaster(data_dir) != old
    assert await one(user.dsn, "SELECT n FROM kept") == 7


async def test_a_server_that_another_user_restarted_is_stopped_by_the_last_to_leave(start: Start, data_dir: Path) -> None:
    unaware = await start()
    restarter = await start()
    os.kill(postmaster(data_dir), signal.SIGKILL)
    await restarter.ensure_running()
    await restarter.stop()
    await unaware.stop()
    assert not runs(data_dir)


async def test_supervision_brings_it_back_without_being_asked(start: Start, data_dir: Path) -> None:
    user = await start()
    other = await start()
    old = postmaster(data_dir)
    os.kill(old, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while True:
        try:
            assert await one(user.dsn, "SELECT 1") == 1
            break
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
    assert postmaster(data_dir) != old
    assert other.dsn == user.dsn


async def test_a_server_and_its_user_killed_together_recover(start: Start, data_dir: Path) -> None:
    killed = await another_process(data_dir)
    os.kill(postmaster(data_dir), signal.SIGKILL)
    killed.kill()
    await killed.wait()
    assert await one((await start()).dsn, "SELECT 1") == 1


async def test_a_stale_pid_that_belongs_to_another_program_now_does_not_hinder_the_start(data_dir: Path) -> None:
    first = EmbeddedPostgres()
    await first.start(data_dir)
    pid_file = data_dir / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    await first.stop()
    # A program that the server's account owns, as after the restart of a container, where pids repeat.
    squatter = program_of((data_dir / "cluster").stat().st_uid)
    try:
        pid_file.write_text("\n".join([str(squatter.pid), *lines[1:], ""]))
        second = EmbeddedPostgres()
        assert await one(await second.start(data_dir), "SELECT 1") == 1
        await second.stop()
        assert squatter.poll() is None
    finally:
        squatter.kill()
        squatter.wait()


async def test_a_start_cut_short_in_initdb_leaves_nothing_that_hinders_the_next(start: Start, data_dir: Path) -> None:
    half_made = data_dir / "cluster.new" / "base"
    half_made.mkdir(parents=True)
    (half_made / "1").write_text("half")
    assert await one((await start()).dsn, "SELECT 1") == 1


async def test_a_cluster_of_another_major_version_is_refused_with_a_remedy(data_dir: Path) -> None:
    (data_dir / "cluster").mkdir(parents=True)
    (data_dir / "cluster" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 15"):
        await EmbeddedPostgres().start(data_dir)


async def test_a_copied_cluster_that_belongs_to_root_is_served(start: Start, data_dir: Path) -> None:
    if os.geteuid() == 0:
        first = EmbeddedPostgres()
        await first.start(data_dir)
        await first.stop()
        for path in (data_dir / "cluster", *(data_dir / "cluster").rglob("*")):
            os.chown(path, 0, 0)
    assert await one((await start()).dsn, "SELECT 1") == 1


async def test_a_directory_that_cannot_be_made_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for impossible in (tmp_path / "file" / "postgres", Path("/proc/nowhere/postgres")):
        server = EmbeddedPostgres()
        with pytest.raises(EmbeddedPostgresError, match=rf"{impossible} cannot be used .* another directory with LEDGER_DATA_DIR"):
            await server.start(impossible)
        await server.stop()


async def test_stop_is_safe_twice_and_without_a_start() -> None:
    user = EmbeddedPostgres()
    await user.stop()
    await user.stop()
    with pytest.raises(EmbeddedPostgresError):
        await user.ensure_running()


async def test_it_prints_nothing_to_standard_output(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    await (await start()).stop()
    assert capfd.readouterr().out == ""
