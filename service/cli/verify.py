"""`verify`: rebuilds into shadow tables and compares them with the live read models, byte for byte."""

from __future__ import annotations

import argparse
import sys

from projections.engine.verify import verify
from projections.models import MODELS
from service import bootstrap
from service.cli.course import shown
from service.settings import Settings
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.prepare import check_prepared

NAME = "verify"
HELP = "Compare the live read models with a rebuild; non-zero exit status on any difference."
_MOST = 50


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Only the settings' flags."""


async def run(settings: Settings, _args: argparse.Namespace) -> int:
    """Verify; 1 when anything differs."""
    async with bootstrap.database(settings) as dsn, bootstrap.connected(dsn) as live, bootstrap.connected(dsn) as shadow:
        await check_prepared(live)
        report = await verify(live, shadow, EventMapper(KeyRing()), MODELS, course=shown("verify"), most=_MOST)
    for difference in report.differences:
        row = difference.row[:300].replace("\n", "\\n")
        print(f"{difference.table}: only {difference.side}: {row}", file=sys.stderr)
    if report.behind:
        print(f"not compared: {report.behind} positions of the log that the read models have not come to", file=sys.stderr)
    found = len(report.differences)
    verdict = f"{found}{' or more' if found >= _MOST else ''} differences" if found else "no difference"
    print(f"compared {report.rows} rows at position {report.position}: {verdict}")
    return 1 if found else 0
