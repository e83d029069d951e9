"""Structured logs on stderr: a fixed sentence and fields, as text for people or one JSON object a line for machines.

Data goes into fields (`log.info("build queued", extra={"workspace": id})`), never into the sentence. Fields named like a
secret are masked whatever they hold, and so are secrets inside texts that libraries and tracebacks bring along.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that this task serves; every line logged meanwhile carries it."""

MASK = "[secret]"

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET_FIELD = re.compile(r"password|passwd|secret|token|authorization|cookie|credential|api_?key|(?:session|private)_key", re.IGNORECASE)
_SECRET_TEXT = (
    # user:password@host in any URL
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+@"), rf"\1{MASK}@"),
    # password=…, "token": "…", Coder-Session-Token: …, Authorization: Bearer …
    (
        re.compile(
            r"((?:password|passwd|secret|token|authorization|cookie|api_?key)[\"']?\s*[=:]\s*(?:(?:bearer|basic)\s+)?[\"']?)[^\s\"'&,;]+",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    # An API key wherever it stands: ten characters, a hyphen, twenty-two (contract/identity.md).
    (re.compile(r"\b[A-Za-z0-9]{10}-[A-Za-z0-9]{22}\b"), MASK),
)


def masked(text: str) -> str:
    """`text` with passwords, tokens and API keys replaced by `MASK`."""
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text


def _clean(name: str, value: object) -> object:
    if _SECRET_FIELD.search(name) and value is not None and not isinstance(value, bool):
        return MASK
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(name, item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return masked(str(value))


def fields(record: logging.LogRecord) -> dict[str, object]:
    """The fields of a record, cleaned of secrets, the request id first where there is one."""
    found: dict[str, object] = {}
    current = request_id.get()
    if current is not None:
        found["request_id"] = current
    for name, value in vars(record).items():
        if name not in _STANDARD and not name.startswith("_"):
            found[name] = _clean(name, value)
    return found


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC, RFC 3339), level, logger, message, then the fields, then the stack if any."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        for name, value in fields(record).items():
            line.setdefault(name, value)
        if record.exc_info:
            line["stack"] = masked(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS).decode()


class TextFormatter(logging.Formatter):
    """`2026-01-02T03:04:05.678Z info  service.http  request failed route=/x status=500`, then the stack if any."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        parts = [time, f"{record.levelname.lower():<7}", record.name, masked(record.getMessage())]
        parts += [f"{name}={_shown(value)}" for name, value in fields(record).items()]
        line = " ".join(parts)
        return f"{line}\n{masked(self.formatException(record.exc_info))}" if record.exc_info else line


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    # Line breaks in a value would let data pose as a line of its own.
    return orjson.dumps(text).decode() if not text or re.search(r"[\s\"=\x00-\x1f]", text) else text


def configure(level: str, log_format: str, stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (stderr if none). `level` is a name of `logging`, any case; `log_format` is `text` or `json`.

    Calling it again replaces what it set up before.
    """
    handler: logging.StreamHandler[Any] = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    for noisy in ("asyncio", "aiohttp.access", "psycopg.pool"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    # It warns of every pipeline that a refused append leaves behind: somebody lost a race, nothing is wrong.
    logging.getLogger("psycopg").setLevel(max(logging.ERROR, root.level))
