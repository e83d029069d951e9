"""Everything that a process recalls of the read models, each until the events that could change it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg_pool import AsyncConnectionPool

from domain.kernel.predicate import Predicate
from domain.workspaces.events import WorkspaceACLCleared, WorkspaceACLUpdated, WorkspaceCreated, WorkspaceDeleted, WorkspaceRenamed
from projections.groups.fold import MODEL as GROUPS
from projections.organizations.fold import MODEL as ORGANIZATIONS
from projections.templates.fold import MODEL as TEMPLATES
from projections.users.fold import MODEL as USERS
from projections.users.render import UserRow
from projections.workspaces.creation import Names, WantedTemplate
from service.web.recall import Recall, events_of

_SHARING = frozenset({WorkspaceACLUpdated, WorkspaceACLCleared})


class Recalls:
    """Iterated over, it gives all of them: they follow the feed."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        #: People by what paths call them: an id or a username.
        self.people: Recall[str, UserRow | None] = Recall(pool, events_of(USERS, ORGANIZATIONS))
        #: Ids of workspaces by owner, name in lower case, and whether deleted ones count.
        self.workspace_names: Recall[tuple[str, str, bool], str | None] = Recall(
            pool, (WorkspaceCreated, WorkspaceRenamed, WorkspaceDeleted)
        )
        #: How many workspaces there are whose rows somebody may see.
        self.workspace_numbers: Recall[Predicate, int] = Recall(pool, _SHARING | {WorkspaceCreated, WorkspaceDeleted}, capacity=1000)
        #: Templates as whoever wants a workspace of one finds them, by id.
        self.templates: Recall[str, WantedTemplate | None] = Recall(pool, events_of(TEMPLATES))
        #: What a new workspace shows of its owner, organization, template and initiator, by their ids.
        self.names: Recall[tuple[str, str, str, str], Names] = Recall(pool, events_of(USERS, ORGANIZATIONS, TEMPLATES))
        #: With whom workspaces are shared, as answered, by id.
        self.acls: Recall[str, bytes] = Recall(pool, _SHARING | events_of(USERS, GROUPS, ORGANIZATIONS))

    def __iter__(self) -> Iterator[Recall[Any, Any]]:
        return iter((self.people, self.workspace_names, self.workspace_numbers, self.templates, self.names, self.acls))
