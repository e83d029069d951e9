"""Builds as their events leave them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from projections.builds.fold import MODEL as BUILDS
from projections.jobs.fold import MODEL as JOBS
from tests.projections.jobs.histories import EVERYTHING, build_id
from tests.support.projecting import Projecting, open_projecting


@pytest.fixture
async def projecting(migrated_url: str) -> AsyncIterator[Projecting]:
    opened = await open_projecting(migrated_url, (JOBS, BUILDS))
    yield opened
    await opened.connection.close()


async def test_a_completed_build_shows_what_came_of_it(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    build = next(row for row in await projecting.rows("builds") if row["id"] == build_id(1))
    assert [resource["name"] for resource in build["resources"]] == ["main"]
    assert (build["daily_cost"], build["has_ai_task"]) == (3, False)


async def test_a_deadline_can_be_taken_away(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    build = next(row for row in await projecting.rows("builds") if row["id"] == build_id(1))
    assert (build["deadline"], build["max_deadline"]) == (None, None)


async def test_what_a_build_has_is_unknown_until_it_succeeds(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    rows = {row["number"]: row for row in await projecting.rows("builds")}
    assert {rows[n]["has_ai_task"] for n in range(2, 8)} == {None}
    assert all(rows[n]["resources"] == [] for n in range(2, 8))


async def test_every_event_of_its_job_changes_a_build(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    rows = {row["number"]: row for row in await projecting.rows("builds")}
    assert rows[7]["updated_at"] == rows[7]["created_at"]
    assert all(rows[n]["updated_at"] > rows[n]["created_at"] for n in range(1, 6))
