"""Whatever people did, over all commands and in whatever order: nothing of what a service says depends on how it came to know it.

Live read models are those that the log gives anew, in batches of any size. Every past is what was answered then. What was replayed
and imported elsewhere is the same deployment. What an auditor reads is what happened.
"""

from __future__ import annotations

import sys
from inspect import isclass
from pkgutil import walk_packages

from hypothesis import HealthCheck, Phase, given, settings

import domain
from domain.builds.commands import BuiltAgent
from domain.kernel.events import event_types
from domain.users.commands import NewPerson
from service.commands.router import COMMANDS
from service.http.routes import ROUTES
from service.http.routing import AT
from tests.properties import past
from tests.properties.auditing import everything_was_audited
from tests.properties.histories import ALL, History, Plan, lived, plans
from tests.properties.moving import moved_is_the_same
from tests.properties.past import diffs_make_the_document, every_frame_is_the_past, every_past_is_what_was_answered_then
from tests.properties.rebuilding import live_is_what_a_rebuild_gives, no_batch_size_shows
from tests.support.postgres import PostgresServer

#: What stands among commands and is a field of some.
_PARTS = (BuiltAgent, NewPerson)


def test_every_document_that_has_a_past_is_asked_for() -> None:
    assert {route.path for route in ROUTES if AT in route.query} == {past.LIST, past.WORKSPACE, past.ACL, past.BY_NAME}


def test_every_command_has_a_route() -> None:
    """Else the law below, which goes by routes, would not miss it."""
    names = {info.name for info in walk_packages(domain.__path__, "domain.") if info.name.endswith("commands")}
    modules = [module for name, module in sys.modules.items() if name in names]
    commands = {kind for module in modules for kind in vars(module).values() if isclass(kind) and kind.__module__ == module.__name__}
    assert len(modules) == len(names) > 10, "whatever the routes do not import has no route"
    assert {kind for kind in commands if kind not in _PARTS} <= {route.command for route in COMMANDS}


# A history takes seconds to live through: a failure is told at once instead of looking for the smallest one.
@settings(
    max_examples=2,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(plan=plans)
async def test_a_history_over_all_commands_keeps_every_law(postgres: PostgresServer, migrated_template: str, plan: Plan) -> None:
    url = postgres.database(migrated_template)
    try:
        async with lived(url, plan) as history:
            await live_is_what_a_rebuild_gives(history)
            await every_past_is_what_was_answered_then(history)
            await every_frame_is_the_past(history)
            await diffs_make_the_document(history)
            await everything_was_audited(history)
        _everything_was_done(history)
        await no_batch_size_shows(history)
        await moved_is_the_same(postgres, history)
    finally:
        postgres.drop(url)


def _everything_was_done(history: History) -> None:
    """Every command has changed something, and every event has been recorded: laws say nothing of what did not happen."""
    assert {route.command.__name__ for route in COMMANDS} - history.changed == set()
    assert set(event_types()) - {recorded.event.NAME for recorded in history.log} == set()
    assert history.refused < len(ALL) / 2
