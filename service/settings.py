"""Settings of one process: `LEDGER_*` variables and the flags of `serve`, checked once, frozen ever after.

A flag wins over its variable. Every error names the variable and says what would be right.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Role(StrEnum):
    """A part that a process can run. Several processes may run any of them against one database."""

    WEB = "web"
    PROJECTOR = "projector"
    AUTOMATION = "automation"
    PROVISIONER = "provisioner"


class SettingsError(Exception):
    """A setting that cannot be used; the message names its variable and the remedy."""

    def __init__(self, variable: str, remedy: str) -> None:
        super().__init__(f"{variable}: {remedy}")
        self.variable = variable
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process was told. Times in seconds; `rate_limit` in requests per minute, 0 = off; no `access_url` = the listen address."""

    host: str = "127.0.0.1"
    port: int = 3000
    database_url: str = field(default="", repr=False)
    data_dir: Path = Path(".ledger")
    roles: frozenset[Role] = frozenset(Role)
    access_url: str | None = None
    first_user_email: str = ""
    first_user_username: str = ""
    first_user_password: str = field(default="", repr=False)
    log_level: str = "info"
    log_format: str = "json"
    watch_ping_seconds: float = 15.0
    autobuild_seconds: float = 60.0
    agent_disconnect_seconds: float = 30.0
    allow_workspace_renames: bool = False
    provisioners: int = 3
    rate_limit: int = 512
    bus: str = "postgres"
    webhook_private_targets: bool = False

    @staticmethod
    def load(environ: Mapping[str, str], args: argparse.Namespace | None = None) -> Settings:
        """Settings from variables and parsed flags (those of `add_flags`). Raises `SettingsError`."""
        values: dict[str, Any] = {}
        for setting in _TABLE:
            flag = getattr(args, setting.attribute, None)
            text = flag if flag is not None else environ.get(setting.variable, "")
            if text.strip():
                values |= setting.read(setting.variable, text)
        values.setdefault("log_format", "text" if sys.stderr.isatty() else "json")
        settings = Settings(**values)
        _check_first_user(settings)
        return settings


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Give `parser` one flag per variable: `LEDGER_DATA_DIR` is `--data-dir`. Values stay texts until `Settings.load`."""
    group = parser.add_argument_group("settings", "each may also be given as the environment variable in brackets; the flag wins")
    for setting in _TABLE:
        group.add_argument(setting.flag, dest=setting.attribute, metavar=setting.metavar, help=f"{setting.help} [{setting.variable}]")


def _check_first_user(settings: Settings) -> None:
    parts = {
        "LEDGER_FIRST_USER_EMAIL": settings.first_user_email,
        "LEDGER_FIRST_USER_USERNAME": settings.first_user_username,
        "LEDGER_FIRST_USER_PASSWORD": settings.first_user_password,
    }
    missing = [name for name, value in parts.items() if not value]
    if missing and len(missing) < len(parts):
        raise SettingsError(missing[0], "the first user needs e-mail address, name and password; set all three or none")


def _address(variable: str, text: str) -> dict[str, object]:
    host, colon, port = text.strip().rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535 or (":" in host and bare is host):
        raise SettingsError(
            variable, f"{text!r} is not HOST:PORT with a port from 0 to 65535, as in 127.0.0.1:3000 or [::1]:3000 (0 picks a free port)"
        )
    return {"host": bare or "0.0.0.0", "port": int(port)}


def _database_url(variable: str, text: str) -> dict[str, object]:
    # psycopg also takes key=value texts; both forms go through to it unchanged.
    if not text.startswith(("postgresql://", "postgres://")) and "=" not in text:
        raise SettingsError(variable, "it must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or be empty for the embedded one")
    return {"database_url": text.strip()}


def _data_dir(_variable: str, text: str) -> dict[str, object]:
    return {"data_dir": Path(text).expanduser()}


def _roles(variable: str, text: str) -> dict[str, object]:
    known = {str(role) for role in Role}
    named = {part.strip().lower() for part in text.split(",")} - {""}
    if not named or named - known:
        unknown = ", ".join(sorted(named - known)) or "nothing"
        raise SettingsError(variable, f"{unknown} is no role; choose from {', '.join(Role)}, separated by commas")
    return {"roles": frozenset(Role(name) for name in named)}


def _access_url(variable: str, text: str) -> dict[str, object]:
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(variable, f"{text!r} is not an http:// or https:// URL, as in https://ledger.example.com")
    return {"access_url": text.strip().rstrip("/")}


def _text(attribute: str) -> Callable[[str, str], dict[str, object]]:
    # Kept as it is, blanks at its ends included: it may be a password.
    return lambda _variable, text: {attribute: text}


def _choice(attribute: str, *choices: str) -> Callable[[str, str], dict[str, object]]:
    def read(variable: str, text: str) -> dict[str, object]:
        chosen = text.strip().lower()
        if chosen not in choices:
            raise SettingsError(variable, f"{text!r} is not one of {', '.join(choices)}")
        return {attribute: chosen}

    return read


def _seconds(attribute: str, at_least: float) -> Callable[[str, str], dict[str, object]]:
    def read(variable: str, text: str) -> dict[str, object]:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not at_least <= value <= 86400:
            raise SettingsError(variable, f"{text!r} is not a number of seconds from {at_least:g} to 86400")
        return {attribute: value}

    return read


def _whole(attribute: str, at_least: int, at_most: int) -> Callable[[str, str], dict[str, object]]:
    def read(variable: str, text: str) -> dict[str, object]:
        digits = text.strip()
        if not digits.isascii() or not digits.isdigit() or not at_least <= int(digits[:12]) <= at_most:
            raise SettingsError(variable, f"{text!r} is not a whole number from {at_least} to {at_most}")
        return {attribute: int(digits)}

    return read


def _switch(attribute: str) -> Callable[[str, str], dict[str, object]]:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}

    def read(variable: str, text: str) -> dict[str, object]:
        value = words.get(text.strip().lower())
        if value is None:
            raise SettingsError(variable, f"{text!r} is neither true nor false")
        return {attribute: value}

    return read


def _bus(variable: str, text: str) -> dict[str, object]:
    bus = text.strip().lower()
    if bus.startswith("nats://"):
        raise SettingsError(variable, "this release does not speak NATS; leave it at postgres, whose NOTIFY reaches all processes")
    if bus != "postgres":
        raise SettingsError(variable, f"{text!r} is not postgres")
    return {"bus": bus}


@dataclass(frozen=True, slots=True)
class _Setting:
    variable: str
    metavar: str
    help: str
    read: Callable[[str, str], dict[str, object]]

    @property
    def attribute(self) -> str:
        return "setting_" + self.variable.removeprefix("LEDGER_").lower()

    @property
    def flag(self) -> str:
        return "--" + self.variable.removeprefix("LEDGER_").lower().replace("_", "-")


_TABLE = (
    _Setting("LEDGER_ADDRESS", "HOST:PORT", "where HTTP listens (127.0.0.1:3000)", _address),
    _Setting("LEDGER_DATABASE_URL", "URL", "PostgreSQL to use; empty: the embedded one", _database_url),
    _Setting("LEDGER_DATA_DIR", "PATH", "embedded database and local state (./.ledger)", _data_dir),
    _Setting("LEDGER_ROLES", "ROLE,…", f"parts that this process runs ({','.join(Role)})", _roles),
    _Setting("LEDGER_ACCESS_URL", "URL", "the URL that clients are told (the listen address)", _access_url),
    _Setting("LEDGER_FIRST_USER_EMAIL", "EMAIL", "create this first user if there is none", _text("first_user_email")),
    _Setting("LEDGER_FIRST_USER_USERNAME", "NAME", "the first user's name", _text("first_user_username")),
    _Setting("LEDGER_FIRST_USER_PASSWORD", "PASSWORD", "the first user's password", _text("first_user_password")),
    _Setting("LEDGER_LOG_LEVEL", "LEVEL", "debug, info, warning, error (info)", _choice("log_level", "debug", "info", "warning", "error")),
    _Setting("LEDGER_LOG_FORMAT", "FORMAT", "text or json (text on a terminal)", _choice("log_format", "text", "json")),
    _Setting("LEDGER_WATCH_PING_SECONDS", "SECONDS", "heartbeat of watch streams (15)", _seconds("watch_ping_seconds", 0.1)),
    _Setting("LEDGER_AUTOBUILD_SECONDS", "SECONDS", "tick of autostart and autostop (60)", _seconds("autobuild_seconds", 0.1)),
    _Setting(
        "LEDGER_AGENT_DISCONNECT_SECONDS", "SECONDS", "silence that disconnects an agent (30)", _seconds("agent_disconnect_seconds", 0.1)
    ),
    _Setting("LEDGER_ALLOW_WORKSPACE_RENAMES", "BOOL", "let workspaces be renamed (false)", _switch("allow_workspace_renames")),
    _Setting("LEDGER_PROVISIONERS", "N", "jobs that the built-in provisioner runs at once (3)", _whole("provisioners", 0, 1000)),
    _Setting("LEDGER_RATE_LIMIT", "N", "requests per minute, caller and route; 0: no limit (512)", _whole("rate_limit", 0, 1_000_000_000)),
    _Setting(
        "LEDGER_WEBHOOK_PRIVATE_TARGETS", "BOOL", "let webhooks point at private addresses (false)", _switch("webhook_private_targets")
    ),
    _Setting("LEDGER_BUS", "BUS", "how watch updates travel between processes: postgres (postgres)", _bus),
)
