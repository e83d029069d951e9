"""Who watches which lists: readers who would be told the same share a group."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from service.auth.caller import Caller
from service.watch.frames import Document
from service.watch.outlet import Outlet
from service.watch.row_group import GroupKey, RowGroup, Sources
from service.watch.row_subscription import METER, RowSubscription


class RowGroups:
    """The watched lists of this process."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._groups: dict[GroupKey, RowGroup] = {}
        self._subscriptions: set[RowSubscription] = set()

    def subscriptions(self) -> set[RowSubscription]:
        """All streams, those that have no rows yet too."""
        return self._subscriptions

    def publish(self, documents: Sequence[Document], position: int) -> None:
        """Tell every group of what changed on the way to `position`."""
        if self._groups:
            rows = [(document, document.row()) for document in documents]
            for group in self._groups.values():
                group.tell(rows, position)

    def reload(self) -> None:
        """Other rows may match although none changed."""
        for group in self._groups.values():
            group.reload()

    @contextlib.contextmanager
    def watching(self, caller: Caller, outlet: Outlet) -> Iterator[RowSubscription]:
        """A subscription without a group yet, which is told when its reader's rights may have changed."""
        subscription = RowSubscription(caller, outlet)
        self._subscriptions.add(subscription)
        METER.joined()
        try:
            yield subscription
        finally:
            METER.left()
            self._subscriptions.discard(subscription)
            self.leave(subscription)

    def enter(self, subscription: RowSubscription, key: GroupKey) -> RowGroup:
        """The group of this key, kept for the subscription until it leaves; what it joins with is said to the group."""
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = RowGroup(key, self._sources)
        group.users += 1
        subscription.group = group
        return group

    def leave(self, subscription: RowSubscription) -> None:
        """The group is given up with its last watcher."""
        group, subscription.group = subscription.group, None
        if group is None:
            return
        group.leave(subscription)
        group.users -= 1
        if not group.users:
            del self._groups[group.key]
            group.stop()
