"""`password set`: another password for a person, by whoever may reach the database: nobody else could give one to the only owner."""

from __future__ import annotations

import argparse
import getpass
import sys

from domain.kernel.errors import DomainError
from domain.users.commands import ChangePassword
from projections.users.queries import user_by_name
from service import bootstrap
from service.auth.password_strength import weakness
from service.auth.passwords import hash_password
from service.auth.secrets import password_hash_written, stored_password
from service.cli.acting import as_tool, refused
from service.settings import Settings
from service.store.prepare import prepare
from service.write_side import write_side

NAME = "password"
HELP = "Give a user another password: `password set --user NAME` asks for it, or reads a line from stdin. It ends the user's tokens."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For whom. The password itself is no argument: those can be seen by everybody on the machine."""
    parser.add_argument("action", choices=("set",), help="what to do")
    parser.add_argument("--user", required=True, metavar="NAME", help="username of the person whose password it is")


async def run(settings: Settings, args: argparse.Namespace) -> int:
    """Set it; 1 when there is no such user, or the rules refuse."""
    password = getpass.getpass("New password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if reason := weakness(password):
        return refused(reason)
    async with bootstrap.database(settings) as dsn:
        await prepare(dsn)
        async with write_side(dsn) as write:
            async with write.pool.connection() as connection:
                user = await user_by_name(connection, args.user)
                if user is None:
                    return refused(f"no user is named {args.user!r}")
                revision = (await stored_password(connection, user.id)).revision
            written = password_hash_written(user.id, hash_password(password), revision + 1)
            try:
                await write.bus.execute(ChangePassword(user.id, revision), as_tool(), side_writes=(written,))
            except DomainError as error:
                return refused(error)
    print(f"{user.username} has another password", file=sys.stderr)
    return 0
