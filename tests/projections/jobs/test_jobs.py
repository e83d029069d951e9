"""The queue of provisioner jobs: what each event makes of a job, who may take which next, where one stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from projections.builds.fold import MODEL as BUILDS
from projections.jobs.fold import MODEL as JOBS
from projections.jobs.queries import next_jobs, queue_places, unfinished_jobs
from projections.jobs.render import job_status
from tests.projections.jobs.histories import DEFAULT_TAGS, EVERYTHING, ORGANIZATION, WORKER, builds, history, job_id, queued
from tests.support.projecting import Projecting, open_projecting

BUILD_JOBS = ("workspace_build",)


@pytest.fixture
async def projecting(migrated_url: str) -> AsyncIterator[Projecting]:
    opened = await open_projecting(migrated_url, (JOBS, BUILDS))
    yield opened
    await opened.connection.close()


async def test_batches_do_not_matter(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(EVERYTHING)


async def test_every_event_finds_its_job(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    rows = {row["id"]: row for row in await projecting.rows("jobs")}
    found = [job_status(rows[job_id(n)]) for n in range(1, 8)]
    assert found == ["succeeded", "canceled", "canceled", "failed", "canceling", "pending", "pending"]
    assert (rows[job_id(1)]["logs_overflowed"], rows[job_id(3)]["logs_overflowed"]) == (True, False)
    assert all(row["logs_overflowed"] for row in rows.values() if row["build_id"] is None)
    assert {row["type"]: job_status(row) for row in rows.values() if row["build_id"] is None} == {
        "template_version_import": "failed",
        "template_version_dry_run": "succeeded",
    }


async def test_a_job_that_was_reaped_unstarted_counts_as_started_when_it_ended(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    job = next(row for row in await projecting.rows("jobs") if row["id"] == job_id(4))
    assert job["started_at"] == job["completed_at"] is not None


async def test_a_job_knows_what_set_it_in_motion(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    job = next(row for row in await projecting.rows("jobs") if row["id"] == job_id(1))
    recorded = next(r for r in EVERYTHING if r.event == queued(1))
    assert (job["correlation_id"], job["causation_id"]) == (recorded.metadata.correlation_id, recorded.id)


async def taken_by(projecting: Projecting, tags: dict[str, str], **more: object) -> list[str]:
    wanted = {"provisioners": ["echo"], "types": BUILD_JOBS, "organization_id": None, "limit": 10, **more}
    return [row["id"] for row in await next_jobs(projecting.connection, tags=tags, **wanted)]  # type: ignore[arg-type]


async def test_a_job_with_the_default_tags_is_for_workers_with_exactly_these(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    assert await taken_by(projecting, DEFAULT_TAGS) == [job_id(7)]
    assert await taken_by(projecting, {**DEFAULT_TAGS, "zone": "moon", "size": "big"}) == [job_id(6)]
    assert await taken_by(projecting, {**DEFAULT_TAGS, "zone": "mars"}) == []


async def test_a_worker_is_offered_no_more_than_it_asks_for_oldest_first(projecting: Projecting) -> None:
    await projecting.fold(history(*(event for n in range(1, 6) for event in builds(n, queued(n)))))
    assert await taken_by(projecting, DEFAULT_TAGS, limit=2) == [job_id(1), job_id(2)]


async def test_a_worker_is_offered_what_it_can_do_where_it_serves(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    assert await taken_by(projecting, DEFAULT_TAGS, provisioners=["terraform"]) == []
    assert await taken_by(projecting, DEFAULT_TAGS, types=("template_version_import",)) == []
    assert await taken_by(projecting, DEFAULT_TAGS, organization_id=WORKER) == []
    assert await taken_by(projecting, DEFAULT_TAGS, organization_id=ORGANIZATION) == [job_id(7)]


async def test_a_build_is_offered_to_provisioners_of_the_kind_that_imported_its_version(projecting: Projecting) -> None:
    await projecting.fold(history(*builds(1, replace(queued(1), provisioner="terraform"))))
    assert await taken_by(projecting, DEFAULT_TAGS) == []
    assert await taken_by(projecting, DEFAULT_TAGS, provisioners=["terraform"]) == [job_id(1)]


async def test_unfinished_jobs_are_those_that_a_worker_took_and_did_not_end(projecting: Projecting) -> None:
    await projecting.fold(EVERYTHING)
    assert [row["id"] for row in await unfinished_jobs(projecting.connection, [WORKER])] == [job_id(5)]


async def test_places_count_from_one_among_jobs_with_the_same_tags(projecting: Projecting) -> None:
    await projecting.fold(history(*(event for n in range(1, 4) for event in builds(n, queued(n))), *builds(4, queued(4, {"zone": "moon"}))))
    places = await queue_places(projecting.connection, [job_id(n) for n in range(1, 5)])
    assert places == {job_id(1): (1, 3), job_id(2): (2, 3), job_id(3): (3, 3), job_id(4): (1, 1)}
