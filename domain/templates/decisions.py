"""Decisions about a template. Sources: contract/lifecycle.md A3, A8, A9."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.builds.values import JobStatus
from domain.kernel.decider import NOTHING, Append, Decision, append
from domain.kernel.errors import Forbidden, Invalid, NameTaken, NotFound, Violation
from domain.kernel.events import Stream
from domain.kernel.names import fold
from domain.reservations.values import Reservation, name_stream, release, reserve
from domain.roles import acl
from domain.templates import settings
from domain.templates.commands import CreateTemplate, DeleteTemplate, EndRollout, PromoteVersion, UpdateTemplate, UpdateTemplateACL
from domain.templates.events import (
    TemplateACLUpdated,
    TemplateCreated,
    TemplateDeleted,
    TemplateRolloutBegun,
    TemplateRolloutEnded,
    TemplateUpdated,
    TemplateVersionPromoted,
)
from domain.templates.state import TEMPLATE, Template
from domain.templates.version_events import TemplateVersionAttached
from domain.templates.versions import TEMPLATE_VERSION, TemplateVersion, version_name

NAME_KIND = "template"


@dataclass(frozen=True, slots=True)
class Grantees:
    """Which of the people and groups that an access list names exist: people who are not deleted, groups of the organization."""

    user_ids: frozenset[str]
    group_ids: frozenset[str]


def template_name(organization_id: str, name: str) -> Stream:
    """The reservation of a template's name: unique in the organization, whatever its case."""
    return name_stream(NAME_KIND, organization_id, fold(name))


def decide_create_template(command: CreateTemplate, name: Reservation, version: TemplateVersion, *, organization_is_live: bool) -> Decision:
    """Raises `NotFound` for an organization that is gone, `NameTaken`, then `NotFound` or `Invalid` about the version, then
    `Invalid` with all bad settings."""
    if not organization_is_live:
        raise NotFound
    if name.holder is not None:
        raise _name_taken(command.name)
    refusal = _unusable(version, command.organization_id)
    if refusal is not None:
        raise refusal
    broken = settings.creation_violations(command.settings)
    if broken:
        raise Invalid("The template's settings are not valid.", validations=broken)
    created = TemplateCreated(
        organization_id=command.organization_id,
        name=command.name,
        active_version_id=command.version_id,
        provisioner=version.provisioner,
        settings=settings.changed({}, command.settings),
        user_acl={},
        group_acl={command.organization_id: acl.USE} if command.is_for_everyone else {},
    )
    return (
        append(TEMPLATE.stream(command.template_id), created),
        append(TEMPLATE_VERSION.stream(command.version_id), TemplateVersionAttached(command.template_id)),
        reserve(template_name(command.organization_id, command.name), NAME_KIND, command.template_id),
        version_name(command.template_id, version.name).taken_by(command.version_id),
    )


def _unusable(version: TemplateVersion, organization_id: str) -> Invalid | NotFound | None:
    """Why a template cannot be made from the version."""
    if not version.exists or version.organization_id != organization_id:
        missing = NotFound("Template version not found.", "Only an existing version of this organization can become a template.")
        missing.validations = (Violation("template_version_id", "template version not found"),)
        return missing
    if version.is_archived:
        return _bad_version("The template version is archived.", "an archived version cannot become a template")
    if version.template_id is not None:
        return _bad_version("The template version belongs to a template already.", "the version belongs to another template")
    return None


def _bad_version(message: str, detail: str) -> Invalid:
    return Invalid(message, validations=(Violation("template_version_id", detail),))


