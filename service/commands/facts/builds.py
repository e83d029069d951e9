"""What decisions about builds are told of workspace and owner. Templates and versions: `templates.py`."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection

from domain.builds.values import EndFacts, OlderAgent, WorkspaceFacts
from domain.kernel.context import Context
from domain.schedules.cron import parse_optional
from domain.schedules.deadlines import DeadlineRules, effective_ttl_ms
from domain.schedules.quiet_hours import parse as parse_quiet_hours
from domain.schedules.requirements import autostop_requirement, next_allowed
from domain.templates.state import TEMPLATE, Template
from domain.users.state import USER
from domain.users.values import SettingsGroup
from domain.workspaces.state import Workspace
from domain.workspaces.values import TemplateFacts
from domain.workspaces.values import template_facts as schedule_facts
from service.commands.unit import Unit

_OLDER_AGENTS: LiteralString = """
    SELECT id, build_id
    FROM agents
    WHERE workspace_id = %s AND build_id <> %s AND NOT deleted
    ORDER BY created_at, id
"""


def workspace_facts(workspace: Workspace) -> WorkspaceFacts:
    """A workspace as its next build sees it."""
    latest = workspace.latest_build
    return WorkspaceFacts(
        workspace.id,
        workspace.owner_id,
        workspace.deleted,
        workspace.build_number,
        latest is not None and latest.is_active,
        workspace.dormant_at is not None,
    )


async def older_agents(unit: Unit, workspace_id: str, build_id: str) -> tuple[OlderAgent, ...]:
    """Agents of earlier builds that still exist.

    From the read model, which is exact here: these agents were made before the build was queued, and whoever ends the build
    found it in a read model that already showed that.
    """

    async def read(connection: AsyncConnection[Any]) -> tuple[OlderAgent, ...]:
        cursor = await connection.execute(_OLDER_AGENTS, (workspace_id, build_id), prepare=True)
        return tuple(OlderAgent(id, build) for id, build in await cursor.fetchall())

    return await unit.query(read)


async def end_facts(unit: Unit, workspace: Workspace, build_id: str, context: Context) -> EndFacts:
    """A workspace as the successful end of its build sees it; the next start is computed from now on."""
    template = await unit.load(TEMPLATE, workspace.template_id, hold=False)
    schedule = parse_optional(workspace.autostart_schedule)
    computed = None
    if schedule is not None and workspace.dormant_at is None:
        computed = next_allowed(schedule, _schedule_facts(template).autostart_days, context.time)
    agents = await older_agents(unit, workspace.id, build_id) if workspace.build_number > 1 else ()
    return EndFacts(workspace.owner_id, workspace.name, workspace.deleted, workspace.next_start_at, computed, agents)


async def deadline_rules(unit: Unit, workspace: Workspace) -> DeadlineRules:
    """What workspace, template and owner say about when a build that succeeds now must stop."""
    template = await unit.load(TEMPLATE, workspace.template_id, hold=False)
    owner = await unit.load(USER, workspace.owner_id, hold=False)
    facts = _schedule_facts(template)
    required = template.settings.get("autostop_requirement") or {}
    quiet_hours = owner.settings.get(SettingsGroup.QUIET_HOURS.value, {}).get("schedule", "")
    return DeadlineRules(
        ttl_ms=effective_ttl_ms(workspace.ttl_ms, facts.default_ttl_ms, allow_user_autostop=facts.allow_user_autostop),
        schedule=parse_optional(workspace.autostart_schedule),
        autostart_days=facts.autostart_days,
        autostop=autostop_requirement(required.get("days_of_week", ()), required.get("weeks", 1)),
        quiet_hours=parse_quiet_hours(str(quiet_hours)),
        is_prebuild=workspace.is_prebuild,
    )


def _schedule_facts(template: Template) -> TemplateFacts:
    return schedule_facts(template.id, template.organization_id, template.name, template.is_deleted, template.settings)
