"""Callers by token, so that an authenticated request costs a look-up; events of keys, people, organizations and groups undo entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.kernel.ids import api_key_stream_id
from service.auth.caller import Caller
from service.web.feed import Change

_OF_KEYS = frozenset({"ApiKeyDeleted", "ApiKeyExpirySet", "ApiKeyUsed"})
_OF_USERS = frozenset({"UserDeleted", "UserErased", "UserPasswordChanged", "UserProfileChanged", "UserSiteRolesSet", "UserStatusSet"})
_OF_ORGANIZATIONS = frozenset(
    {"CustomRoleDeleted", "CustomRoleUpdated", "OrganizationDeleted", "OrganizationUpdated", "WorkspaceSharingSet"}
)
#: Their payload says whom they concern.
_NAMING_USERS = frozenset({"GroupMembersChanged", "MemberAdded", "MemberRemoved", "MemberRolesSet"})

_NAMED: LiteralString = """
    SELECT DISTINCT n.user_id
    FROM ledger_events e
    CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::jsonb -> 'data' AS data) p
    CROSS JOIN LATERAL (
      SELECT p.data ->> 'user_id' AS user_id
      UNION ALL
      SELECT jsonb_array_elements_text(coalesce(p.data -> 'added', '[]') || coalesce(p.data -> 'removed', '[]'))
    ) n
    WHERE e.notification_id = ANY(%s) AND n.user_id IS NOT NULL
"""


@dataclass(slots=True)
class Entry:
    """A caller and two instants in seconds since 1970: when the key ends, and when its use must be written down again."""

    caller: Caller
    expires: float
    due: float


class CallerCache:
    """A feed follower. Keys are digests of whole tokens; the oldest entry leaves when it is full."""

    def __init__(self, capacity: int = 50_000) -> None:
        self._capacity = capacity
        self._entries: dict[bytes, Entry] = {}
        self._by_stream: dict[str, set[bytes]] = {}
        self.generation = 0

    def get(self, digest: bytes) -> Entry | None:
        """The entry of a token, if it is known."""
        return self._entries.get(digest)

    def holds(self, caller: Caller) -> bool:
        """Whether this very caller is known, not one who was read before or after."""
        return any(self._entries[digest].caller is caller for digest in self._by_stream.get(caller.user_id, ()))

    def put(self, digest: bytes, entry: Entry, generation: int) -> None:
        """Keep the entry, unless something was undone since `generation`, at which its caller began to be read."""
        if generation != self.generation:
            return
        if len(self._entries) >= self._capacity:
            self._drop(next(iter(self._entries)))
        self._entries[digest] = entry
        for stream_id in _streams(entry.caller):
            self._by_stream.setdefault(stream_id, set()).add(digest)

    async def follow(self, connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Undo what these events may have changed."""
        streams: set[str] = set()
        naming: list[int] = []
        for change in changes:
            name = change.name
            if name in _OF_KEYS or name in _OF_USERS:
                streams.add(change.stream_id)
            elif name in _OF_ORGANIZATIONS or name == "GroupDeleted":
                streams.update(self._concerned(change))
            elif name in _NAMING_USERS:
                naming.append(change.position)
        if naming:
            cursor = await connection.execute(_NAMED, (naming,), prepare=True)
            streams.update(row[0] for row in await cursor.fetchall())
        if streams:
            self.generation += 1
            self._drop_all(streams)

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have happened."""
        self.generation += 1
        self._entries.clear()
        self._by_stream.clear()

    def _concerned(self, change: Change) -> Iterable[str]:
        """The members of an organization, or of a group, that are known here. Rare enough to look at every entry.

        The generation moves even if nobody is: somebody may be being read at this moment.
        """
        self.generation += 1
        id = change.stream_id
        return {e.caller.user_id for e in self._entries.values() if id in e.caller.organization_ids or id in e.caller.subject.group_ids}

    def _drop_all(self, streams: Iterable[str]) -> None:
        for stream_id in streams:
            for digest in tuple(self._by_stream.get(stream_id, ())):
                self._drop(digest)

    def _drop(self, digest: bytes) -> None:
        entry = self._entries.pop(digest)
        for stream_id in _streams(entry.caller):
            digests = self._by_stream[stream_id]
            digests.discard(digest)
            if not digests:
                del self._by_stream[stream_id]


def _streams(caller: Caller) -> tuple[str, str]:
    return caller.user_id, api_key_stream_id(caller.key_id)
