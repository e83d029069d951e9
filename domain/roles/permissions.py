"""What can be acted on, and how: resource types with their valid actions, and permissions over them.

The one table behind built-in roles, custom roles and scopes. Source: contract/authorization.md 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

#: Stands for every type or every action in a permission; as a *question* it is a name like any other.
WILDCARD = "*"


class Action(StrEnum):
    """What a subject wants to do."""

    APPLICATION_CONNECT = "application_connect"
    ASSIGN = "assign"
    CREATE = "create"
    CREATE_AGENT = "create_agent"
    DELETE = "delete"
    DELETE_AGENT = "delete_agent"
    READ = "read"
    READ_PERSONAL = "read_personal"
    SHARE = "share"
    SSH = "ssh"
    START = "start"
    STOP = "stop"
    UNASSIGN = "unassign"
    UPDATE = "update"
    UPDATE_AGENT = "update_agent"
    UPDATE_PERSONAL = "update_personal"
    USE = "use"
    VIEW_INSIGHTS = "view_insights"


class Resource(StrEnum):
    """What kind of thing it is done to."""

    AI_GATEWAY_KEY = "ai_gateway_key"
    AI_MODEL_PRICE = "ai_model_price"
    AI_PROVIDER = "ai_provider"
    AI_SEAT = "ai_seat"
    AIBRIDGE_INTERCEPTION = "aibridge_interception"
    API_KEY = "api_key"
    ASSIGN_ORG_ROLE = "assign_org_role"
    ASSIGN_ROLE = "assign_role"
    AUDIT_LOG = "audit_log"
    BOUNDARY_LOG = "boundary_log"
    BOUNDARY_USAGE = "boundary_usage"
    CHAT = "chat"
    CONNECTION_LOG = "connection_log"
    CRYPTO_KEY = "crypto_key"
    DEBUG_INFO = "debug_info"
    DEPLOYMENT_CONFIG = "deployment_config"
    DEPLOYMENT_STATS = "deployment_stats"
    FILE = "file"
    GROUP = "group"
    GROUP_MEMBER = "group_member"
    IDPSYNC_SETTINGS = "idpsync_settings"
    INBOX_NOTIFICATION = "inbox_notification"
    LICENSE = "license"
    NOTIFICATION_MESSAGE = "notification_message"
    NOTIFICATION_PREFERENCE = "notification_preference"
    NOTIFICATION_TEMPLATE = "notification_template"
    OAUTH2_APP = "oauth2_app"
    OAUTH2_APP_CODE_TOKEN = "oauth2_app_code_token"
    OAUTH2_APP_SECRET = "oauth2_app_secret"
    ORGANIZATION = "organization"
    ORGANIZATION_MEMBER = "organization_member"
    PREBUILT_WORKSPACE = "prebuilt_workspace"
    PROVISIONER_DAEMON = "provisioner_daemon"
    PROVISIONER_JOBS = "provisioner_jobs"
    REPLICAS = "replicas"
    SYSTEM = "system"
    TAILNET_COORDINATOR = "tailnet_coordinator"
    TASK = "task"
    TEMPLATE = "template"
    USAGE_EVENT = "usage_event"
    USER = "user"
    USER_SECRET = "user_secret"
    USER_SKILL = "user_skill"
    WEBPUSH_SUBSCRIPTION = "webpush_subscription"
    WORKSPACE = "workspace"
    WORKSPACE_AGENT_DEVCONTAINERS = "workspace_agent_devcontainers"
    WORKSPACE_AGENT_RESOURCE_MONITOR = "workspace_agent_resource_monitor"
    WORKSPACE_DORMANT = "workspace_dormant"
    WORKSPACE_PROXY = "workspace_proxy"


_CRUD = "create read update delete"
_ON_WORKSPACES = f"{_CRUD} start stop ssh application_connect create_agent delete_agent update_agent share"


def _table(rows: Mapping[Resource, str]) -> dict[Resource, tuple[Action, ...]]:
    return {resource: tuple(Action(name) for name in names.split()) for resource, names in rows.items()}


#: The valid actions of every resource type.
ACTIONS: Mapping[Resource, tuple[Action, ...]] = _table(
    {
        Resource.AI_GATEWAY_KEY: "create read delete",
        Resource.AI_MODEL_PRICE: "read update",
        Resource.AI_PROVIDER: _CRUD,
        Resource.AI_SEAT: "create read",
        Resource.AIBRIDGE_INTERCEPTION: "create read update",
        Resource.API_KEY: _CRUD,
        Resource.ASSIGN_ORG_ROLE: f"assign unassign {_CRUD}",
        Resource.ASSIGN_ROLE: "assign unassign read",
        Resource.AUDIT_LOG: "read create",
        Resource.BOUNDARY_LOG: "create read delete",
        Resource.BOUNDARY_USAGE: "read update delete",
        Resource.CHAT: f"{_CRUD} share",
        Resource.CONNECTION_LOG: "read update",
        Resource.CRYPTO_KEY: _CRUD,
        Resource.DEBUG_INFO: "read",
        Resource.DEPLOYMENT_CONFIG: "read update",
        Resource.DEPLOYMENT_STATS: "read",
        Resource.FILE: "create read",
        Resource.GROUP: _CRUD,
        Resource.GROUP_MEMBER: "read",
        Resource.IDPSYNC_SETTINGS: "read update",
        Resource.INBOX_NOTIFICATION: "create read update",
        Resource.LICENSE: "create read delete",
        Resource.NOTIFICATION_MESSAGE: _CRUD,
        Resource.NOTIFICATION_PREFERENCE: "read update",
        Resource.NOTIFICATION_TEMPLATE: "read update",
        Resource.OAUTH2_APP: _CRUD,
        Resource.OAUTH2_APP_CODE_TOKEN: "create read delete",
        Resource.OAUTH2_APP_SECRET: _CRUD,
        Resource.ORGANIZATION: _CRUD,
        Resource.ORGANIZATION_MEMBER: _CRUD,
        Resource.PREBUILT_WORKSPACE: "update delete",
        Resource.PROVISIONER_DAEMON: _CRUD,
        Resource.PROVISIONER_JOBS: "create read update",
        Resource.REPLICAS: "read",
        Resource.SYSTEM: _CRUD,
        Resource.TAILNET_COORDINATOR: _CRUD,
        Resource.TASK: _CRUD,
        Resource.TEMPLATE: f"{_CRUD} use view_insights",
        Resource.USAGE_EVENT: "create read update",
        Resource.USER: f"{_CRUD} read_personal update_personal",
        Resource.USER_SECRET: _CRUD,
        Resource.USER_SKILL: _CRUD,
        Resource.WEBPUSH_SUBSCRIPTION: "create read delete",
        Resource.WORKSPACE: _ON_WORKSPACES,
        Resource.WORKSPACE_AGENT_DEVCONTAINERS: "create",
        Resource.WORKSPACE_AGENT_RESOURCE_MONITOR: "create read update",
        Resource.WORKSPACE_DORMANT: _ON_WORKSPACES,
        Resource.WORKSPACE_PROXY: _CRUD,
    }
)

#: The same with plain strings, which is how types and actions arrive from outside.
_VALID: Mapping[str, frozenset[str]] = {r.value: frozenset(a.value for a in actions) for r, actions in ACTIONS.items()}


def is_resource(name: str) -> bool:
    """Whether `name` is a known resource type; `*` is not."""
    return name in _VALID


def is_valid(resource_type: str, action: str) -> bool:
    """Whether a permission may name this pair: `*` type always, `*` action on any known type, else as in the table."""
    if resource_type == WILDCARD:
        return True
    actions = _VALID.get(resource_type)
    return actions is not None and (action == WILDCARD or action in actions)


@dataclass(frozen=True, slots=True)
class Permission:
    """Grants, or with `negate` denies, `action` on objects of `resource_type`; either may be `*`.

    Any text is accepted, as stored roles may be older than the table: ask `is_valid` where the contract demands it.
    """

    resource_type: str
    action: str
    negate: bool = False

    @property
    def is_valid(self) -> bool:
        """Whether type and action are in the table (contract/authorization.md 3, last paragraphs)."""
        return is_valid(self.resource_type, self.action)


def grant(resource: Resource, actions: str) -> tuple[Permission, ...]:
    """Permissions for the blank-separated `actions` on `resource`. Raises `ValueError` for what the table does not know."""
    names = actions.split()
    unknown = [name for name in names if name not in _VALID[resource.value]]
    if unknown:
        raise ValueError(f"{resource.value} has no action {unknown}")
    return tuple(Permission(resource.value, name) for name in names)


def deny(resource: Resource, actions: str) -> tuple[Permission, ...]:
    """Negated permissions for the blank-separated `actions` on `resource`. Raises `ValueError` like `grant`."""
    return tuple(Permission(p.resource_type, p.action, negate=True) for p in grant(resource, actions))


def grant_all(*resources: Resource) -> tuple[Permission, ...]:
    """Every action that the table lists for each of `resources`, one by one."""
    return tuple(Permission(resource.value, action.value) for resource in resources for action in ACTIONS[resource])


def grant_read(*resources: Resource) -> tuple[Permission, ...]:
    """`read` on each of `resources`."""
    return tuple(Permission(resource.value, Action.READ.value) for resource in resources)


def grant_wildcard(*, but: Iterable[Resource]) -> tuple[Permission, ...]:
    """The action `*` on every type except those in `but`."""
    left_out = frozenset(but)
    return tuple(Permission(resource.value, WILDCARD) for resource in ACTIONS if resource not in left_out)
