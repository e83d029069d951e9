"""`agent`: the reference agent in this process, until SIGTERM (its workspace stops) or until its standard input closes.

Whoever starts it holds the other end of that pipe, so an agent never outlives its keeper, however that died.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.agent.life import Agent, Signals
from service.agent.scripts import INHERITED, Place, expanded
from service.agent.server import Server
from service.settings import Settings, SettingsError

NAME = "agent"
HELP = "Run the agent of one workspace on this machine; LEDGER_AGENT_URL and LEDGER_AGENT_TOKEN say whose."
URL_VARIABLE = "LEDGER_AGENT_URL"
TOKEN_VARIABLE = "LEDGER_AGENT_TOKEN"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """None: a token on the command line would be everybody's to read."""


async def run(_settings: Settings, _args: argparse.Namespace) -> int:
    """Live as the agent that the environment names. Raises `SettingsError` when it names none."""
    url, token = _required(URL_VARIABLE, "the URL of the service"), _required(TOKEN_VARIABLE, "the agent's token")
    home = _home()
    signals = Signals()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signals.stop.set)
    _watch_keeper(loop, signals)
    async with Server(url, token) as server:
        return await Agent(server, signals, lambda assignment: _place(assignment, home)).live()


def _home() -> Path:
    return Path(os.environ.get("HOME") or "/").resolve()


def _required(variable: str, what: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise SettingsError(variable, f"must hold {what}")
    return value


def _watch_keeper(loop: asyncio.AbstractEventLoop, signals: Signals) -> None:
    """Notice that the other end of standard input has closed; a terminal or a file says nothing of that."""
    descriptor = sys.stdin.fileno()
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISFIFO(kind) and not stat.S_ISSOCK(kind):
        return

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            signals.gone.set()

    os.set_blocking(descriptor, False)
    loop.add_reader(descriptor, readable)


def _place(assignment: Mapping[str, Any], home: Path) -> Place:
    """The declared directory if this machine has it, else home; the declared environment over a small one.

    The agent's token is not in it: a script that prints its environment would put the token into the log.
    """
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environment |= {
        "HOME": str(home),
        "CODER": "true",
        "CODER_WORKSPACE_NAME": assignment["workspace_name"],
        "CODER_WORKSPACE_OWNER_NAME": assignment["owner_name"],
        "CODER_WORKSPACE_AGENT_NAME": assignment["agent_name"],
    }
    environment |= assignment["environment_variables"]
    place = Place(home, home, environment)
    directory = home / expanded(assignment["directory"], place) if assignment["directory"] else home
    return Place(directory if directory.is_dir() else home, home, environment)
