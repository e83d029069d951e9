"""A stored document as the frames of both protocols, encoded when first asked for and then kept with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.roles.objects import Object

PING_SSE = b"event: ping\n\n"
PING_WEBSOCKET = '{"type":"ping","data":null}'
_PLAIN, _FAVORITE = b'"favorite":false', b'"favorite":true'


@dataclass(slots=True)
class Document:
    """A Workspace document as stored: `body` is JSON that shows no favourite; it reads so since `position`.

    `workspace` and `template` are the policy's objects: whoever is given the document must be allowed to read both.
    `template` is None for a deleted one, which nobody reads. `is_pending` says that its place in the queue is not in it.
    """

    id: str
    position: int
    body: bytes
    owner_id: str
    workspace: Object
    template_id: str
    template: Object | None
    is_favorite: bool = False
    is_deleted: bool = False
    is_pending: bool = False
    _frames: dict[tuple[str, bool], bytes | str] = field(default_factory=dict, repr=False)

    def body_for(self, viewer_id: str) -> bytes:
        """The JSON as this person sees it: only owners see their favourites. Quotes inside JSON strings are escaped, so the
        pattern is the key itself."""
        if self.is_favorite and viewer_id == self.owner_id:
            return self.body.replace(_PLAIN, _FAVORITE, 1)
        return self.body

    def sse(self, viewer_id: str) -> bytes:
        """The `data` frame of a server-sent event stream, with its id."""
        favorite = self.is_favorite and viewer_id == self.owner_id
        frame = self._frames.get(("sse", favorite))
        if frame is None:
            frame = self._frames["sse", favorite] = b"id: %d\nevent: data\ndata: %b\n\n" % (self.position, self.body_for(viewer_id))
        assert isinstance(frame, bytes)
        return frame

    def websocket(self, viewer_id: str) -> str:
        """The `data` message of a WebSocket."""
        favorite = self.is_favorite and viewer_id == self.owner_id
        frame = self._frames.get(("websocket", favorite))
        if frame is None:
            frame = self._frames["websocket", favorite] = f'{{"type":"data","data":{self.body_for(viewer_id).decode()}}}'
        assert isinstance(frame, str)
        return frame
