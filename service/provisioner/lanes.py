"""The daemons that a process plays: slots that it holds by advisory locks over one connection, in lanes of equal ones.

The database frees the lock of a slot the moment its process dies, however it died. Whoever then takes the slot is the same
daemon as before and goes on with what that has not ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from service.provisioner.built import new_id
from service.provisioner.jobs import Offer
from service.store.provisioner_daemons import Kind, claim_slot, take_slot

#: Daemons of one process that take imports and dry runs alone.
PLANNERS = 2


class Lane:
    """`count` daemons of one kind that take the same jobs; `ids` names those that are held."""

    def __init__(self, offer: Offer, kind: Kind, count: int) -> None:
        self.offer = offer
        self._kind = kind
        self._count = count
        self._held: dict[str, int] = {}

    @property
    def ids(self) -> list[str]:
        """The daemons that this process plays."""
        return list(self._held)

    async def claim(self, connection: AsyncConnection[Any]) -> Sequence[str]:
        """Hold all slots over a new connection: the same ones again if nobody took them meanwhile. Returns the ids of lost ones."""
        lost = [id for id, slot in self._held.items() if not await claim_slot(connection, id, slot)]
        for id in lost:
            del self._held[id]
        while len(self._held) < self._count:
            id, slot = await take_slot(connection, new_id(), self._kind, self.ids)
            self._held[id] = slot
        return lost
