"""A template as its events tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from domain.kernel.decider import Decider
from domain.kernel.events import Recorded
from domain.templates.events import (
    TemplateACLUpdated,
    TemplateCreated,
    TemplateDeleted,
    TemplateRolloutBegun,
    TemplateRolloutEnded,
    TemplateUpdated,
    TemplateVersionPromoted,
)


@dataclass(frozen=True, slots=True)
class Rollout:
    """One that has not ended: at which stream version and when it began, and what it lets begin anew then."""

    begun_at_version: int
    begun_at: datetime
    restarts_idleness: bool
    restarts_dormancy: bool


@dataclass(frozen=True, slots=True)
class Template:
    """`id` is "" before the template exists. Access lists map user or group ids to roles; a group id may be the organization's."""

    id: str = ""
    organization_id: str = ""
    name: str = ""
    active_version_id: str = ""
    provisioner: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    user_roles: Mapping[str, str] = field(default_factory=dict)
    group_roles: Mapping[str, str] = field(default_factory=dict)
    is_deleted: bool = False
    rollout: Rollout | None = None

    @property
    def is_live(self) -> bool:
        """Whether it exists and was not deleted."""
        return bool(self.id) and not self.is_deleted


def evolve(state: Template, recorded: Recorded) -> Template:
    """Fold one event of a template's stream."""
    match recorded.event:
        case TemplateCreated() as e:
            return Template(
                recorded.stream.id, e.organization_id, e.name, e.active_version_id, e.provisioner, e.settings, e.user_acl, e.group_acl
            )
        case TemplateUpdated(name=name, settings=settings):
            return replace(state, name=name, settings=settings)
        case TemplateVersionPromoted(version_id=version_id):
            return replace(state, active_version_id=version_id)
        case TemplateACLUpdated(user_acl=user_acl, group_acl=group_acl):
            return replace(state, user_roles=_merged(state.user_roles, user_acl), group_roles=_merged(state.group_roles, group_acl))
        case TemplateRolloutBegun(restarts_idleness=idleness, restarts_dormancy=dormancy):
            # What an earlier one has not finished is this one's to do.
            before = state.rollout
            idleness |= before is not None and before.restarts_idleness
            dormancy |= before is not None and before.restarts_dormancy
            return replace(state, rollout=Rollout(recorded.version, recorded.time, idleness, dormancy))
        case TemplateRolloutEnded(begun_at_version=version):
            return replace(state, rollout=None) if state.rollout is not None and state.rollout.begun_at_version == version else state
        case TemplateDeleted():
            return replace(state, is_deleted=True)
    return state


def _merged(roles: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    return {id: role for id, role in {**roles, **changes}.items() if role}


TEMPLATE: Decider[Template] = Decider("template", Template(), evolve)
