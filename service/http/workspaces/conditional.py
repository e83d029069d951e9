"""ETag, If-None-Match and If-Match of workspaces: two callers with one tag, one of them wins (RFC 9110 13.1).

The tag is the position of the last event that the document shows. A pending build's place in the queue is not an event: its
tag holds the place as well, so that nobody is told that nothing changed; `If-Match` looks at the position alone.
"""

from __future__ import annotations

from domain.kernel.errors import Stale
from projections.workspaces.render import QueuePlace
from service.commands.bus import Precondition
from service.commands.unit import Unit
from service.http.call import Call
from service.watch.frames import Document

_ANY = "*"


def etag(document: Document, place: QueuePlace | None = None) -> str:
    """The document's entity tag, quotes included."""
    return f'"{document.position}"' if place is None else f'"{document.position}-{place.position}-{place.size}"'


def is_unchanged(call: Call, tag: str) -> bool:
    """Whether the caller has this representation already (weak comparison)."""
    header = call.request.headers.get("If-None-Match")
    return header is not None and (header.strip() == _ANY or tag in {given.removeprefix("W/") for given in _tags(header)})


def if_match(call: Call, document: Document) -> Precondition | None:
    """What must hold when the change is decided: that the document is still one of those that the caller names.

    Tags are compared strongly (RFC 9110 13.1.1): a weak one matches nothing. Raises `Stale` when it is not so already. The
    precondition looks at the document as of everything that the decision has loaded, so that of two callers with one tag the
    second is refused, whichever stream the first one changed.
    """
    header = call.request.headers.get("If-Match")
    if header is None or header.strip() == _ANY or call.is_repeated:
        return None
    positions = {tag[1:-1].partition("-")[0] for tag in _tags(header) if tag.startswith('"')}
    _check(document, positions)

    async def holds(unit: Unit) -> None:
        await call.shown(max((loaded.position for _, loaded in unit.loaded.values()), default=0))
        current = await call.services.documents.get(document.id)
        if current is not None:
            _check(current, positions)

    return holds


def _check(document: Document, positions: set[str]) -> None:
    if str(document.position) not in positions:
        raise Stale("The workspace has changed.", f"Its entity tag is now {etag(document)}: read it again and decide anew.")


def _tags(header: str) -> set[str]:
    return {tag.strip() for tag in header.split(",")}
