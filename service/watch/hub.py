"""Who watches what: changed documents come in once, and are offered to every stream that watches them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection

from service.watch.frames import Document
from service.watch.subscription import Subscription
from service.web.feed import Change

#: After these somebody may no longer read what they watch; what only adds rights is not among them, nor what documents show.
RIGHTS_EVENTS = frozenset(
    {
        "ApiKeyDeleted",
        "ApiKeyExpirySet",
        "UserStatusSet",
        "UserSiteRolesSet",
        "UserDeleted",
        "UserErased",
        "MemberRemoved",
        "MemberRolesSet",
        "CustomRoleUpdated",
        "CustomRoleDeleted",
        "OrganizationUpdated",
        "OrganizationDeleted",
        "WorkspaceSharingSet",
        "GroupMembersChanged",
        "GroupDeleted",
        "TemplateACLUpdated",
        "TemplateDeleted",
    }
)
#: Offers between two breaths of the event loop, so that thousands of watchers do not hold up requests.
_BREATH = 250


class Hub:
    """The subscriptions of this process; follows the feed after the documents."""

    def __init__(self) -> None:
        self._by_workspace: dict[str, set[Subscription]] = defaultdict(set)

    @property
    def watched(self) -> Iterable[str]:
        """Ids of the workspaces that somebody watches."""
        return self._by_workspace.keys()

    def subscribe(self, workspace_id: str) -> Subscription:
        """From now on changes of this workspace are offered; read the current document afterwards, never before."""
        subscription = Subscription()
        self._by_workspace[workspace_id].add(subscription)
        return subscription

    def unsubscribe(self, workspace_id: str, subscription: Subscription) -> None:
        """No more offers."""
        watchers = self._by_workspace.get(workspace_id)
        if watchers is not None:
            watchers.discard(subscription)
            if not watchers:
                del self._by_workspace[workspace_id]

    async def publish(self, documents: Sequence[Document]) -> None:
        """Offer changed documents to their watchers."""
        offered = 0
        for document in documents:
            for subscription in tuple(self._by_workspace.get(document.id, ())):
                subscription.offer(document)
                offered += 1
                if offered % _BREATH == 0:
                    await asyncio.sleep(0)

    async def follow(self, _connection: AsyncConnection[Any], _previous: int, _position: int, changes: Sequence[Change]) -> None:
        """Let every stream look at its reader's rights again when any may have been taken away."""
        if any(change.name in RIGHTS_EVENTS for change in changes):
            self._look_again()

    async def reset(self, _connection: AsyncConnection[Any], _position: int) -> None:
        """Anything may have changed, rights too."""
        self._look_again()

    def close(self) -> None:
        """End every stream cleanly."""
        for subscription in self._all():
            subscription.close()

    def _look_again(self) -> None:
        for subscription in self._all():
            subscription.look_again()

    def _all(self) -> list[Subscription]:
        return [s for watchers in self._by_workspace.values() for s in watchers]
