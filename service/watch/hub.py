"""Who watches what: changed documents come in once, and are offered to every stream that watches them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from psycopg import AsyncConnection

from service.auth.caller import Caller
from service.watch.frames import Document
from service.watch.outlet import Outlet
from service.watch.row_groups import RowGroups
from service.watch.subscription import METER, DocumentSubscription, Subscription
from service.web.feed import Change

#: After these a template may be readable for others than before, although no document of it has changed.
TEMPLATE_RIGHTS = frozenset({"TemplateACLUpdated", "TemplateDeleted"})
#: Offers between two breaths of the event loop, so that thousands of watchers do not hold up requests.
_BREATH = 250


class Callers(Protocol):
    """Who knows what callers may do. A caller that is not current has other rights than it had, or none."""

    @property
    def generation(self) -> int:
        """Moves whenever anybody stops being current."""

    def is_current(self, caller: Caller) -> bool:
        """Whether this is still what is known of the caller."""


class Hub:
    """The streams of this process that show workspaces. A follower of the feed that stands between callers and documents: a
    stream must know that its reader's rights changed before it is offered what was changed afterwards."""

    def __init__(self, callers: Callers, groups: RowGroups) -> None:
        self._callers = callers
        self._generation = callers.generation
        self._by_workspace: dict[str, set[DocumentSubscription]] = defaultdict(set)
        self.groups = groups
        self._is_closed = False

    @property
    def watched(self) -> Iterable[str]:
        """Ids of the workspaces that somebody watches one by one."""
        return self._by_workspace.keys()

    @contextlib.contextmanager
    def watching(self, workspace_id: str, caller: Caller, outlet: Outlet) -> Iterator[DocumentSubscription]:
        """From now on changes of this workspace are offered; read the current document afterwards, never before."""
        subscription = DocumentSubscription(caller, outlet)
        self.admit(subscription)
        watchers = self._by_workspace[workspace_id]
        watchers.add(subscription)
        METER.joined()
        try:
            yield subscription
        finally:
            METER.left()
            watchers.discard(subscription)
            if not watchers and self._by_workspace.get(workspace_id) is watchers:
                del self._by_workspace[workspace_id]

    def admit(self, subscription: Subscription) -> None:
        """What happened between the check of a request and its subscription is made up for."""
        if self._is_closed:
            subscription.close()
        if not self._callers.is_current(subscription.caller):
            subscription.look_again(0)

    async def follow(self, _connection: AsyncConnection[Any], previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Let every stream whose reader's rights may have changed look at them again."""
        if self._callers.generation != self._generation:
            self._generation = self._callers.generation
            for subscription in self._all():
                if not self._callers.is_current(subscription.caller):
                    subscription.look_again(previous)
        templates = {change.stream_id for change in changes if change.name in TEMPLATE_RIGHTS}
        if templates:
            self.groups.reload()
            for watchers in self._by_workspace.values():
                for watcher in watchers:
                    if watcher.shown is not None and watcher.shown.template_id in templates:
                        watcher.look_again(previous)

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have changed, rights too."""
        self._generation = self._callers.generation
        for subscription in self._all():
            subscription.look_again(0)
        self.groups.reload()

    async def publish(self, documents: Sequence[Document], position: int) -> None:
        """Offer what the feed brought with its move to `position`, in the order of its positions."""
        self.groups.publish(documents, position)
        offered = 0
        for document in documents:
            for subscription in tuple(self._by_workspace.get(document.id, ())):
                subscription.offer(document)
                offered += 1
                if offered % _BREATH == 0:
                    await asyncio.sleep(0)

    def close(self) -> None:
        """End every stream cleanly, those that are just being opened too."""
        self._is_closed = True
        for subscription in self._all():
            subscription.close()

    def _all(self) -> list[Subscription]:
        return [*(s for watchers in self._by_workspace.values() for s in watchers), *self.groups.subscriptions()]
