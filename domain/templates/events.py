"""What happens to a template. `settings` always holds the full set of keys named in `values.SETTINGS`."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.events import Event, event


@event("TemplateCreated", category="template")
@dataclass(frozen=True, slots=True)
class TemplateCreated(Event):
    """Made from a version; `user_acl` and `group_acl` map ids to roles (`admin`, `use`)."""

    organization_id: str
    name: str
    active_version_id: str
    provisioner: str
    settings: dict[str, object]
    user_acl: dict[str, str]
    group_acl: dict[str, str]


@event("TemplateUpdated", category="template")
@dataclass(frozen=True, slots=True)
class TemplateUpdated(Event):
    """Name and all settings as they are from now on."""

    organization_id: str
    name: str
    settings: dict[str, object]


@event("TemplateVersionPromoted", category="template")
@dataclass(frozen=True, slots=True)
class TemplateVersionPromoted(Event):
    """`version_id` is the active version from now on."""

    organization_id: str
    version_id: str


@event("TemplateACLUpdated", category="template")
@dataclass(frozen=True, slots=True)
class TemplateACLUpdated(Event):
    """Changed entries only; an empty role removes the entry."""

    organization_id: str
    user_acl: dict[str, str]
    group_acl: dict[str, str]


@event("TemplateRolloutBegun", category="template", follows=True)
@dataclass(frozen=True, slots=True)
class TemplateRolloutBegun(Event):
    """Its workspaces are being brought in line with it. The flags let time that has run under older rules count for nothing:
    since the last use, and since a workspace became dormant."""

    organization_id: str
    restarts_idleness: bool
    restarts_dormancy: bool


@event("TemplateRolloutEnded", category="template")
@dataclass(frozen=True, slots=True)
class TemplateRolloutEnded(Event):
    """Every workspace is in line with the template as the rollout that began at stream version `begun_at_version` found it."""

    organization_id: str
    begun_at_version: int


@event("TemplateDeleted", category="template")
@dataclass(frozen=True, slots=True)
class TemplateDeleted(Event):
    """Its name is free."""

    organization_id: str
