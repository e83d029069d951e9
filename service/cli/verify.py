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

NAME = "verify"
HELP = "Compare the live read models with a rebuild; non-zero exit status on any difference."


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Only the settings' flags."""


async def run(settings: Settings, _args: argparse.Namespace) -> int:
    """Verify; 1 when anything differs."""
    async with bootstrap.database(settings) as dsn, bootstrap.connected(dsn) as live, bootstrap.connected(dsn) as shadow:
        report = await verify(live, shadow, EventMapper(KeyRing()), MODELS, course=shown("verify"))
    for difference in report.differences:
        print(f"{difference.table}: only {difference.side}: {difference.row[:300]}", file=sys.stderr)
    verdict = f"{len(report.differences)} differences" if report.differences else "no difference"
    print(f"compared {report.rows} rows at position {report.position}: {verdict}")
    return 1 if report.differences else 0
