"""Who holds a name now, and the appends that take and free it: what every feature with unique names uses."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.decider import Append, Decider
from domain.kernel.events import Recorded, Stream
from domain.kernel.ids import reservation_id
from domain.reservations.events import NameReleased, NameReserved


@dataclass(frozen=True, slots=True)
class Reservation:
    """`holder` is None while the name is free."""

    holder: str | None = None


def evolve(state: Reservation, recorded: Recorded) -> Reservation:
    """Fold one event of a reservation stream."""
    match recorded.event:
        case NameReserved(holder=holder):
            return Reservation(holder)
        case NameReleased():
            return Reservation(None)
    return state


RESERVATION: Decider[Reservation] = Decider("reservation", Reservation(), evolve)


def name_stream(kind: str, *parts: str) -> Stream:
    """The stream that stands for a name: parts are the scope (owner, organization, …) and the folded name."""
    return RESERVATION.stream(reservation_id(kind, *parts))


def reserve(stream: Stream, kind: str, holder: str) -> Append:
    """The append that takes a free name."""
    return Append(stream, (NameReserved(kind, holder),))


def release(stream: Stream, kind: str, holder: str) -> Append:
    """The append that frees a held name."""
    return Append(stream, (NameReleased(kind, holder),))
