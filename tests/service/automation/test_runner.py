"""Rules in their own time: weeks pass in a second, and each rule has its effect once, whoever looks after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.service.automation.world import OWNER, open_world

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BERLIN = ZoneInfo("Europe/Berlin")
#: A Monday, two weeks around the end of summer time (25 October 2026).
MONDAY = datetime(2026, 10, 19, 4, 0, tzinfo=UTC)


async def test_three_runners_start_and_stop_a_workspace_once_per_due_time_across_a_change_of_offset(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY, processes=3) as world:
        await world.found({})
        id = await world.workspace("steady", schedule="CRON_TZ=Europe/Berlin 0 9 * * 1-5", ttl_ms=8 * HOUR_MS)
        await world.pass_time(days=14)
        builds = [(t, r, at.astimezone(BERLIN)) for t, r, at in await world.builds(id)][1:]
    weekdays = [day for n in range(14) if (day := MONDAY.date() + timedelta(days=n)).weekday() < 5]
    starts = [at for t, r, at in builds if (t, r) == ("start", "autostart")]
    stops = [at for t, r, at in builds if (t, r) == ("stop", "autostop")]
    assert len(builds) == len(starts) + len(stops)
    # It already ran on the first morning: that start only moved its stop to eight hours later.
    assert [(at.date(), at.hour, at.minute) for at in starts] == [(day, 9, 0) for day in weekdays[1:]]
    assert [(at.date(), at.hour, at.minute) for at in stops] == [(day, 17, 0) for day in weekdays]
    assert {at.utcoffset() for at in starts} == {timedelta(hours=1), timedelta(hours=2)}


async def test_a_failed_build_is_cleaned_up_after_the_templates_time(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY) as world:
        await world.found({"failure_ttl_ms": 2 * HOUR_MS})
        world.fails = True
        id = await world.workspace("broken")
        world.fails = False
        await world.pass_time(hours=1, minutes=59)
        assert [b[0] for b in await world.builds(id)] == ["start"]
        await world.pass_time(minutes=2)
        assert [b[:2] for b in await world.builds(id)] == [("start", "initiator"), ("stop", "autostop")]


async def test_an_unused_workspace_falls_dormant_then_goes(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY, processes=2) as world:
        await world.found({"time_til_dormant_ms": 7 * DAY_MS, "time_til_dormant_autodelete_ms": 3 * DAY_MS})
        id = await world.workspace("idle")
        await world.pass_time(days=7, minutes=1)
        document = await world.document(id)
        assert document["dormant_at"] is not None
        assert document["deleting_at"] is not None
        await world.pass_time(days=3)
        assert [b[:2] for b in await world.builds(id)] == [("start", "initiator"), ("stop", "dormancy"), ("delete", "autodelete")]
        assert (await world.document(id))["latest_build"]["status"] == "deleted"


async def test_a_failed_delete_is_tried_again_a_day_later(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY) as world:
        await world.found({"time_til_dormant_ms": DAY_MS, "time_til_dormant_autodelete_ms": DAY_MS})
        id = await world.workspace("sticky")
        await world.pass_time(days=1, minutes=1)
        world.fails = True
        await world.pass_time(days=1, minutes=1)
        deletes = [at for t, _, at in await world.builds(id) if t == "delete"]
        assert len(deletes) == 1
        world.fails = False
        await world.pass_time(days=1, minutes=1)
        deletes = [at for t, _, at in await world.builds(id) if t == "delete"]
        assert len(deletes) == 2
        assert deletes[1] - deletes[0] >= timedelta(days=1)


async def test_a_changed_template_moves_the_rule_of_its_workspaces(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY) as world:
        await world.found({})
        id = await world.workspace("ruled")
        await world.pass_time(days=2)
        assert (await world.document(id))["dormant_at"] is None
        await world.change_template({"time_til_dormant_ms": DAY_MS})
        await world.look()
        assert (await world.document(id))["dormant_at"] is not None


async def test_what_happens_by_itself_names_the_event_that_led_to_it(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY) as world:
        await world.found({})
        await world.workspace("traced", ttl_ms=HOUR_MS)
        await world.pass_time(hours=2)
        rows = await world.rows(
            "SELECT topic, convert_from(state, 'UTF8')::jsonb AS envelope FROM ledger_events"
            " WHERE topic LIKE 'Build%%' ORDER BY notification_id"
        )
        completed = next(r["envelope"] for r in rows if r["topic"].startswith("BuildCompleted"))
        stop = [r["envelope"] for r in rows if r["topic"].startswith("BuildQueued")][-1]
    assert stop["actor"] == {"kind": "system"}
    assert stop["data"]["initiator_id"] == OWNER
    assert stop["causation_id"] == completed["id"]
    assert stop["correlation_id"] == completed["correlation_id"]


async def test_an_active_person_who_stays_away_falls_dormant_and_autostart_rests(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY) as world:
        await world.found({})
        id = await world.workspace("lonely", schedule="CRON_TZ=UTC 0 9 * * 1", ttl_ms=HOUR_MS)
        await world.pass_time(days=91)
        rows = await world.rows("SELECT status FROM users WHERE id = %s::uuid", OWNER)
        assert rows[0]["status"] == "dormant"
        starts = [at for transition, _, at in await world.builds(id) if transition == "start"]
        await world.pass_time(days=14)
        assert [at for transition, _, at in await world.builds(id) if transition == "start"] == starts


async def test_builds_wait_for_a_provisioner_instead_of_failing(migrated_url: str) -> None:
    async with open_world(migrated_url, MONDAY) as world:
        await world.found({})
        id = await world.workspace("patient", ttl_ms=HOUR_MS)
        world.has_provisioner = False
        await world.pass_time(hours=3)
        assert [b[0] for b in await world.builds(id)] == ["start"]
        world.has_provisioner = True
        await world.pass_time(minutes=2)
        assert [b[0] for b in await world.builds(id)] == ["start", "stop"]
