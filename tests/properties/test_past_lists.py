"""Whatever is asked of a list, page by page: what it says of the past is what it said then, in whichever way the page is found."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from domain.kernel.predicate import ALWAYS
from domain.users.events import UserDeleted, UserErased
from projections.engine.versions import looking_back
from projections.models import MODELS
from projections.workspaces.past_pages import PastList
from projections.workspaces.queries import Page, page
from projections.workspaces.search import BAD_QUERY, KEYS, Filters, conditions
from tests.properties.deployments import Deployment, deployment
from tests.properties.list_questions import question, spelled
from tests.support.projecting import Projecting, open_projecting

QUESTIONS = 150
PAGES = ((0, 0), (1, 0), (3, 0), (5, 4), (7, 11), (0, 6), (10, 10_000))
#: Few rows are sorted; else the people are gone through, or the page is found by counting their rows.
WAYS: tuple[dict[str, Any], ...] = (
    {"is_broad": False},
    {"is_broad": True},
    {"is_broad": True, "few": 0, "near": 1},
    {"is_broad": True, "few": 0, "near": 1_000_000},
)


@pytest.fixture
async def projecting(database_url: str) -> AsyncIterator[Projecting]:
    """Folds histories into schemas of this database."""
    opened = await open_projecting(database_url, MODELS)
    yield opened
    await opened.connection.close()


def filters(d: Deployment, rnd: random.Random) -> Filters:
    """What somebody could ask for, with what names in it mean; what is wrong with it is left out."""
    query = KEYS.parse(spelled(question(d, rnd), rnd), BAD_QUERY).values
    group, _, _ = rnd.choice(d.groups)
    return Filters(
        query,
        rnd.choice(list(d.people.values())),
        rnd.choice(list(d.organizations.values())) if query.organization else "",
        rnd.choice(list(d.people.values())) if query.shared_with_user else "",
        group if query.shared_with_group else "",
    )


Shown = tuple[int, list[tuple[str, str]]]


async def live(connection: AsyncConnection[Any], f: Filters, limit: int, offset: int) -> Shown:
    return await shown(connection, await page(connection, conditions(f, ALWAYS), f.viewer_id, limit=limit, offset=offset))


async def shown(connection: AsyncConnection[Any], found: Page) -> Shown:
    """How many there are, and those on the page by owner and name: those of people without a name may be told apart by neither."""
    cursor = await connection.execute("SELECT id, lower(owner_name), lower(name) FROM workspaces WHERE id = ANY(%s)", (list(found.ids),))
    names = {id: (owner, name) for id, owner, name in await cursor.fetchall()}
    return found.count, [names[id] for id in found.ids]


@pytest.mark.parametrize("seed", [11, 12])
async def test_every_page_of_the_past_is_the_one_of_then(projecting: Projecting, seed: int) -> None:
    d = deployment(seed)
    told = list(d.history)
    # Their names are gone from all pasts: they have the same.
    for id in list(d.people.values())[-3:]:
        d.tell(id, UserDeleted(), UserErased())
    rnd, connection = random.Random(seed), projecting.connection
    asked = [(filters(d, rnd), *rnd.choice(PAGES)) for _ in range(QUESTIONS)]
    for before, history in ((told[: rnd.randint(len(told) // 2, len(told) - 1)], told), (d.history, d.history)):
        await projecting.fold(before)
        then = [await live(connection, *question) for question in asked]
        assert sum(count > 0 for count, _ in then) > QUESTIONS // 5
        await projecting.fold(history)
        at = before[-1].position
        async with looking_back(connection, at):
            for (f, limit, offset), answer in zip(asked, then, strict=True):
                for way in WAYS:
                    found = await PastList(connection, at, f, (), **way).page(limit, offset)
                    assert await shown(connection, found) == answer, f"{f} limit={limit} offset={offset} {way}"


async def test_a_rebuild_leaves_nothing_to_be_read_beside_the_indexes_of_versions(projecting: Projecting) -> None:
    name = await projecting.fill(deployment(11).history, page=1000, keep_rows=1000)
    asked = "SELECT relname FROM pg_stat_user_tables WHERE schemaname = %s AND vacuum_count > 0"
    looked_through = {row[0] for row in await (await projecting.connection.execute(asked, (name,))).fetchall()}
    assert {"workspaces_versions", "agents_versions", "jobs_versions"} <= looked_through
