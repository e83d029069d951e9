"""All read models, in the order in which a batch is folded: a model may read the tables of those before it."""

from __future__ import annotations

from projections.agents.fold import MODEL as AGENTS
from projections.api_keys.fold import MODEL as API_KEYS
from projections.audit_log.fold import MODEL as AUDIT_LOG
from projections.available_users.fold import MODEL as AVAILABLE_USERS
from projections.builds.fold import MODEL as BUILDS
from projections.engine.model import ReadModel
from projections.groups.fold import MODEL as GROUPS
from projections.history.fold import MODEL as HISTORY
from projections.jobs.fold import MODEL as JOBS
from projections.organizations.fold import MODEL as ORGANIZATIONS
from projections.template_versions.fold import MODEL as TEMPLATE_VERSIONS
from projections.templates.fold import MODEL as TEMPLATES
from projections.timers.arming import MODEL as TIMERS
from projections.users.fold import MODEL as USERS
from projections.webhooks.fold import MODEL as WEBHOOKS
from projections.workspaces.documents import MODEL as WORKSPACES

MODELS: tuple[ReadModel, ...] = (
    USERS,
    ORGANIZATIONS,
    GROUPS,
    API_KEYS,
    TEMPLATES,
    TEMPLATE_VERSIONS,
    JOBS,
    BUILDS,
    AGENTS,
    WORKSPACES,
    AVAILABLE_USERS,
    TIMERS,
    HISTORY,
    WEBHOOKS,
    AUDIT_LOG,
)
