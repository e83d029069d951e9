"""All read models, in the order in which a batch is folded: a model may read the tables of those before it."""

from __future__ import annotations

from projections.agents.fold import MODEL as AGENTS
from projections.available_users.fold import MODEL as AVAILABLE_USERS
from projections.engine.model import ReadModel
from projections.groups.fold import MODEL as GROUPS
from projections.organizations.fold import MODEL as ORGANIZATIONS

MODELS: tuple[ReadModel, ...] = (
    ORGANIZATIONS,
    GROUPS,
    AGENTS,
    AVAILABLE_USERS,
)
