"""A changed template, carried to the workspaces that were made from it, one command for each of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, LiteralString

from psycopg_pool import AsyncConnectionPool

from domain.kernel.context import Context
from domain.kernel.decider import Decision
from domain.templates.state import TEMPLATE
from domain.workspaces.state import WORKSPACE
from domain.workspaces.template_changes import FollowTemplate, decide_follow_template
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
    template = workspace_template_facts(await unit.load(TEMPLATE, workspace.template_id))
    build = await latest_build(unit, workspace)
    return decide_follow_template(command, workspace, template, await deadline_rules(unit, workspace), build, context)


async def apply_template(bus: CommandBus, pool: AsyncConnectionPool[Any], template_id: str, wish: FollowTemplate, context: Context) -> int:
    """Bring all living workspaces of a template in line with it; `wish` says how, whatever workspace it names.

    Returns the position of the last event, 0 when nothing had to change. May be repeated after it was cut short.
    """
    last, after = 0, None
    while True:
        async with pool.connection() as connection:
            cursor = await connection.execute(_WORKSPACES, {"template_id": template_id, "after": after, "limit": CHUNK})
            ids = [row[0] for row in await cursor.fetchall()]
        outcomes = await asyncio.gather(*(bus.execute(replace(wish, workspace_id=id), context) for id in ids))
        last = max((last, *(outcome.position for outcome in outcomes)))
        if len(ids) < CHUNK:
            return last
        after = ids[-1]


COMMANDS: tuple[CommandRoute[Any], ...] = (CommandRoute(FollowTemplate, lambda c: (c.workspace_id,), _follow),)
