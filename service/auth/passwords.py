"""Password hashes: argon2id for new ones, `$pbkdf2-sha256$…` of the reference verified as well (contract/identity.md 3.3).

A hash costs tens of milliseconds of CPU on purpose, so it runs in a small pool of threads of its own, never on the event
loop, and a queue that grows too long refuses newcomers instead of starving those who already wait.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.kernel.errors import TooMany

T = TypeVar("T")

# 32 MiB and two passes: about 40 ms on the core this was tuned on, twice what OWASP asks of argon2id in memory.
_ARGON2 = PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)
_PBKDF2_PREFIX = "$pbkdf2-sha256$"
_PBKDF2_KEY_BYTES = 64
_ITERATIONS = re.compile(r"[1-9][0-9]{0,6}")


def hash_password(password: str, hasher: PasswordHasher = _ARGON2) -> str:
    """The argon2id hash string of `password`. Takes tens of milliseconds."""
    return hasher.hash(password)


def verify_password(password: str, stored: str, hasher: PasswordHasher = _ARGON2) -> bool:
    """Whether `stored` is a hash of `password`; what is empty or no hash costs the same and never matches."""
    if stored.startswith(_PBKDF2_PREFIX):
        parts = _pbkdf2_parts(stored)
        if parts is not None:
            iterations, salt, key = parts
            return hmac.compare_digest(hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations, len(key)), key)
    try:
        if stored.isascii() and stored:
            return hasher.verify(stored, password)
    except VerificationError:
        return False
    except InvalidHashError:
        pass
    hash_password(password, hasher)  # whoever measures the answer must not learn that there is nothing to compare with
    return False


def needs_rehash(stored: str) -> bool:
    """Whether a password that was just verified against `stored` should be hashed anew."""
    try:
        return not (stored.isascii() and stored.startswith("$argon2id$")) or _ARGON2.check_needs_rehash(stored)
    except InvalidHashError:
        return True


def _pbkdf2_parts(stored: str) -> tuple[int, bytes, bytes] | None:
    """(iterations, salt, key) of `$pbkdf2-sha256$iterations$salt$key`, base64 without padding; None if it is none."""
    fields = stored.removeprefix(_PBKDF2_PREFIX).split("$")
    if len(fields) != 3 or not _ITERATIONS.fullmatch(fields[0]):
        return None
    try:
        salt, key = (base64.b64decode(text + "=" * (-len(text) % 4), validate=True) for text in fields[1:])
    except (binascii.Error, ValueError):
        return None
    return (int(fields[0]), salt, key) if len(key) == _PBKDF2_KEY_BYTES else None


class Passwords:
    """Hashing off the event loop by `hasher`: at most `threads` at once and `waiting` more in line."""

    def __init__(self, *, threads: int = 2, waiting: int = 128, hasher: PasswordHasher = _ARGON2) -> None:
        self._hasher = hasher
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._bound = threads + waiting
        self._pending = 0
        self._counting = threading.Lock()

    async def hash(self, password: str) -> str:
        """As `hash_password`. Raises `TooMany` when the line is full."""
        return await self._run(lambda: hash_password(password, self._hasher))

    async def verify(self, password: str, stored: str) -> bool:
        """As `verify_password`; pass "" for an unknown user. Raises `TooMany` when the line is full."""
        return await self._run(lambda: verify_password(password, stored, self._hasher))

    def close(self) -> None:
        """Drop what has not started and wait for what has."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        with self._counting:
            if self._pending >= self._bound:
                raise TooMany("Too many sign-ins at once.", "Please try again in a moment.", retry_after=2)
            future = self._pool.submit(work)
            self._pending += 1
        # Counted until the work itself is over: a caller who went away makes no room while a thread still computes.
        future.add_done_callback(self._finished)
        return await asyncio.wrap_future(future)

    def _finished(self, _: Future[T]) -> None:
        with self._counting:
            self._pending -= 1
