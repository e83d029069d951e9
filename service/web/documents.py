"""Workspace documents held in memory, as bytes, by every web process: reads by id and watches need no SQL.

The feed keeps them right, position by position: a document here is the stored one as of `positions.current`, never older,
and never newer than the position that an answer names.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.roles import objects
from projections.workspaces.render import shown
from projections.workspaces.stored import Stored, stored_between, stored_by_id
from service.watch.frames import Document
from service.web.feed import Change

#: Bytes of documents kept; the least recently used go first.
CAPACITY = 192 * 1024 * 1024
_TEMPLATE_EVENTS = frozenset({"TemplateACLUpdated", "TemplateDeleted", "TemplateUpdated"})


def document_of(row: Stored, *, allow_renames: bool) -> Document:
    """The document with the policy's view of its workspace and template; whether it may be renamed is the deployment's say."""
    workspace = objects.workspace(
        id=row.id,
        owner_id=row.owner_id,
        organization_id=row.organization_id,
        is_dormant=row.is_dormant,
        user_acl=row.user_acl,
        group_acl=row.group_acl,
    )
    template = None
    if not row.template_deleted:
        template = objects.template(
            id=row.template_id,
            organization_id=row.template_organization_id,
            user_acl=row.template_user_acl,
            group_acl=row.template_group_acl,
        )
    body = shown(row.doc, favorite=False, allow_renames=allow_renames)
    return Document(
        row.id,
        row.position,
        body,
        row.owner_id,
        workspace,
        row.template_id,
        template,
        row.is_favorite,
        row.is_deleted,
        row.is_pending,
        row.user_acl,
        row.group_acl,
    )


class Audience(Protocol):
    """Who is told of changed documents."""

    @property
    def watched(self) -> Iterable[str]:
        """Ids of the workspaces that must be told of whatever was missed."""

    async def publish(self, documents: Sequence[Document], position: int) -> None:
        """These changed on the way to `position`, in the order of their own positions."""


class Documents:
    """A bounded cache in front of the `workspaces` table; a feed follower that also tells its audience, if it has one."""

    def __init__(self, pool: AsyncConnectionPool[Any], *, allow_renames: bool, capacity: int = CAPACITY) -> None:
        self._pool = pool
        #: Stands before this in the feed, so that it knows of lost rights before it is told what was changed afterwards.
        self.audience: Audience | None = None
        self._allow_renames = allow_renames
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._generation = 0

    def peek(self, id: str) -> Document | None:
        """The document if it is in memory."""
        document = self._kept.get(id)
        if document is not None:
            self._kept.move_to_end(id)
        return document

    async def get(self, id: str) -> Document | None:
        """The document as of this process' position, None when there is no such workspace."""
        document = self.peek(id)
        return document if document is not None else (await self.get_many((id,))).get(id)

    async def get_many(self, ids: Sequence[str]) -> dict[str, Document]:
        """Those of the documents that exist; at most one statement."""
        found = {id: document for id in ids if (document := self.peek(id)) is not None}
        missing = [id for id in ids if id not in found]
        if missing:
            generation = self._generation
            async with self._pool.connection() as connection:
                rows = await stored_by_id(connection, missing)
            for row in rows:
                document = found[row.id] = document_of(row, allow_renames=self._allow_renames)
                # Read while the feed moved on: right to answer with, but the feed may already have told of something newer.
                if generation == self._generation:
                    self._keep(document)
        return found

    async def follow(self, connection: AsyncConnection[Any], previous: int, position: int, changes: Sequence[Change]) -> None:
        """Take in what changed, then offer it to those who watch."""
        self._generation += 1
        templates = {change.stream_id for change in changes if change.name in _TEMPLATE_EVENTS}
        if templates:
            self._drop_of_templates(templates)
        documents = [document_of(row, allow_renames=self._allow_renames) for row in await stored_between(connection, previous, position)]
        for document in documents:
            self._keep(document)
        if self.audience is not None:
            await self.audience.publish(documents, position)

    async def reset(self, connection: AsyncConnection[Any], position: int) -> None:
        """Forget everything; watched documents are read again and offered, whatever was missed."""
        self._generation += 1
        self._kept.clear()
        self._size = 0
        if self.audience is not None:
            watched = list(self.audience.watched)
            rows = await stored_by_id(connection, watched) if watched else []
            documents = [document_of(row, allow_renames=self._allow_renames) for row in rows]
            for document in documents:
                self._keep(document)
            await self.audience.publish(documents, position)

    def _keep(self, document: Document) -> None:
        before = self._kept.pop(document.id, None)
        if before is not None:
            self._size -= len(before.body)
            # The same object says that nobody's right to read has changed with the document.
            if before.workspace == document.workspace:
                document.workspace = before.workspace
            if before.template == document.template:
                document.template = before.template
        self._kept[document.id] = document
        self._size += len(document.body)
        while self._size > self._capacity and self._kept:
            _, gone = self._kept.popitem(last=False)
            self._size -= len(gone.body)

    def _drop_of_templates(self, template_ids: set[str]) -> None:
        for id in [id for id, document in self._kept.items() if document.template_id in template_ids]:
            self._size -= len(self._kept.pop(id).body)
