"""A stored document and the frames made of it: encoded when first asked for, then shared by everybody who is sent them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from domain.roles.objects import Acl, Object
from domain.roles.policy import Subject

_PLAIN, _FAVORITE = b'"favorite":false', b'"favorite":true'

#: How a protocol carries a payload (JSON) that stands at a position: ready to be written to the connection as it is.
Encode: TypeAlias = Callable[[int, bytes], bytes]


@dataclass(slots=True, eq=False)
class Document:
    """A Workspace document as stored: `body` is JSON that shows no favourite; it reads so since `position`.

    `workspace` and `template` are the policy's objects: whoever is given the document must be allowed to read both.
    `template` is None for a deleted one, which nobody reads. `is_pending` says that its place in the queue is not in it.
    The access lists are the stored ones; `workspace` leaves them out where they count for nothing.
    The readers are who was last found allowed to read the one and the other: neither they nor it ever change, changed ones are
    others, so whoever polls is not weighed again.
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
    user_acl: Acl = field(default_factory=dict)
    group_acl: Acl = field(default_factory=dict)
    workspace_reader: Subject | None = field(default=None, repr=False)
    template_reader: Subject | None = field(default=None, repr=False)
    _frames: dict[tuple[Encode, str, int, bool], bytes] | None = field(default=None, repr=False)

    def body_for(self, viewer_id: str) -> bytes:
        """The JSON as this person sees it: only owners see their favourites. Quotes inside JSON strings are escaped, so the
        pattern is the key itself."""
        if self.is_favorite and viewer_id == self.owner_id:
            return self.body.replace(_PLAIN, _FAVORITE, 1)
        return self.body

    def frame(self, encode: Encode, viewer_id: str) -> bytes:
        """The document alone, as this person sees it: what the watch of one workspace sends."""
        return self._frame(encode, "", self.position, viewer_id)

    def first_frame(self, encode: Encode, viewer_id: str, position: int) -> bytes:
        """The same for a new reader, who is told that the document still reads so at `position`."""
        return encode(max(position, self.position), self.body_for(viewer_id))

    def row_frame(self, encode: Encode, kind: str, position: int, viewer_id: str) -> bytes:
        """`{"kind": "added"|"changed", "position": …, "workspace": …}`: what the watch of a list sends; a client that has got
        it resumes at `position`."""
        return self._frame(encode, kind, position, viewer_id)

    def row(self) -> Mapping[str, Any]:
        """What row visibility asks about (`domain.roles.filters.WORKSPACES`)."""
        return {
            "id": self.id,
            "owner_id": self.owner_id,
            "organization_id": self.workspace.organization_id,
            "user_acl": self.user_acl,
            "group_acl": self.group_acl,
        }

    def _frame(self, encode: Encode, kind: str, position: int, viewer_id: str) -> bytes:
        key = (encode, kind, position, self.is_favorite and viewer_id == self.owner_id)
        if self._frames is None:
            self._frames = {}
        frame = self._frames.get(key)
        if frame is None:
            payload = self.body_for(viewer_id)
            if kind:
                payload = b'{"kind":"%b","position":%d,"workspace":%b}' % (kind.encode(), position, payload)
            frame = self._frames[key] = encode(position, payload)
        return frame
