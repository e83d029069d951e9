"""Folds what happens to templates into their rows. Access lists are stored as actions, the form in which the policy asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from domain.templates.values import actions_of
from projections.engine.model import ReadModel
from projections.engine.tables import Row, Rows
from projections.templates.tables import TEMPLATES

MODEL = ReadModel("templates", (TEMPLATES,))


@MODEL.on(TemplateCreated)
def on_template_created(rows: Rows, event: TemplateCreated, recorded: Recorded) -> None:
    """A new template."""
    row = {
        "id": recorded.stream.id,
        "organization_id": event.organization_id,
        "name": event.name,
        "provisioner": event.provisioner,
        "active_version_id": event.active_version_id,
        "created_by": recorded.metadata.actor.id,
        "created_at": recorded.time,
        "updated_at": recorded.time,
        "deleted": False,
        "user_acl": _actions(event.user_acl),
        "group_acl": _actions(event.group_acl),
        **_settings(event.settings),
    }
    rows.put(TEMPLATES, row)


@MODEL.on(TemplateUpdated)
def on_template_updated(rows: Rows, event: TemplateUpdated, recorded: Recorded) -> None:
    """Another name, other settings: documents of its workspaces show some of them."""
    if (row := _edit(rows, recorded)) is not None:
        row.update(name=event.name, **_settings(event.settings))
        rows.touch("template", recorded.stream.id, recorded.position)


@MODEL.on(TemplateVersionPromoted)
def on_template_version_promoted(rows: Rows, event: TemplateVersionPromoted, recorded: Recorded) -> None:
    """Another active version: workspaces become outdated, or stop being so."""
    if (row := _edit(rows, recorded)) is not None:
        row["active_version_id"] = event.version_id
        rows.touch("template", recorded.stream.id, recorded.position)


@MODEL.on(TemplateACLUpdated)
def on_template_acl_updated(rows: Rows, event: TemplateACLUpdated, recorded: Recorded) -> None:
    """Others may use it."""
    if (row := _edit(rows, recorded)) is not None:
        row["user_acl"] = _merged(row["user_acl"], event.user_acl)
        row["group_acl"] = _merged(row["group_acl"], event.group_acl)


@MODEL.on(TemplateDeleted)
def on_template_deleted(rows: Rows, _event: TemplateDeleted, recorded: Recorded) -> None:
    """Gone from lists; what was built from it stays readable."""
    if (row := _edit(rows, recorded)) is not None:
        row["deleted"] = True


@MODEL.on(TemplateRolloutBegun)
def on_template_rollout_begun(rows: Rows, _event: TemplateRolloutBegun, recorded: Recorded) -> None:
    """Its workspaces are not all in line with it."""
    if (row := rows.edit(TEMPLATES, recorded.stream.id)) is not None:
        row.update(rollout=recorded.version, rollout_at=recorded.time, rollout_position=recorded.position)


@MODEL.on(TemplateRolloutEnded)
def on_template_rollout_ended(rows: Rows, event: TemplateRolloutEnded, recorded: Recorded) -> None:
    """They are, unless another began meanwhile."""
    row = rows.get(TEMPLATES, recorded.stream.id)
    if row is not None and row["rollout"] == event.begun_at_version:
        rows.edit(TEMPLATES, recorded.stream.id)
        row.update(rollout=None, rollout_at=None, rollout_position=None)


def _edit(rows: Rows, recorded: Recorded) -> Row | None:
    row = rows.edit(TEMPLATES, recorded.stream.id)
    if row is not None:
        row["updated_at"] = recorded.time
    return row


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that settings fill: all of them together, and apart what lists search and neighbours show."""
    return {
        "display_name": settings["display_name"],
        "description": settings["description"],
        "icon": settings["icon"],
        "settings": dict(settings),
    }


def _actions(roles: Mapping[str, str]) -> dict[str, list[str]]:
    return {id: list(actions_of(role)) for id, role in roles.items()}


def _merged(acl: Mapping[str, list[str]], changes: Mapping[str, str]) -> dict[str, list[str]]:
    return {id: actions for id, actions in {**acl, **_actions(changes)}.items() if actions}
