"""What the embedded PostgreSQL is told when its cluster is made; from then on its `postgresql.conf` is its operator's."""

from __future__ import annotations

import os
from typing import Final

#: The least and the most megabytes of shared buffers: what lists of the present and of the past read again and again fits into the most.
_BUFFERS = (128, 512)
# Durability is the point of a ledger, so what guards it is spelled out although it is PostgreSQL's default. The rest: no TCP,
# UTC, and no JIT (it costs more than it saves on statements of a millisecond). Tables are looked after every few
# seconds: one that grows from nothing to thousands of rows within a minute needs statistics, and plans made for it, before that.
_TEXT: Final = """
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = {buffers}MB
max_wal_size = 1GB
autovacuum_naptime = 5s
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
log_min_messages = warning
log_min_error_statement = fatal
"""


def config() -> str:
    """The lines that are added to `postgresql.conf`."""
    return _TEXT.format(buffers=_buffers())


def _buffers() -> int:
    """Megabytes of shared buffers: a sixteenth of the machine's memory, within bounds. They take memory only as they fill."""
    least, most = _BUFFERS
    return max(least, min(most, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // (16 << 20)))
