"""`replay`: the log as JSON Lines on stdout, from any position, once or for ever. Safe to pipe: one event, one line, flushed."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

import orjson
from psycopg import AsyncConnection

from domain.kernel.events import Recorded
from projections.engine.tail import ENDLESS, head, read_page
from projections.history.queries import actor_names
from service import bootstrap
from service.cli.progress import ProgressBar
from service.settings import Settings
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.wire import to_cloudevent, to_wire

NAME = "replay"
HELP = "Print the events of the log as JSON Lines."
_PAGE = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to print, and how."""
    parser.add_argument("--from", dest="after", type=int, default=0, metavar="POSITION", help="only events after this position")
    parser.add_argument("--to", dest="upto", type=int, default=None, metavar="POSITION", help="only events up to this position")
    parser.add_argument("--follow", action="store_true", help="go on with new events until interrupted")
    parser.add_argument(
        "--type", dest="types", action="append", default=[], metavar="NAME", help="only events of this type (may be repeated)"
    )
    parser.add_argument("--stream", default="", metavar="CATEGORY/ID", help="only events of this stream")
    parser.add_argument("--actor", default="", metavar="USER_ID", help="only events that this user caused")
    parser.add_argument("--format", choices=("jsonl", "cloudevents"), default="jsonl", help="shape of a line")


async def run(settings: Settings, args: argparse.Namespace) -> int:
    """Print until the end of the log (or for ever with --follow)."""
    async with bootstrap.database(settings) as dsn, bootstrap.connected(dsn) as connection:
        await _replay(connection, args, settings.access_url or "workspace-ledger")
    return 0


async def _replay(connection: AsyncConnection[Any], args: argparse.Namespace, source: str) -> None:
    mapper = EventMapper(KeyRing())
    position = args.after
    upto = args.upto if args.upto is not None else ENDLESS if args.follow else await head(connection)
    bar = ProgressBar("replay") if args.upto is not None or not args.follow else None
    while True:
        events, reached = await read_page(connection, mapper, position, _PAGE, upto, skip_unknown=True)
        wanted = [e for e in events if _wanted(e, args)]
        if wanted:
            usernames = await actor_names(connection, wanted)
            documents = (to_wire(e, usernames) for e in wanted)
            if args.format == "cloudevents":
                documents = (to_cloudevent(d, source) for d in documents)
            sys.stdout.buffer.write(b"".join(orjson.dumps(d) + b"\n" for d in documents))
            sys.stdout.buffer.flush()
        if bar is not None:
            bar(reached, upto)
        if reached == position:
            if not args.follow or reached >= upto:
                return
            await asyncio.sleep(0.2)
        position = reached


def _wanted(recorded: Recorded, args: argparse.Namespace) -> bool:
    return (
        (not args.types or recorded.event.NAME in args.types)
        and (not args.stream or str(recorded.stream) == args.stream)
        and (not args.actor or recorded.metadata.actor.id == args.actor)
    )
