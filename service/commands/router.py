"""The table: which command goes to which decision."""

from __future__ import annotations

from typing import Any

from service.commands import (
    agents,
    api_keys,
    audit,
    automation,
    builds,
    groups,
    organizations,
    template_effects,
    template_versions,
    templates,
    users,
    webhooks,
    workspaces,
)
from service.commands.unit import CommandRoute

COMMANDS: tuple[CommandRoute[Any], ...] = (
    *users.COMMANDS,
    *organizations.COMMANDS,
    *groups.COMMANDS,
    *api_keys.COMMANDS,
    *audit.COMMANDS,
    *builds.COMMANDS,
    *agents.COMMANDS,
    *automation.COMMANDS,
    *templates.COMMANDS,
    *template_versions.COMMANDS,
    *template_effects.COMMANDS,
    *workspaces.COMMANDS,
    *webhooks.COMMANDS,
)
