"""What can be asked of a template. Ids are UUID text, drawn by the caller; who may ask was checked before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CreateTemplate:
    """A template from a version that has none. `settings` holds the keys of `settings.DEFAULTS` that the request gave."""

    template_id: str
    organization_id: str
    name: str
    version_id: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_for_everyone: bool = True


@dataclass(frozen=True, slots=True)
class UpdateTemplate:
    """Another name ("" = the same) and other settings (those given). `is_for_everyone` None leaves the access list alone.

    The flags let time that has run under older rules count for nothing: since workspaces were used, since they became dormant.
    """

    template_id: str
    organization_id: str
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_for_everyone: bool | None = None
    restarts_idleness: bool = False
    restarts_dormancy: bool = False


@dataclass(frozen=True, slots=True)
class EndRollout:
    """Every workspace was brought in line with the template, as the rollout that began at that stream version asked."""

    template_id: str
    begun_at_version: int


@dataclass(frozen=True, slots=True)
class PromoteVersion:
    """New workspaces use this version from now on."""

    template_id: str
    version_id: str


@dataclass(frozen=True, slots=True)
class UpdateTemplateACL:
    """Roles by user or group id; "" takes an entry away."""

    template_id: str
    user_roles: Mapping[str, str]
    group_roles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeleteTemplate:
    """Its name is free afterwards."""

    template_id: str
    organization_id: str
