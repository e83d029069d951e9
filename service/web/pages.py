"""Answers to common lists, kept as bytes until anything happens that could change one: first pages need no SQL.

A page belongs to one compiled subject: whoever's rights change gets another subject, and so no page of before.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from domain.roles.policy import Subject
from service.web.feed import Change

#: Bytes of answers kept; the least recently used go first. Larger answers than a sixteenth of it are not kept at all.
CAPACITY = 32 * 1024 * 1024
#: Bookkeeping that no list of workspaces shows, and what was asked for in vain: nobody slows lists down by it.
_UNSEEN = frozenset(
    {
        *("ApiKeyCreated", "ApiKeyUsed", "ApiKeyExpirySet", "ApiKeyDeleted", "UserSeen", "UserSettingsChanged"),
        *("LoginFailed", "PasscodeRequested", "ChangeRefused"),
    }
)

Key = tuple[int, str]


class Page(NamedTuple):
    """A whole answer. `subject` is held so that its identity, which is part of the key, is not given to another."""

    subject: Subject
    body: bytes
    position: int


class Pages:
    """A feed follower; `generation` tells whether something happened while a page was made."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[Key, Page] = OrderedDict()
        self.generation = 0

    def get(self, subject: Subject, query: str) -> Page | None:
        """The answer to this query string for this reader, if nothing has happened since it was made."""
        key = (id(subject), query)
        page = self._kept.get(key)
        if page is not None:
            self._kept.move_to_end(key)
        return page

    def keep(self, subject: Subject, query: str, body: bytes, position: int, generation: int) -> None:
        """Keep an answer whose making began at `generation`; one that something overtook is not kept."""
        if generation != self.generation or len(body) > self._capacity // 16:
            return
        before = self._kept.pop((id(subject), query), None)
        self._size += len(body) - (len(before.body) if before is not None else 0)
        self._kept[id(subject), query] = Page(subject, body, position)
        while self._size > self._capacity:
            _, gone = self._kept.popitem(last=False)
            self._size -= len(gone.body)

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Forget every page if any of these could show in one."""
        if not all(change.name in _UNSEEN for change in changes):
            self._forget()

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have happened."""
        self._forget()

    def _forget(self) -> None:
        self.generation += 1
        self._kept.clear()
        self._size = 0
