"""What the HTTP server reports: a request that it cannot make out is its sender's fault, and no error of the service.

Whoever scans ports would else fill the log with errors and their stacks.
"""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

_OURS = logging.getLogger(__name__)


class _SendersFault(logging.Filter):
    """Lets a refused request through as one line for those who look for it (`debug`); all else as it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        fault = record.exc_info[1] if record.exc_info else None
        if not isinstance(fault, HttpProcessingError):
            return True
        _OURS.debug("a request could not be made out", extra={"reason": type(fault).__name__, "status": fault.code})
        return False


_SERVER = logging.getLogger(f"{__name__}.aiohttp")
_SERVER.addFilter(_SendersFault())


def server_log() -> logging.Logger:
    """For the low-level server."""
    return _SERVER
