"""One search by readers with equal rights: which rows match, kept up to date for all who watch it, by one statement per change.

A task of its own applies what the feed told, so that nobody's change waits for somebody's watch. Which rows match is read from
one snapshot of the database at a time, and a row that has moved on meanwhile is left to the change that will be told next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from domain.kernel.ids import NIL
from domain.kernel.predicate import Predicate, holds
from domain.roles.filters import listed_templates, readable_workspaces
from domain.roles.policy import Subject
from projections.engine.positions import Positions
from projections.workspaces.matching import Match, Reading, Search
from projections.workspaces.search import Filters, Query
from service.store.group_commit import Busy
from service.store.sight import ever_shared
from service.watch.frames import Document
from service.watch.row_subscription import ADDED, CHANGED, REMOVED, RowChange, RowSubscription

if TYPE_CHECKING:
    from service.web.documents import Documents

log = logging.getLogger(__name__)

_WAIT_SECONDS = 5.0
_RETRY_SECONDS = 1.0
_ME = "me"


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What watchers have in common who are told the same: the search, and which workspaces and templates they may read."""

    filters: Filters
    visible: Predicate
    templates: Predicate


def group_key(filters: Filters, subject: Subject) -> GroupKey:
    """The group of a reader; who they are counts only if the search says `owner:me`."""
    if filters.query.owner != _ME:
        filters = replace(filters, viewer_id="")
    return GroupKey(filters, readable_workspaces(subject), listed_templates(subject))


@dataclass(frozen=True, slots=True)
class Sources:
    """Where groups read."""

    pool: AsyncConnectionPool[Any]
    positions: Positions
    documents: Documents


