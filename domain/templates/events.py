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


@event("TemplateDeleted", category="template")
@dataclass(frozen=True, slots=True)
class TemplateDeleted(Event):
    """Its name is free."""

    organization_id: str