def decide_update_template(command: UpdateTemplate, state: Template, name: Reservation) -> Decision:
    """`name` is the reservation of the new name; another case of the own one is held by the template itself."""
    if not state.is_live:
        raise NotFound
    broken = settings.update_violations(command.settings)
    if broken:
        raise Invalid("The template's settings are not valid.", validations=broken)
    renamed = command.name or state.name
    parts: list[Append] = []
    if fold(renamed) != fold(state.name):
        if name.holder is not None:
            raise _name_taken(renamed)
        parts.append(reserve(template_name(state.organization_id, renamed), NAME_KIND, state.id))
        parts.append(release(template_name(state.organization_id, state.name), NAME_KIND, state.id))
    after = settings.changed(state.settings, command.settings)
    events: list[TemplateUpdated | TemplateACLUpdated | TemplateRolloutBegun] = []
    if renamed != state.name or after != state.settings:
        events.append(TemplateUpdated(state.organization_id, renamed, after))
    if command.is_for_everyone is not None:
        role = acl.USE if command.is_for_everyone else acl.NO_ROLE
        has_access = state.organization_id in state.group_roles
        if has_access is not command.is_for_everyone:
            events.append(TemplateACLUpdated(state.organization_id, {}, {state.organization_id: role}))
    if settings.reschedules(state.settings, after) or command.restarts_idleness or command.restarts_dormancy:
        events.append(TemplateRolloutBegun(state.organization_id, command.restarts_idleness, command.restarts_dormancy))
    return (append(TEMPLATE.stream(state.id), *events), *parts) if events else NOTHING


def decide_end_rollout(command: EndRollout, state: Template) -> Decision:
    """Nothing when it has ended, or another has begun since: that one ends both."""
    if state.rollout is None or state.rollout.begun_at_version != command.begun_at_version:
        return NOTHING
    return (append(TEMPLATE.stream(state.id), TemplateRolloutEnded(state.organization_id, command.begun_at_version)),)


def _name_taken(name: str) -> NameTaken:
    return NameTaken(
        f"A template named {name!r} exists already.", validations=(Violation("name", "This value is already in use and should be unique."),)
    )


def decide_promote_version(command: PromoteVersion, state: Template, version: TemplateVersion) -> Decision:
    """Refuses, in this order, an unknown version, another template's, one that is not imported, an archived one."""
    if not state.is_live:
        raise NotFound
    if not version.exists:
        raise NotFound("Template version not found.")
    if version.template_id != state.id:
        raise Invalid("The template version belongs to another template.", "Only a version of the template itself can be promoted.")
    if version.import_status is not JobStatus.SUCCEEDED:
        raise Forbidden("Only an imported version can be promoted.", f"Its import job is {version.import_status}.")
    if version.is_archived:
        raise Invalid("The template version is archived.", "An archived version cannot be promoted.")
    if state.active_version_id == command.version_id:
        return NOTHING
    return (append(TEMPLATE.stream(state.id), TemplateVersionPromoted(state.organization_id, command.version_id)),)


def decide_update_template_acl(command: UpdateTemplateACL, state: Template, known: Grantees) -> Decision:
    """Raises `Invalid` with one validation per unknown role, person or group; who is to be removed need not exist."""
    if not state.is_live:
        raise NotFound
    broken = _bad_roles(command.user_roles, known.user_ids, "user_perms") + _bad_roles(command.group_roles, known.group_ids, "group_perms")
    if broken:
        raise Invalid("The access list cannot be changed like this.", validations=broken)
    users = {id: role for id, role in command.user_roles.items() if state.user_roles.get(id, "") != role}
    groups = {id: role for id, role in command.group_roles.items() if state.group_roles.get(id, "") != role}
    if not users and not groups:
        return NOTHING
    return (append(TEMPLATE.stream(state.id), TemplateACLUpdated(state.organization_id, users, groups)),)


def _bad_roles(roles: Mapping[str, str], known: frozenset[str], field: str) -> list[Violation]:
    found = []
    for id, role in roles.items():
        if not acl.is_role(role):
            found.append(Violation(field, f"role {role!r} is none of admin, use and the empty role"))
        elif role and id not in known:
            found.append(Violation(field, f"{id} does not exist here"))
    return found


def decide_delete_template(command: DeleteTemplate, state: Template, workspace_count: int) -> Decision:
    """`workspace_count`: workspaces that live and belong to people, seen by the caller or not."""
    if not state.is_live:
        raise NotFound
    if workspace_count:
        raise Invalid("Workspaces of this template exist.", "Delete every workspace of the template first.")
    return (
        append(TEMPLATE.stream(state.id), TemplateDeleted(state.organization_id)),
        release(template_name(state.organization_id, state.name), NAME_KIND, state.id),
    )
