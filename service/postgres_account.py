"""As whom the embedded PostgreSQL runs. It refuses to be root, so root lends it an account and lets that account reach its files."""

from __future__ import annotations

import logging
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

log = logging.getLogger(__name__)

# Accounts made for a PostgreSQL come first; `nobody` exists on every system, so nothing needs to be created.
_CANDIDATES = ("postgres", "pgserver", "nobody")


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot do what was asked; the message says why and what helps."""


class ProcessOptions(TypedDict, total=False):
    """What `subprocess` needs to run a program as an account; empty for "as I am"."""

    user: int
    group: int
    extra_groups: list[int]
    umask: int


@dataclass(frozen=True, slots=True)
class Account:
    """The uid and gid that own the cluster and run the server."""

    uid: int
    gid: int

    def process_options(self) -> ProcessOptions:
        """Arguments for `subprocess` that start a program as this account."""
        if self.uid == os.geteuid():
            return {"umask": 0o077}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}


def account_for(data: Path, bin_dir: Path) -> Account:
    """The account for the cluster in `data` and the binaries in `bin_dir`, able to reach both.

    Not root: simply who we are. Root: the owner of a cluster that exists, else the first candidate. Directories above
    that the account could not pass get the search bit (passing through, no listing), never more.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    account = _owner(data) or _candidate()
    _let_pass(data.parent)
    _let_pass(bin_dir)
    _let_read(bin_dir.parent)
    libraries = bin_dir.parent.parent.with_name(f"{bin_dir.parent.parent.name}.libs")
    if libraries.is_dir():
        _let_read(libraries)
    if data.exists() and data.stat().st_uid != account.uid:
        # A directory that root copied or unpacked: PostgreSQL insists on owning what it serves.
        for directory, _, files in os.walk(data):
            for path in (directory, *(os.path.join(directory, file) for file in files)):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return account


def give(path: Path, account: Account) -> None:
    """Make the account own `path`, if it does not yet."""
    status = path.lstat()
    if status.st_uid != account.uid:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _owner(data: Path) -> Account | None:
    try:
        status = data.stat()
    except FileNotFoundError:
        return None
    return Account(status.st_uid, status.st_gid) if status.st_uid != 0 else None


def _candidate() -> Account:
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        "PostgreSQL refuses to run as root and there is no other account to lend it: create one named postgres, "
        "run the service as an ordinary user, or name a database in LEDGER_DATABASE_URL."
    )


def _let_pass(path: Path) -> None:
    for directory in (path, *path.parents):
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            log.info("search permission given to the account of postgres", extra={"directory": str(directory)})
            _chmod(directory, mode | stat.S_IXOTH)


def _let_read(root: Path) -> None:
    """Wheels installed under a strict umask are readable by root alone; the programs need their libraries and data."""
    if root.stat().st_mode & stat.S_IROTH and _sample_is_readable(root):
        return
    for directory, _, files in os.walk(root):
        _chmod(Path(directory), Path(directory).stat().st_mode | stat.S_IROTH | stat.S_IXOTH)
        for file in files:
            path = Path(directory, file)
            mode = path.stat().st_mode
            _chmod(path, mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _sample_is_readable(root: Path) -> bool:
    # One umask installed them all, so the first file speaks for the rest; walking thousands at each start would not be free.
    for directory, _, files in os.walk(root):
        for file in files:
            return bool(Path(directory, file).stat().st_mode & stat.S_IROTH)
    return True


def _chmod(path: Path, mode: int) -> None:
    try:
        path.chmod(stat.S_IMODE(mode))
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The account that runs PostgreSQL cannot read {path} and its mode cannot be changed ({error.strerror}): "
            "choose another LEDGER_DATA_DIR, or name a database in LEDGER_DATABASE_URL."
        ) from error