class RowGroup:
    """`members` are the rows that its watchers have, or are about to be sent; everything up to `position` has been applied."""

    def __init__(self, key: GroupKey, sources: Sources) -> None:
        self.key = key
        self.users = 0
        self.members: set[str] = set()
        self.position = 0
        self._search = Search(key.filters, key.visible, key.templates)
        self._is_plain = replace(key.filters.query, owner="") == Query() and key.filters.query.owner in ("", _ME)
        self._sources = sources
        self._watchers: set[RowSubscription] = set()
        self._is_loaded = False
        self._must_reload = False
        self._pending: dict[str, Document] = {}
        self._told = 0
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()
        self._task = asyncio.create_task(self._run(), name="row-group")

    def stop(self) -> None:
        """Nobody watches any more."""
        self._task.cancel()

    def leave(self, subscription: RowSubscription) -> None:
        """No more offers."""
        self._watchers.discard(subscription)

    def reload(self) -> None:
        """Other rows may match although none changed."""
        self._must_reload = True
        self._wake.set()

    def tell(self, rows: Iterable[tuple[Document, Mapping[str, Any]]], position: int) -> None:
        """Documents that changed on the way to `position`, with what visibility asks; those that cannot matter cost a look."""
        is_busy = self._lock.locked()
        for document, row in rows:
            id = document.id
            if is_busy or id in self.members or id in self._pending or holds(self.key.visible, row):
                self._pending[id] = document
        self._told = position
        if self._pending:
            self._wake.set()
        elif not is_busy and not self._must_reload:
            self.position = max(self.position, position)

    def known_by(self, subscription: RowSubscription) -> dict[str, bool]:
        """The rows that a watcher's client has, and whether in their newest state."""
        known = dict.fromkeys(self.members, True)
        for change in subscription.unsent():
            if change.kind == ADDED:
                known.pop(change.id, None)
            else:
                known[change.id] = False
        return known

    async def attach(self, subscription: RowSubscription) -> None:
        """Join for what comes from now on. This and its like raise `Busy` and what psycopg raises."""
        async with self._lock:
            await self._ensure_loaded()
            self._admit(subscription, self.position)

    async def open(self, subscription: RowSubscription) -> tuple[int, list[Document]]:
        """Join with the whole list: its position, and its documents in the viewer's order."""
        async with self._lock:
            reading = await self._read(subscription.caller.user_id)
            await self._settle(reading)
            documents = await self._exactly(reading.matches)
            self._admit(subscription, reading.position)
            return reading.position, documents

    async def resume(self, subscription: RowSubscription, after: int) -> None:
        """Join with what changed after a position: rows that match in their newest state, and which of the others to take back.

        Only such are taken back as the reader may read, or could when somebody shared them.
        """
        caller = subscription.caller
        async with self._lock:
            await self._ensure_loaded()
            async with self._sources.pool.connection() as connection:
                position, rows = await self._search.since(connection, after)
                hidden = [row.id for row in rows if not row.matches and not row.is_visible]
                shared = await ever_shared(connection, hidden, caller.user_id, caller.subject.group_ids | caller.organization_ids)
            await self._reached(position)
            documents = {d.id: d for d in await self._exactly([Match(row.id, row.position) for row in rows if row.matches])}
            for row in rows:
                document = documents.get(row.id)
                if document is not None:
                    subscription.put([RowChange(CHANGED, row.id, document.position, document)])
                elif row.matches or row.is_visible or row.id in shared:
                    subscription.put([RowChange(REMOVED, row.id, row.position, None)])
            self._admit(subscription, position)

    async def move(self, subscription: RowSubscription, known: Mapping[str, bool], floor: int) -> None:
        """Join, from another group, with the difference between what the client has and what it should have."""
        async with self._lock:
            reading = await self._read(subscription.caller.user_id)
            await self._settle(reading)
            documents = await self._exactly([match for match in reading.matches if not known.get(match.id)])
            subscription.forget()
            subscription.put(RowChange(REMOVED, id, 0, None, floor) for id in known.keys() - self.members)
            subscription.put(RowChange(CHANGED if d.id in known else ADDED, d.id, d.position, d, floor) for d in documents)
            self._admit(subscription, reading.position)

    def _admit(self, subscription: RowSubscription, position: int) -> None:
        subscription.since = position
        self._watchers.add(subscription)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                async with self._lock:
                    await self._catch_up()
                continue
            except (psycopg.OperationalError, PoolTimeout, Busy) as error:
                log.warning("a watched list waits for the database", extra={"reason": type(error).__name__})
            except Exception:
                log.exception("a watched list could not be brought up to date")
            # What was taken out of the queue may not have been told: compare everything.
            await asyncio.sleep(_RETRY_SECONDS)
            self.reload()

    async def _catch_up(self) -> None:
        if self._must_reload:
            self._must_reload = False
            await self._settle(await self._read())
        told, pending, self._pending = self._told, self._pending, {}
        documents = sorted((d for d in pending.values() if d.position > self.position), key=lambda d: d.position)
        if documents:
            await self._apply(documents)
        self.position = max(self.position, told)

    async def _apply(self, documents: Sequence[Document]) -> None:
        found: Mapping[str, tuple[int, bool]]
        if self._is_plain:
            found = {d.id: (d.position, self._matches(d)) for d in documents}
        else:
            async with self._sources.pool.connection() as connection:
                found = await self._search.some(connection, [d.id for d in documents])
        changes = []
        for document in documents:
            position, matches = found.get(document.id, (document.position, False))
            if position != document.position:
                continue  # its next state is about to be told
            is_member = document.id in self.members
            if matches:
                self.members.add(document.id)
                changes.append(RowChange(CHANGED if is_member else ADDED, document.id, position, document))
            elif is_member:
                self.members.discard(document.id)
                changes.append(RowChange(REMOVED, document.id, position, None))
        self._offer(changes)

    def _matches(self, document: Document) -> bool:
        """What the statement would say, for a search without keys or with `owner:me` alone."""
        template, filters = document.template, self.key.filters
        if document.is_deleted or template is None or (filters.query.owner == _ME and document.owner_id != filters.viewer_id):
            return False
        row = {
            "id": template.id,
            "organization_id": template.organization_id,
            "user_acl": template.user_acl,
            "group_acl": template.group_acl,
        }
        return holds(self.key.visible, document.row()) and holds(self.key.templates, row)

    async def _ensure_loaded(self) -> None:
        if not self._is_loaded:
            await self._settle(await self._read())

    async def _read(self, viewer_id: str = NIL) -> Reading:
        async with self._sources.pool.connection() as connection:
            reading = await self._search.all(connection, viewer_id)
        await self._reached(reading.position)
        return reading

    async def _reached(self, position: int) -> None:
        """The database may be ahead of the documents in memory: wait for them."""
        try:
            await self._sources.positions.wait_until(position, _WAIT_SECONDS)
        except TimeoutError:
            raise Busy("The list has not caught up.", f"It has not reached position {position} in time.") from None

    async def _settle(self, reading: Reading) -> None:
        """Take a reading of the whole list as the truth, and tell the watchers what that changes."""
        before, position = self.members, self.position
        changes: list[RowChange] = []
        if self._watchers:
            now = {match.id for match in reading.matches}
            changes += [RowChange(REMOVED, id, 0, None, position) for id in before - now]
            for document in await self._exactly([m for m in reading.matches if m.id not in before or m.position > position]):
                kind = CHANGED if document.id in before else ADDED
                floor = position if document.position <= position else None
                changes.append(RowChange(kind, document.id, document.position, document, floor))
        self.members = {match.id for match in reading.matches}
        self.position = max(position, reading.position)
        self._is_loaded = True
        self._offer(changes)

    async def _exactly(self, matches: Sequence[Match]) -> list[Document]:
        """The documents of these rows in the very states that match; those that moved on and may not match are left to what
        will be told of them."""
        found = await self._sources.documents.get_many([match.id for match in matches])
        moved = [match.id for match in matches if match.id not in found or found[match.id].position != match.position]
        still: Mapping[str, tuple[int, bool]] = {}
        if moved:
            async with self._sources.pool.connection() as connection:
                still = await self._search.some(connection, moved)
        return [
            document
            for match in matches
            if (document := found.get(match.id)) is not None
            and (document.position == match.position or still.get(match.id) == (document.position, True))
        ]

    def _offer(self, changes: Sequence[RowChange]) -> None:
        if changes:
            for subscription in self._watchers:
                subscription.offer(changes)
