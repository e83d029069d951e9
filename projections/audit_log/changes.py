"""What each event means to an auditor: which resource it changed, how, and to which values.

Telemetry (`…Seen`, `…Used`, connections of agents) and what follows by itself from an audited change is not audited.
Source: contract/identity.md 9.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.api_keys import events as api_keys
from domain.audit.events import ChangeRefused
from domain.builds import events as builds
from domain.groups import events as groups
from domain.kernel.events import Event, Recorded
from domain.kernel.ids import NIL
from domain.organizations import events as organizations
from domain.organizations.values import DEFAULT_SHAREABLE_OWNERS
from domain.templates import events as templates
from domain.templates import version_events as versions
from domain.users import events as users
from domain.webhooks import events as webhooks
from domain.workspaces import events as workspaces
from projections.documents import rfc3339

_CUSTOM_ROLES = uuid.UUID("5f2b6c1e-3d8a-5b7f-9c41-2e6d8f0a1b33")
#: What the rule of dormancy did by itself, as the reference marks it (contract/identity.md 2.3, 5.4).
_DORMANCY: Mapping[str, str] = {"automatic_actor": "coder", "automatic_subsystem": "dormancy"}


@dataclass(frozen=True, slots=True)
class Change:
    """`fields` are values from now on; those in `secret` are noted without their values, entries of those in `merged` are added
    to the ones before (an empty value removes one). `of` is a neighbour (type, id) that lends its organization and name, `asked_by`
    a build on whose behalf the system did it. What stands `alone` has an entry of its own, whatever else its request changed."""

    resource_type: str
    resource_id: str
    action: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    organization_id: str | None = None
    icon: str | None = None
    status_code: int = 200
    of: tuple[str, str] | None = None
    additional_fields: Mapping[str, Any] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()
    merged: bool = False
    is_automatic: bool = False
    alone: bool = False
    user_id: str | None = None
    asked_by: str | None = None


Reading = Callable[[Any, Recorded], Change]
CHANGES: dict[type[Event], Reading] = {}


def change_of(event: Event, recorded: Recorded) -> Change:
    """What the event changed. Raises `KeyError` for one that is not audited."""
    return CHANGES[type(event)](event, recorded)


def _values(event: Any, *names: str) -> dict[str, Any]:
    return {name: _plain(getattr(event, name)) for name in names}


def _plain(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value


def _is_persons(recorded: Recorded) -> bool:
    """Whether somebody asked for it, rather than that it followed."""
    return recorded.metadata.actor.kind == "user"


def _write(resource_type: str, event: type[Event], *names: str, action: str = "write", status: int = 200, **constant: Any) -> None:
    """Register an event of the resource's own stream that carries the new values of `names` (and of the `constant` ones); the route
    that asks for it answers `status`."""

    def read(happened: Any, recorded: Recorded) -> Change:
        fields = {**_values(happened, *names), **constant}
        organization_id = getattr(happened, "organization_id", None)
        return Change(resource_type, recorded.stream.id, action, fields, fields.get("name"), organization_id, status_code=status)

    CHANGES[event] = read


_write(
    "workspace",
    workspaces.WorkspaceCreated,
    *("name", "owner_id", "organization_id", "template_id", "autostart_schedule", "ttl_ms", "automatic_updates", "next_start_at"),
    action="create",
    status=201,
)
_write("workspace", workspaces.WorkspaceRenamed, "name", status=204)
_write("workspace", workspaces.WorkspaceAutostartSet, "autostart_schedule", "next_start_at", status=204)
_write("workspace", workspaces.WorkspaceTTLSet, "ttl_ms", status=204)
_write("workspace", workspaces.WorkspaceAutomaticUpdatesSet, "automatic_updates", status=204)
CHANGES[workspaces.WorkspaceDormancySet] = lambda e, r: Change(
    "workspace",
    r.stream.id,
    "write",
    _values(e, "dormant_at", "deleting_at"),
    additional_fields={} if _is_persons(r) else _DORMANCY,
)
_write("workspace", workspaces.WorkspaceFavorited, favorite=True, status=204)
_write("workspace", workspaces.WorkspaceUnfavorited, favorite=False, status=204)
_write("workspace", workspaces.WorkspaceACLCleared, user_acl={}, group_acl={}, status=204)
CHANGES[workspaces.WorkspaceDeleted] = lambda e, r: Change("workspace", r.stream.id, "delete", asked_by=e.build_id or None)
CHANGES[workspaces.WorkspaceACLUpdated] = lambda e, r: Change(
    "workspace", r.stream.id, "write", {"user_acl": e.user_roles, "group_acl": e.group_roles}, merged=True, status_code=204
)

_write("template", templates.TemplateDeleted, action="delete")
CHANGES[templates.TemplateVersionPromoted] = lambda e, r: Change("template", r.stream.id, "write", {"active_version_id": e.version_id})
CHANGES[templates.TemplateCreated] = lambda e, r: Change(
    "template",
    r.stream.id,
    "create",
    {**_values(e, "name", "organization_id", "provisioner", "active_version_id", "user_acl", "group_acl"), **e.settings},
    e.name,
    e.organization_id,
    str(e.settings.get("icon") or ""),
    status_code=201,
)
CHANGES[templates.TemplateUpdated] = lambda e, r: Change(
    "template", r.stream.id, "write", {"name": e.name, **e.settings}, e.name, e.organization_id, str(e.settings.get("icon") or "")
)
CHANGES[templates.TemplateACLUpdated] = lambda e, r: Change(
    "template", r.stream.id, "write", _values(e, "user_acl", "group_acl"), organization_id=e.organization_id, merged=True
)
_write(
    "template_version",
    versions.TemplateVersionCreated,
    *("name", "message", "organization_id", "template_id", "job_id", "provisioner"),
    action="create",
    status=201,
)
_write("template_version", versions.TemplateVersionUpdated, "name", "message")
_write("template_version", versions.TemplateImportCancelRequested)
CHANGES[versions.TemplateImportCanceled] = lambda _e, r: Change("template_version", r.stream.id, "write", is_automatic=not _is_persons(r))
_write("template_version", versions.TemplateVersionArchived, archived=True)
_write("template_version", versions.TemplateVersionUnarchived, archived=False)

_write("organization", organizations.OrganizationDeleted, action="delete")
_ORGANIZATION = ("name", "display_name", "description", "icon")
CHANGES[organizations.OrganizationCreated] = lambda e, r: Change(
    "organization",
    r.stream.id,
    "create",
    {**_values(e, *_ORGANIZATION), "shareable_workspace_owners": DEFAULT_SHAREABLE_OWNERS},
    e.name,
    r.stream.id,
    e.icon,
    status_code=201,
)
CHANGES[organizations.OrganizationUpdated] = lambda e, r: Change(
    "organization", r.stream.id, "write", _values(e, *_ORGANIZATION), e.name, r.stream.id, e.icon
)
_write("organization", organizations.WorkspaceSharingSet, "shareable_workspace_owners")
CHANGES[organizations.EveryoneGroupUpdated] = lambda e, r: Change(
    "group", r.stream.id, "write", _values(e, "avatar_url", "quota_allowance"), "Everyone", r.stream.id
)
CHANGES[organizations.MemberAdded] = lambda e, r: _member(e, r, "create", {"user_id": e.user_id, "roles": e.roles})
CHANGES[organizations.MemberRolesSet] = lambda e, r: _member(e, r, "write", {"roles": e.roles})
CHANGES[organizations.MemberRemoved] = lambda e, r: _member(e, r, "delete", {}, 204)


def _member(event: Any, recorded: Recorded, action: str, fields: Mapping[str, Any], status: int = 200) -> Change:
    """Of a person in one of their organizations: the entry is about the person, what was known is about both."""
    return Change("organization_member", event.user_id, action, fields, organization_id=recorded.stream.id, status_code=status)


def _role(event: Any, recorded: Recorded, action: str, *names: str, status: int = 200) -> Change:
    """A custom role has no id of its own: it is told by its organization and name."""
    id = custom_role_id(recorded.stream.id, event.name)
    return Change("custom_role", id, action, _values(event, *names), event.name, recorded.stream.id, status_code=status)


def custom_role_id(organization_id: str, name: str) -> str:
    """What stands for a custom role in entries."""
    return str(uuid.uuid5(_CUSTOM_ROLES, f"{organization_id}/{name}"))


CHANGES[organizations.CustomRoleCreated] = lambda e, r: _role(e, r, "create", "name", "display_name", "permissions")
CHANGES[organizations.CustomRoleUpdated] = lambda e, r: _role(e, r, "write", "name", "display_name", "permissions")
CHANGES[organizations.CustomRoleDeleted] = lambda e, r: _role(e, r, "delete", status=204)

_write("group", groups.GroupCreated, "name", "display_name", "avatar_url", "quota_allowance", "source", action="create", status=201)
_write("group", groups.GroupUpdated, "name", "display_name", "avatar_url", "quota_allowance")
_write("group", groups.GroupDeleted, action="delete")
CHANGES[groups.GroupMembersChanged] = lambda e, r: Change(
    "group",
    r.stream.id,
    "write",
    {"members": {**dict.fromkeys(e.removed), **dict.fromkeys(e.added, True)}},
    organization_id=e.organization_id,
    merged=True,
)

_write("user", users.UserCreated, "username", "email", "name", "login_type", "status", "is_service_account", action="create", status=201)
_write("user", users.UserProfileChanged, "username", "name")
CHANGES[users.UserSiteRolesSet] = lambda e, r: Change("user", r.stream.id, "write", {"rbac_roles": e.roles})
CHANGES[users.UserStatusSet] = lambda e, r: Change(
    "user", r.stream.id, "write", {"status": e.status}, additional_fields=_DORMANCY if e.automatic else {}, alone=e.automatic
)
CHANGES[users.UserPasswordChanged] = lambda _e, r: Change(
    "user", r.stream.id, "write", {"hashed_password": True}, secret=frozenset({"hashed_password"}), status_code=204
)
CHANGES[users.UserSettingsChanged] = lambda e, r: Change("user", r.stream.id, "write", {e.group: e.settings})
_write("user", users.UserDeleted, action="delete")
CHANGES[users.UserErased] = lambda _e, r: Change("user", r.stream.id, "delete", additional_fields={"erased": True})
_write("git_ssh_key", users.UserSSHKeyGenerated, "public_key")

CHANGES[api_keys.ApiKeyCreated] = lambda e, r: Change(
    "api_key",
    r.stream.id,
    "login" if e.signed_in else "create",
    _values(e, "user_id", "login_type", "scopes", "token_name", "lifetime_seconds", "expires_at"),
    e.token_name,
    status_code=201,
)
_write("api_key", api_keys.ApiKeyExpirySet, "expires_at", status=204)
CHANGES[api_keys.ApiKeyDeleted] = lambda e, r: (
    Change("api_key", r.stream.id, "logout") if e.signed_out else Change("api_key", r.stream.id, "delete", status_code=204)
)
# There is no key. Who has the right password and may not use one is told so (contract/identity.md 3.2).
CHANGES[api_keys.LoginFailed] = lambda e, _r: Change(
    "api_key",
    NIL,
    "login",
    status_code=403 if e.reason == "login type" else 401,
    user_id=e.user_id,
    additional_fields={"reason": e.reason},
)
CHANGES[api_keys.PasscodeRequested] = lambda e, _r: Change("user", e.user_id or NIL, "request_password_reset", status_code=204)

CHANGES[webhooks.WebhookCreated] = lambda e, r: Change(
    "webhook", r.stream.id, "create", _values(e, "url", "description", "event_types", "enabled"), e.url, status_code=201
)
CHANGES[webhooks.WebhookUpdated] = lambda e, r: Change(
    "webhook", r.stream.id, "write", _values(e, "url", "description", "event_types"), e.url
)
_write("webhook", webhooks.WebhookEnabled, enabled=True)
CHANGES[webhooks.WebhookDisabled] = lambda e, r: Change(
    "webhook", r.stream.id, "write", {"enabled": False}, additional_fields={"reason": e.reason}
)
CHANGES[webhooks.WebhookSecretRotated] = lambda _e, r: Change(
    "webhook", r.stream.id, "write", {"secret": True}, secret=frozenset({"secret"})
)
CHANGES[webhooks.WebhookReplayRequested] = lambda e, r: Change(
    "webhook", r.stream.id, "write", additional_fields={"replayed_after": e.after}, status_code=202
)
_write("webhook", webhooks.WebhookDeleted, action="delete", status=204)


def _build(event: Any, recorded: Recorded, action: str, **more: Any) -> Change:
    return Change("workspace_build", recorded.stream.id, action, of=("workspace", event.workspace_id), **more)


CHANGES[builds.BuildQueued] = lambda e, r: _build(
    e,
    r,
    e.transition,
    organization_id=e.organization_id,
    fields=_values(e, "workspace_id", "transition", "reason", "template_version_id", "initiator_id") | {"build_number": e.number},
    user_id=e.initiator_id,
    status_code=201,
)
# What the worker reports is the end of what somebody asked for.
CHANGES[builds.BuildFailed] = lambda e, r: _build(e, r, e.transition, status_code=500, asked_by=r.stream.id)
CHANGES[builds.BuildCancelRequested] = lambda e, r: _build(e, r, "write")
# What is called off before anybody took it has ended at once; otherwise the end is the worker's, and told of already.
CHANGES[builds.BuildCanceled] = lambda e, r: _build(e, r, "write", is_automatic=not _is_persons(r))
CHANGES[builds.BuildStateReplaced] = lambda e, r: _build(
    e, r, "write", fields={"provisioner_state": True}, secret=frozenset({"provisioner_state"}), status_code=204
)

CHANGES[ChangeRefused] = lambda e, _r: Change(
    e.resource_type,
    e.resource_id,
    e.action,
    organization_id=e.organization_id,
    status_code=e.status_code,
    additional_fields={"route": e.route},
)
