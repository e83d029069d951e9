"""The daemons that a process plays: slots that it holds by advisory locks over one connection, in lanes of equal ones.

The database frees the lock of a slot the moment its process dies, however it died. Whoever then takes the slot is the same
daemon as before and goes on with what that has not ended.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from domain.templates.values import BUILT_IN
from service.provisioner.built import new_id
from service.provisioner.jobs import BUILD, PLANNING, Offer
from service.store.provisioner_daemons import API_VERSION, Kind, claim_slot, take_slot
from service.version import BUILD_VERSION

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


def built_in_lanes(count: int) -> list[Lane]:
    """`count` daemons that take any job, and some for imports and dry runs alone: authors do not wait for other people's builds."""
    return [_lane("planner", PLANNING, PLANNERS), _lane("builder", (*PLANNING, BUILD), count)]


def _lane(name: str, types: tuple[str, ...], count: int) -> Lane:
    offer = Offer((BUILT_IN,), types, {"scope": "organization", "owner": ""})
    kind = Kind(f"{name}-{socket.gethostname()}", BUILD_VERSION, API_VERSION, offer.provisioners, offer.types, offer.tags)
    return Lane(offer, kind, count)
