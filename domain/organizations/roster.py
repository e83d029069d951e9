"""Who is a member, as an immutable map that stays cheap to change when an organization has a hundred thousand people.

A plain dict would be copied whole for each newcomer. Here a change copies three small dicts: ids are spread by their first
hex digits over shelves, and over boxes on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Member:
    """`roles` are the stored ones; `since` is the position at which the person came: whoever leaves and comes back is new."""

    roles: tuple[str, ...]
    since: int


_Box = Mapping[str, Member]
_Shelf = Mapping[str, _Box]
_NO_SHELF: _Shelf = MappingProxyType({})
_NO_BOX: _Box = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Roster:
    """Members by user id (UUID text). `len`, `in` and `get` as in a dict; `with_member` and `without` give another roster.

    `shelves` and `size` are its insides, public only because stored states are made of public fields.
    """

    shelves: Mapping[str, _Shelf] = field(default_factory=dict)
    size: int = 0

    def __len__(self) -> int:
        return self.size

    def __contains__(self, user_id: str) -> bool:
        return self.get(user_id) is not None

    def __iter__(self) -> Iterator[str]:
        return (user_id for shelf in self.shelves.values() for box in shelf.values() for user_id in box)

    def get(self, user_id: str) -> Member | None:
        """The membership, or None."""
        return self.shelves.get(user_id[:2], _NO_SHELF).get(user_id[2:4], _NO_BOX).get(user_id)

    def with_member(self, user_id: str, member: Member) -> Roster:
        """The roster in which the person is a member on these terms."""
        shelf = self.shelves.get(user_id[:2], _NO_SHELF)
        box = shelf.get(user_id[2:4], _NO_BOX)
        return self._with_box(user_id, {**box, user_id: member}, self.size + (user_id not in box))

    def without(self, user_id: str) -> Roster:
        """The roster without the person."""
        if user_id not in self:
            return self
        box = self.shelves[user_id[:2]][user_id[2:4]]
        return self._with_box(user_id, {other: member for other, member in box.items() if other != user_id}, self.size - 1)

    def mapped(self, change: Callable[[Member], Member]) -> Roster:
        """The roster with every membership changed: for what concerns all of them at once."""
        return Roster({a: {b: {u: change(m) for u, m in box.items()} for b, box in s.items()} for a, s in self.shelves.items()}, self.size)

    def _with_box(self, user_id: str, box: _Box, size: int) -> Roster:
        shelf = self.shelves.get(user_id[:2], _NO_SHELF)
        return Roster({**self.shelves, user_id[:2]: {**shelf, user_id[2:4]: box}}, size)


EMPTY_ROSTER = Roster()
