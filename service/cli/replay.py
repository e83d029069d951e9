"""`replay`: the log as JSON Lines on stdout, from any position, once or for ever.

Safe to pipe: whole lines only, flushed page by page; whoever was cut off goes on with `--from` the position of the last whole line.
"""

from __future__ import annotations

import argparse
import asyncio
import select
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from psycopg import AsyncConnection

from domain.kernel.events import event_types
from domain.kernel.spellings import uuid_text
from projections.engine.tail import ENDLESS, head
from service import bootstrap
from service.cli.progress import ProgressBar
from service.cli.streams import OutputLost, write_out
from service.settings import Settings
from service.store.append import CHANNEL
from service.store.connect import Connect, connector
from service.store.log_reader import LogReader, Selection
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.prepare import check_prepared
from service.store.wire import to_cloudevent

NAME = "replay"
HELP = "Print the events of the log as JSON Lines; `import` makes a deployment of them again."
_PAGE = 2000
#: A lost notification, or a reader that left while nothing happened, is noticed after so many seconds.
_LOOK_SECONDS = 1.0
_LONGEST_DELAY = 2.0
_KEPT_BYTES = 30 << 20

Write = Callable[[Iterable[dict[str, Any]]], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to print, and how."""
    parser.add_argument("--from", dest="after", type=_position, default=0, metavar="POSITION", help="only events after this position")
    parser.add_argument("--to", dest="upto", type=_position, default=None, metavar="POSITION", help="only events up to this position")
    parser.add_argument("--follow", action="store_true", help="go on with new events until interrupted (or until --to is reached)")
    parser.add_argument(
        "--type", dest="types", action="append", type=_event_name, default=[], metavar="NAME", help="only events of this type; repeatable"
    )
    parser.add_argument("--stream", type=_stream, default=("", ""), metavar="CATEGORY/ID", help="only events of this stream")
    parser.add_argument("--actor", type=_id, default=None, metavar="USER_ID", help="only events that this user caused")
    parser.add_argument("--format", choices=("jsonl", "cloudevents"), default="jsonl", help="shape of a line")


async def run(settings: Settings, args: argparse.Namespace) -> int:
    """Print until the end of the log (or for ever with --follow)."""
    write = _writer(args.format, settings.access_url or "workspace-ledger")
    selection = Selection(tuple(args.types), args.stream[1], args.stream[0], args.actor or "")
    _keep_freed_memory()
    try:
        async with bootstrap.database(settings) as dsn:
            replay = _Replay(selection, write, args.after)
            async with bootstrap.connected(dsn) as connection:
                await check_prepared(connection)
                if not args.follow:
                    upto = await head(connection) if args.upto is None else min(args.upto, await head(connection))
                    await replay.once(connection, upto, ProgressBar("replay"))
                    return 0
            await replay.follow(connector(dsn), args.upto if args.upto is not None else ENDLESS)
            return 0
    except OutputLost as error:
        raise OutputLost(f"{error}; it can be gone on with by --from the position of the last whole line") from error


@dataclass(slots=True)
class _Replay:
    """`position`: everything up to it has been written; `page` is how many events are read at once."""

    selection: Selection
    write: Write
    position: int
    page: int = _PAGE

    async def once(self, connection: AsyncConnection[Any], upto: int, progress: Callable[[int, int], None] | None = None) -> None:
        """Write what lies between `position` and `upto`, a position that is in the log."""
        # Keys are asked for page by page: somebody may be erased meanwhile, and must not be read aloud any more.
        start = self.position
        while self.position < upto:
            reader = LogReader(EventMapper(KeyRing()))
            documents, reached = await reader.documents_after(connection, self.position, self.selection, limit=self.page, upto=upto)
            self.write(documents)
            self.position = reached
            if progress is not None:
                progress(reached - start, upto - start)

    async def follow(self, connect: Connect, upto: int) -> None:
        """Write what is there and what comes, up to `upto`; a database that is lost on the way is waited for."""
        connection = await connect()
        while True:
            try:
                async with connection:
                    return await self._follow(connection, upto)
            except psycopg.OperationalError as error:
                print(f"the database is away, waiting for it: {(str(error) or type(error).__name__).splitlines()[0]}", file=sys.stderr)
            connection = await _when_back(connect)

    async def _follow(self, connection: AsyncConnection[Any], upto: int) -> None:
        cursor = await connection.execute("SELECT pg_is_in_recovery()")
        (is_replica,) = await cursor.fetchone() or (False,)
        if not is_replica:
            # Before the first look at the log: what is appended after it is told.
            await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(CHANNEL)))
        while True:
            await self.once(connection, min(upto, await head(connection)))
            if self.position >= upto:
                return
            _raise_if_nobody_reads()
            if is_replica:  # where nobody can listen
                await asyncio.sleep(_LOOK_SECONDS / 4)
                continue
            async for _ in connection.notifies(timeout=_LOOK_SECONDS, stop_after=1):
                pass


async def _when_back(connect: Connect) -> AsyncConnection[Any]:
    """A connection, as soon as there is a database again."""
    delay = 0.05
    while True:
        await asyncio.sleep(delay)
        try:
            return await connect()
        except psycopg.OperationalError:
            delay = min(delay * 2, _LONGEST_DELAY)


def _raise_if_nobody_reads() -> None:
    """Raises `BrokenPipeError`, as writing would, when stdout is a pipe whose reader has left: nothing may be written for hours."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    if any(event & select.POLLERR for _, event in poll.poll(0)):
        raise BrokenPipeError


def _writer(format: str, source: str) -> Write:
    def write(documents: Iterable[dict[str, Any]]) -> None:
        shaped: Iterable[Mapping[str, Any]] = documents
        if format == "cloudevents":
            shaped = (to_cloudevent(document, source) for document in documents)
        write_out(b"".join([orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE) for document in shaped]))

    return write


def _keep_freed_memory() -> None:
    """Let the allocator keep what a page needed for the next one: after each it would give everything back to the system and be
    handed it anew, which took a quarter of the time. glibc keeps up to twice the largest block that it has ever seen freed; others
    do nothing here."""
    del [bytearray(_KEPT_BYTES)][0]


def _position(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > ENDLESS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a position")
    return int(text)


def _event_name(text: str) -> str:
    import service.commands.router  # noqa: F401  (registers every event)

    if text not in event_types():
        raise argparse.ArgumentTypeError(f"no event is named {text!r}: `events` prints all names")
    return text


def _id(text: str) -> str:
    try:
        return uuid_text(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a UUID") from None


def _stream(text: str) -> tuple[str, str]:
    category, slash, id = text.partition("/")
    if not category or not slash:
        raise argparse.ArgumentTypeError(f"{text!r} does not name a stream, as workspace/00000000-0000-0000-0000-000000000000 does")
    return category, _id(id)
