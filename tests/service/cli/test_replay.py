"""`replay` as a process: what each option leaves out, that it fits into a pipe, and how it ends when nobody reads any more."""

from __future__ import annotations

import asyncio
import gzip
import os
import pty
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import psycopg
import pytest

from service import bootstrap
from service.cli import replay
from service.store.log_reader import Selection
from tests.house.source import ROOT
from tests.projections.workspaces.histories import uid
from tests.service.importing.test_log import ADA, PEOPLE, TEAM, import_log, lines
from tests.support.moving import imported, read_models, replayed, run


@pytest.fixture
async def url(migrated_url: str) -> str:
    """A log of seven events at positions 3, 6, … 21."""
    async with bootstrap.connected(migrated_url) as connection:
        await import_log(connection, lines(PEOPLE))
    return migrated_url


def positions(printed: bytes) -> list[int]:
    return [orjson.loads(line)["position"] for line in printed.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((), [3, 6, 9, 12, 15, 18, 21]),
        (("--from", "9"), [12, 15, 18, 21]),
        (("--to", "9"), [3, 6, 9]),
        (("--from", "4", "--to", "10"), [6, 9]),
        (("--from", "21"), []),
        (("--from", "1000"), []),
        (("--to", "1000", "--type", "UserCreated"), [3, 6]),
        (("--type", "UserCreated", "--type", "WorkspaceSharingSet"), [3, 6, 21]),
        (("--stream", f"organization/{TEAM}"), [12, 21]),
        (("--stream", f"build/{TEAM}"), []),
        (("--actor", ADA, "--from", "18"), [21]),
        (("--actor", uid("bob")), []),
        (("--follow", "--to", "6"), [3, 6]),
    ],
)
async def test_options_select(url: str, arguments: Sequence[str], found: list[int]) -> None:
    assert positions(await replayed(url, *arguments)) == found


async def test_a_page_ends_where_the_next_begins(url: str) -> None:
    whole = positions(await replayed(url))
    for page in (1, 2, 3, 7):
        pages: list[list[int]] = []

        def write(found: Iterable[dict[str, Any]], pages: list[list[int]] = pages) -> None:
            pages.append([document["position"] for document in found])

        async with bootstrap.connected(url) as connection:
            reader = replay._Replay(Selection(), write, 0, page)
            await reader.once(connection, 21)
        assert ([position for page in pages for position in page], reader.position) == (whole, 21)


async def test_cloudevents_hold_the_same_events(url: str) -> None:
    documents = [orjson.loads(line) for line in (await replayed(url, "--format", "cloudevents")).splitlines()]
    assert [int(document["position"]) for document in documents] == positions(await replayed(url))
    assert {document["specversion"] for document in documents} == {"1.0"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--from", "-1"), "'-1' is not a position"),
        (("--to", "soon"), "'soon' is not a position"),
        (("--type", "UserMade"), "no event is named 'UserMade'"),
        (("--stream", "workspace"), "does not name a stream"),
        (("--stream", "workspace/1"), "'1' is not a UUID"),
        (("--actor", "ada"), "'ada' is not a UUID"),
        (("--format", "xml"), "invalid choice: 'xml'"),
    ],
)
async def test_a_wrong_option_is_named(arguments: Sequence[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    from service.cli.main import parser

    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["replay", *arguments])
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize("command", ["replay", "verify", "rebuild"])
async def test_a_database_without_a_log_is_said_to_have_none(database_url: str, command: str) -> None:
    done = await run(database_url, command)
    assert (done.status, done.stdout, done.stderr) == (
        1,
        b"",
        "error: this database has no log, or no read models of this release: `migrate` makes both\n",
    )


async def started(url: str, *arguments: str, stderr: Any = asyncio.subprocess.PIPE) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "service", "replay", *arguments),
        cwd=ROOT,
        env=environment | {"LEDGER_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    assert process.stderr is not None
    async with asyncio.timeout(30):
        return await process.wait(), (await process.stderr.read()).decode()


async def test_a_follower_is_told_of_every_append_until_it_is_interrupted(url: str) -> None:
    process = await started(url, "--follow", "--from", "15")
    assert process.stdout is not None
    assert positions(await process.stdout.readline() + await process.stdout.readline()) == [18, 21]
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for number in (1, 2):
            await connection.execute(
                "INSERT INTO ledger_events SELECT originator_id, originator_version + %s, topic, state, notification_id + %s"
                " FROM ledger_events WHERE notification_id = 21",
                (number, number * 10),
            )
            await connection.execute("NOTIFY ledger_events")
            async with asyncio.timeout(20):
                assert positions(await process.stdout.readline()) == [21 + number * 10]
    process.send_signal(signal.SIGINT)
    assert await ended(process) == (130, "")


@pytest.mark.parametrize("arguments", [(), ("--follow",)])
async def test_a_reader_that_leaves_ends_it_quietly(url: str, arguments: Sequence[str]) -> None:
    process = await started(url, *arguments)
    assert process.stdout is not None
    await process.stdout.readline()
    # What the reader had open is closed, as `head -n 1` does; a follower has nothing to write then, and must notice all the same.
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    assert await ended(process) == (0, "")


@pytest.mark.parametrize(
    ("redirection", "status", "printed", "said"),
    [
        ("> /dev/full", 1, 0, "error: standard output: No space left on device; it can be gone on with by --from the position of the last"),
        (">&-", 1, 0, "error: standard output: it is closed"),
        ("2>&-", 0, 7, ""),
        ("<&-", 0, 7, ""),
    ],
)
async def test_a_stream_that_takes_nothing_is_missed_only_where_it_is_used(
    url: str, redirection: str, status: int, printed: int, said: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", f'exec "$0" -m service replay --database-url "$1" {redirection}', sys.executable, url),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await process.communicate()
    assert (process.returncode, len(stdout.splitlines()), stderr.decode()[: len(said) or None]) == (status, printed, said)


async def test_progress_is_for_terminals_and_never_among_the_events(url: str) -> None:
    ours, theirs = pty.openpty()
    process = await started(url, stderr=theirs)
    os.close(theirs)
    assert process.stdout is not None
    async with asyncio.timeout(30):
        printed = await process.stdout.read()
        assert await process.wait() == 0
    assert b"replay [" in os.read(ours, 4096)
    os.close(ours)
    assert positions(printed) == [3, 6, 9, 12, 15, 18, 21]


async def test_imports_of_files_say_what_is_wrong_with_them(url: str, database_url: str, tmp_path: Any) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(lines(PEOPLE)) + b'{"position":')
    done = await run(database_url, "import", str(file))
    assert (done.status, done.stdout) == (1, b"")
    assert done.stderr.startswith("error: nothing was imported: line 8: this is not JSON")
    done = await run(url, "import", str(file))
    assert done.stderr.startswith("error: nothing was imported: the log of this database is not empty")
    done = await run(database_url, "import", str(tmp_path / "nothing"))
    assert done.status == 2
    assert "No such file" in done.stderr
    file.write_bytes(gzip.compress(b"".join(lines(PEOPLE))))
    await imported(database_url, b"", str(file))
    assert (await read_models(database_url))["users"]
