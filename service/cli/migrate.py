"""`migrate`: brings the database up to this release and ends."""

from __future__ import annotations

import argparse

from service import bootstrap
from service.cli.course import shown
from service.settings import Settings
from service.store.prepare import prepare

NAME = "migrate"
HELP = "Create or update the tables and read models, then end."


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Only the settings' flags."""


async def run(settings: Settings, _args: argparse.Namespace) -> int:
    """Migrate; 0 when the database is current."""
    async with bootstrap.database(settings) as dsn:
        await prepare(dsn, shown("migrate"))
    return 0
