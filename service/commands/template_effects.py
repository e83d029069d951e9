"""A changed template, carried to the workspaces that were made from it, one command for each of them.

The log says that it began and that it ended, so that whatever ends the process between is made up for (service/automation).
"""

from __future__ import annotations

import asyncio
from typing import Any, LiteralString

from psycopg_pool import AsyncConnectionPool

from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.kernel.events import Actor
from domain.templates.commands import EndRollout
from domain.templates.decisions import decide_end_rollout
from domain.templates.state import TEMPLATE
from domain.workspaces.state import WORKSPACE
from domain.workspaces.template_changes import FollowTemplate, Restarts, decide_follow_template
from service.commands.bus import CommandBus
from service.commands.facts.builds import deadline_rules
from service.commands.facts.templates import workspace_template_facts
from service.commands.facts.workspaces import latest_build
from service.commands.unit import CommandRoute, Unit

#: So many workspaces are looked at together: enough for full groups of commits, and a bound for memory.
CHUNK = 200

_WORKSPACES: LiteralString = """
    SELECT id
    FROM workspaces
    WHERE template_id = %(template_id)s::uuid AND NOT deleted AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
    ORDER BY id
    LIMIT %(limit)s
"""


async def _follow(command: FollowTemplate, unit: Unit, context: Context) -> Decision:
    workspace = await unit.load(WORKSPACE, command.workspace_id)
    # Held: of two changes of the template that are applied at once, the later one must win.
    template = await unit.load(TEMPLATE, workspace.template_id)
    rollout = template.rollout
    restarts = Restarts(
        rollout.begun_at if rollout is not None and rollout.restarts_idleness else None,
        rollout.begun_at if rollout is not None and rollout.restarts_dormancy else None,
    )
    build, rules = await latest_build(unit, workspace), await deadline_rules(unit, workspace)
    return decide_follow_template(workspace, workspace_template_facts(template), restarts, rules, build, context)


async def _end(command: EndRollout, unit: Unit, _context: Context) -> Decision:
    return decide_end_rollout(command, await unit.load(TEMPLATE, command.template_id))


async def roll_out(bus: CommandBus, pool: AsyncConnectionPool[Any], template_id: str, begun_at_version: int, context: Context) -> int:
    """Bring all living workspaces of a template in line with it, as the rollout asks that began at that version of its stream.

    Returns the position of the last event. May be repeated after it was cut short, and be carried out twice at once.
    """
    last = await _all_follow(bus, pool, template_id, context)
    system = Context(Actor("system"), context.time, context.correlation_id, causation_id=context.causation_id)
    return max(last, (await bus.execute(EndRollout(template_id, begun_at_version), system)).position)


async def _all_follow(bus: CommandBus, pool: AsyncConnectionPool[Any], template_id: str, context: Context) -> int:
    last, after = 0, None
    while True:
        async with pool.connection() as connection:
            cursor = await connection.execute(_WORKSPACES, {"template_id": template_id, "after": after, "limit": CHUNK})
            ids = [row[0] for row in await cursor.fetchall()]
        outcomes = await asyncio.gather(*(bus.execute(FollowTemplate(id), context) for id in ids))
        last = max((last, *(outcome.position for outcome in outcomes)))
        if len(ids) < CHUNK:
            return last
        after = ids[-1]


COMMANDS: tuple[CommandRoute[Any], ...] = (
    CommandRoute(FollowTemplate, lambda c: (c.workspace_id,), _follow),
    CommandRoute(EndRollout, lambda c: (c.template_id,), _end),
)
