"""Parses the command line, loads the settings, runs one subcommand. Exit codes: 0 done, 1 refused or different, 2 wrong usage."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

import psycopg
import uvloop

from service.cli import agent, demo, documents, importing, migrate, password, rebuild, replay, serve, token, verify
from service.cli.streams import OutputLost, forget_output, hold_standard_streams
from service.observability import logging as ledger_logging
from service.postgres_account import EmbeddedPostgresError
from service.settings import Settings, SettingsError, add_flags
from service.store.prepare import NotPrepared


def parser() -> argparse.ArgumentParser:
    """All subcommands with their flags; without one it is `serve`."""
    root = argparse.ArgumentParser(prog="python -m service", description="Workspace Ledger: the truth about developer workspaces.")
    commands = root.add_subparsers(dest="command", metavar="COMMAND")
    for module in (serve, migrate, rebuild, verify, replay, importing, token, password, demo, agent, *documents.COMMANDS):
        sub = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP)
        add_flags(sub)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return root


def main(argv: Sequence[str]) -> int:
    """Run the command line `argv` (without the program's name) and return the exit code."""
    hold_standard_streams()
    arguments = list(argv)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        arguments.insert(0, serve.NAME)
    args = parser().parse_args(arguments)
    try:
        settings = Settings.load(os.environ, args)
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    # What a tool has to say is its output; the parts it uses speak up only when something is wrong.
    level = settings.log_level if args.command == serve.NAME or _asked_for_level(args) else "warning"
    ledger_logging.configure(level, settings.log_format)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            code: int = runner.run(args.run(settings, args))
            return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone: nothing is left to say, not even at interpreter shutdown.
        forget_output()
        return 0
    except OutputLost as error:
        print(f"error: standard output: {error}", file=sys.stderr)
        forget_output()
        return 1
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except NotPrepared as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except EmbeddedPostgresError as error:
        print(f"error: LEDGER_DATA_DIR: {error}", file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        print(f"error: LEDGER_DATABASE_URL: the database does not answer: {str(error).strip()}", file=sys.stderr)
        return 1


def _asked_for_level(args: argparse.Namespace) -> bool:
    return bool(args.setting_log_level or os.environ.get("LEDGER_LOG_LEVEL", "").strip())
