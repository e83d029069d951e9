"""Which rows a rebuild has written, in a fixed amount of memory: sometimes a row too many, never one too few."""

from __future__ import annotations

from projections.engine.tables import Key, Table

#: 16 MB: of ten million rows, one in fifty that was not written is taken for one that was.
_BITS = 27
_MASK = (1 << _BITS) - 1


class Written:
    """A Bloom filter over the keys of all tables, with two places for each."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, table: Table, key: Key) -> None:
        """The row is in the database from now on."""
        if not self._bytes:
            self._bytes = bytearray(1 << (_BITS - 3))
        hashed = hash((table.name, key))
        for place in (hashed & _MASK, (hashed >> _BITS) & _MASK):
            self._bytes[place >> 3] |= 1 << (place & 7)

    def may_hold(self, table: Table, key: Key) -> bool:
        """False only when the row was never added."""
        if not self._bytes:
            return False
        hashed = hash((table.name, key))
        place, other = hashed & _MASK, (hashed >> _BITS) & _MASK
        return bool(self._bytes[place >> 3] & 1 << (place & 7) and self._bytes[other >> 3] & 1 << (other & 7))
