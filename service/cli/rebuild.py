"""`rebuild`: makes the read models anew from the log, beside the live ones, and switches over while the service runs."""

from __future__ import annotations

import argparse
import sys

from projections.engine.rebuild import rebuild
from projections.models import MODELS
from service import bootstrap
from service.cli.progress import ProgressBar
from service.settings import Settings
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing

NAME = "rebuild"
HELP = "Rebuild read models from the log beside the live ones and switch over atomically."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Names of read models."""
    names = [model.name for model in MODELS]
    parser.add_argument(
        "models", nargs="*", metavar="READ_MODEL", help=f"rebuilt together, since documents join them; one of: {', '.join(names)}"
    )


async def run(settings: Settings, args: argparse.Namespace) -> int:
    """Rebuild; 2 for an unknown name."""
    unknown = set(args.models) - {model.name for model in MODELS}
    if unknown:
        print(f"error: no read model is named {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    async with bootstrap.database(settings) as dsn, bootstrap.connected(dsn) as connection:
        position = await rebuild(connection, EventMapper(KeyRing()), MODELS, progress=ProgressBar("rebuild"))
    print(f"rebuilt {len(MODELS)} read models up to position {position}", file=sys.stderr)
    return 0
