"""`token create`: a token for a person, made by whoever may reach the database, beside a running service or without one.

Only the token is printed on stdout: `TOKEN=$(python -m service token create --user ada)`.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from datetime import timedelta
from typing import Any

from psycopg_pool import AsyncConnectionPool

from domain.api_keys.commands import CreateApiKey
from domain.api_keys.values import DEFAULT_TOKEN_LIFETIME, TOKEN, max_token_lifetime
from domain.kernel.errors import DomainError
from domain.roles import scopes
from domain.roles.builtin import SiteRole
from projections.api_keys.queries import key_by_id
from projections.users.queries import user_by_name
from projections.users.render import UserRow
from service import bootstrap
from service.auth.secrets import digest_written
from service.auth.token_names import random_token_name
from service.auth.tokens import new_token
from service.cli.acting import as_tool, refused
from service.settings import Settings
from service.store.prepare import prepare
from service.write_side import WriteSide, write_side

NAME = "token"
HELP = "Make a token for a user: `token create --user NAME` prints it."
SHOWN_WITHIN_SECONDS = 3.0

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(?:\d{1,9}[dhms])+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to make, and for whom."""
    parser.add_argument("action", choices=("create",), help="what to do")
    parser.add_argument("--user", required=True, metavar="NAME", help="username of the person whose token it is")
    parser.add_argument("--name", default="", metavar="TOKEN_NAME", help="how the token is listed (a random name)")
    parser.add_argument("--lifetime", type=duration, default=None, metavar="DURATION", help="such as 12h or 30d (7d)")


def duration(text: str) -> timedelta:
    """`1d12h` as a time span; days, hours, minutes, seconds. Raises `argparse.ArgumentTypeError`."""
    if _DURATION.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 12h, 30d or 1d12h")
    try:
        span = sum((timedelta(**{_UNITS[part[-1]]: int(part[:-1])}) for part in re.findall(r"\d+[dhms]", text)), timedelta())
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r} is longer than anything lives") from None
    if not span:
        raise argparse.ArgumentTypeError("a token must live for at least a second")
    return span


async def run(settings: Settings, args: argparse.Namespace) -> int:
    """Make the token and print it; 1 when there is no such user, or the rules refuse."""
    async with bootstrap.database(settings) as dsn:
        await prepare(dsn)
        async with write_side(dsn) as write:
            async with write.pool.connection() as connection:
                user = await user_by_name(connection, args.user)
            if user is None:
                return refused(f"no user is named {args.user!r}")
            longest = max_token_lifetime(SiteRole.OWNER in user.roles)
            lifetime = args.lifetime or min(DEFAULT_TOKEN_LIFETIME, longest)
            if lifetime > longest:
                return refused(f"a token of {user.username} may live for {_in_words(longest)} at most")
            try:
                text = await _create(write, user, args.name or random_token_name(), lifetime)
            except DomainError as error:
                return refused(error)
    print(text, flush=True)
    return 0


async def _create(write: WriteSide, user: UserRow, name: str, lifetime: timedelta) -> str:
    token = new_token()
    command = CreateApiKey(token.id, user.id, TOKEN, lifetime, (scopes.ALL,), ("*:*",), name)
    await write.bus.execute(command, as_tool(), side_writes=(digest_written(user.id, token),))
    await _until_usable(write.pool, token.id)
    return token.text


async def _until_usable(pool: AsyncConnectionPool[Any], key_id: str) -> None:
    """Callers are recognised by the read models: return when they show the key, or when plainly nobody projects."""
    deadline = time.monotonic() + SHOWN_WITHIN_SECONDS
    async with pool.connection() as connection:
        while await key_by_id(connection, key_id) is None:
            if time.monotonic() > deadline:
                print("note: no service is running; the token works as soon as one has started", file=sys.stderr)
                return
            await asyncio.sleep(0.02)


def _in_words(span: timedelta) -> str:
    hours = int(span.total_seconds()) // 3600
    return f"{hours // 24} days" if hours % 24 == 0 else f"{hours} hours"
