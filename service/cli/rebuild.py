"""`rebuild`: makes read models anew from the log, beside the live ones, and switches over while the service runs."""

from __future__ import annotations

import argparse
import sys

from projections.engine.pace import Pace
from projections.engine.rebuild import ensure, rebuild
from projections.live import LIVE_SCHEMA
from projections.models import MODELS
from service import bootstrap
from service.cli.course import shown, step_back
from service.settings import Settings
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.prepare import check_prepared

NAME = "rebuild"
HELP = "Rebuild read models from the log beside the live ones and switch over atomically."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Names of read models, and how much of the machine it may take."""
    names = ", ".join(model.name for model in MODELS)
    parser.add_argument("models", nargs="*", metavar="READ_MODEL", help=f"only these; all without one. One of: {names}")
    parser.add_argument("--max-rate", type=_rate, default=0.0, metavar="N", help="events per second at the most (no limit)")
    parser.add_argument(
        "--nice", type=int, choices=range(20), default=10, metavar="N", help="how far to stand back for other processes, 0 to 19 (10)"
    )


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 1e9:
        raise argparse.ArgumentTypeError("it must be a number of events per second, from 1")
    return value


async def run(settings: Settings, args: argparse.Namespace) -> int:
    """Rebuild; 2 for an unknown name."""
    unknown = set(args.models) - {model.name for model in MODELS}
    if unknown:
        print(f"error: no read model is named {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    step_back(args.nice)
    decoder = EventMapper(KeyRing())
    async with bootstrap.database(settings) as dsn, bootstrap.connected(dsn) as connection:
        await check_prepared(connection, read_models=False)
        if await ensure(connection, decoder, MODELS, shown("rebuild")):
            print("there were no read models of this release: all of them were made", file=sys.stderr)
            return 0
        course = shown("rebuild", Pace(connection, LIVE_SCHEMA, most=args.max_rate).rest)
        position = await rebuild(connection, decoder, MODELS, only=args.models, course=course)
    print(f"rebuilt {', '.join(args.models) or f'{len(MODELS)} read models'} up to position {position}", file=sys.stderr)
    return 0
