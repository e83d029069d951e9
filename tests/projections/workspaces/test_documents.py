"""What a workspace's document shows, and at which position it last changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jsonschema
import orjson
import pytest

from domain.templates.events import TemplateUpdated
from domain.workspaces.events import WorkspaceDormancySet, WorkspaceFavorited, WorkspaceRenamed, WorkspaceUsed
from projections.workspaces.render import QueuePlace, queued, shown
from service.http.schema_registry import standalone
from tests.projections.workspaces import histories as h
from tests.support.projecting import Projecting

EVENTFUL: list[h.Entry] = [
    *h.FOUNDED,
    *h.running("one", agents=("main", "side"), autostart_schedule="0 9 * * *", next_start_at=h.START + timedelta(hours=21)),
    *h.created("two", h.BOB),
    h.connected("one", "main"),
    h.said("one", "main", "thinking"),
    h.shared("one", {h.BOB: "use", h.CID: "admin"}, {h.GROUP: "use", h.ORGANIZATION: "admin"}),
    h.shared("two", {h.ANN: "use"}),
    h.renamed(h.BOB, "bobby"),
    h.TEMPLATE_RENAMED,
    h.started("two"),
    *h.failed("two"),
    h.timed_out("one", "side"),
    *h.queued("one", 2, "stop", initiator=h.CID),
    h.renamed(h.CID, "sid"),
    h.GROUP_RENAMED,
    h.EVERYONE_CHANGED,
    h.ORGANIZATION_RENAMED,
    h.VERSION_RENAMED,
    (h.uid("one"), WorkspaceRenamed(h.ANN, "uno")),
    (h.uid("one"), WorkspaceFavorited()),
    h.PROMOTED,
    (h.uid("two"), WorkspaceDormancySet(h.START, h.START + timedelta(days=1))),
    h.gone(h.BOB),
    *h.running("three", h.CID),
    (h.uid("three"), WorkspaceUsed(h.START + timedelta(days=1))),
]


async def document(projecting: Projecting, name: str, *entries: h.Entry) -> dict[str, Any]:
    """The document of the workspace that stands for `name` after these events."""
    await projecting.fold(h.history(*entries))
    return dict(orjson.loads((await row(projecting, name))["doc"]))


async def row(projecting: Projecting, name: str) -> dict[str, Any]:
    cursor = await projecting.connection.execute("SELECT * FROM workspaces WHERE id = %s::uuid", (h.uid(name),))
    found = await cursor.fetchone()
    assert found is not None
    return {column.name: value for column, value in zip(cursor.description or (), found, strict=True)}


async def test_rows_and_documents_do_not_depend_on_batches(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(h.history(*EVENTFUL), (1, 2, 7, 1000))


@pytest.mark.parametrize("name", ["one", "two", "three"])
async def test_every_document_is_a_workspace_of_the_schema(projecting: Projecting, name: str) -> None:
    jsonschema.validate(await document(projecting, name, *EVENTFUL), standalone("Workspace"))


async def test_keys_stand_in_the_schemas_order(projecting: Projecting) -> None:
    found = await document(projecting, "one", *EVENTFUL)
    for part in (found, found["latest_build"], found["latest_build"]["job"]):
        assert list(part) == sorted(part)


async def test_a_new_workspace_is_pending_and_healthy(projecting: Projecting) -> None:
    found = await document(projecting, "one", *h.FOUNDED, *h.created("one"))
    assert found["latest_build"]["status"] == "pending"
    assert found["latest_build"]["resources"] == []
    assert found["health"] == {"healthy": True, "failing_agents": []}
    assert found["created_at"] == found["updated_at"] == found["last_used_at"]
    assert "shared_with" not in found
    assert "has_ai_task" not in found["latest_build"]


async def test_a_document_shows_its_neighbours_as_they_are(projecting: Projecting) -> None:
    entries = (
        *h.FOUNDED,
        *h.running("one"),
        h.TEMPLATE_RENAMED,
        h.ORGANIZATION_RENAMED,
        h.VERSION_RENAMED,
        h.renamed(h.ANN, "Anna"),
        h.PROMOTED,
    )
    found = await document(projecting, "one", *entries)
    build = found["latest_build"]
    assert (found["template_name"], found["organization_name"], build["template_version_name"]) == ("podman", "acme", "renamed")
    assert found["owner_name"] == build["workspace_owner_name"] == build["initiator_name"] == "Anna"
    assert found["outdated"] is True
    assert found["template_active_version_id"] == h.NEWER
    assert found["template_allow_user_cancel_workspace_jobs"] is True


async def test_who_vanished_stays_listed_without_a_name(projecting: Projecting) -> None:
    entries = (*h.FOUNDED, *h.running("one"), h.shared("one", {h.BOB: "use"}, {h.ORGANIZATION: "admin"}), h.gone(h.BOB))
    assert (await document(projecting, "one", *entries))["shared_with"] == [
        {"actor_type": "user", "id": h.BOB, "name": "", "roles": ["use"]},
        {"actor_type": "group", "id": h.ORGANIZATION, "name": "Everyone", "roles": ["admin"]},
    ]


async def test_agents_make_health_and_states(projecting: Projecting) -> None:
    entries = (*h.FOUNDED, *h.running("one", agents=("zeta", "alpha")), h.connected("one", "zeta"), h.timed_out("one", "alpha"))
    found = await document(projecting, "one", *entries)
    agents = found["latest_build"]["resources"][0]["agents"]
    assert [(a["name"], a["status"]) for a in agents] == [("zeta", "connected"), ("alpha", "timeout")]
    assert agents[0]["apps"][0]["subdomain_name"] == "code--zeta--one--Ann"
    assert agents[0]["scripts"][0]["timeout"] == 2_000_000_000
    assert agents[0]["startup_script_behavior"] == "blocking"
    assert found["health"] == {"healthy": False, "failing_agents": [h.agent_id("one", "alpha")]}
    assert (await row(projecting, "one"))["agent_states"] == ["connected", "timeout"]


async def test_an_agent_that_was_silent_is_disconnected_since_it_was_last_heard(projecting: Projecting) -> None:
    last = h.START + timedelta(minutes=1)
    entries = (*h.FOUNDED, *h.running("one", agents=("main",)), h.connected("one", "main"), h.disconnected("one", "main", last))
    agent = (await document(projecting, "one", *entries))["latest_build"]["resources"][0]["agents"][0]
    assert agent["status"] == "disconnected"
    assert agent["health"] == {"healthy": False, "reason": "agent has lost connection"}


async def test_a_stop_shows_no_agents_of_the_start(projecting: Projecting) -> None:
    entries = (
        *h.FOUNDED,
        *h.running("one", agents=("main",)),
        *h.queued("one", 2, "stop"),
        h.started("one", 2),
        *h.completed("one", 2, "stop"),
    )
    found = await document(projecting, "one", *entries)
    assert (found["latest_build"]["status"], found["health"]["healthy"]) == ("stopped", True)
    stored = await row(projecting, "one")
    assert (stored["agent_states"], stored["is_running"], stored["transition"]) == ([], False, "stop")


async def test_the_newest_app_status_is_shown(projecting: Projecting) -> None:
    entries = (*h.FOUNDED, *h.running("one", agents=("main",)), h.said("one", "main", "thinking"), h.said("one", "main", "done"))
    found = await document(projecting, "one", *entries)
    assert found["latest_app_status"]["message"] == "done"
    statuses = found["latest_build"]["resources"][0]["agents"][0]["apps"][0]["statuses"]
    assert [s["message"] for s in statuses] == ["done", "thinking"]


async def test_a_template_without_own_ttls_shows_its_default(projecting: Projecting) -> None:
    settings = {**h.SETTINGS, "allow_user_autostop": False}
    forbids = (h.TEMPLATE, TemplateUpdated(h.ORGANIZATION, "docker", settings))
    assert (await document(projecting, "one", *h.FOUNDED, *h.running("one"), forbids))["ttl_ms"] == 0


@pytest.mark.parametrize(
    "change",
    [
        h.renamed(h.ANN, "Anna"),
        h.renamed(h.BOB, "bobby"),
        h.renamed(h.CID, "sid"),
        h.TEMPLATE_RENAMED,
        h.PROMOTED,
        h.VERSION_RENAMED,
        h.ORGANIZATION_RENAMED,
        h.GROUP_RENAMED,
        h.connected("one", "main"),
        (h.uid("one"), WorkspaceFavorited()),
    ],
)
async def test_the_position_is_that_of_the_last_event_that_concerns_the_document(projecting: Projecting, change: h.Entry) -> None:
    one = (
        *h.running("one", agents=("main",)),
        *h.queued("one", 2, "stop", initiator=h.BOB),
        h.shared("one", {h.CID: "use"}, {h.GROUP: "use"}),
    )
    history = h.history(*h.FOUNDED, *one, change, *h.running("other", h.CID))
    for batch in (1, 1000):
        await projecting.fold(history, batch=batch)
        position = (await row(projecting, "one"))["position"]
        assert position == next(r.position for r in history if r.event is change[1])


async def test_what_depends_on_the_reader_is_put_in_without_parsing(projecting: Projecting) -> None:
    entries = (*h.FOUNDED, *h.created("one"), (h.uid("one"), WorkspaceFavorited()))
    await document(projecting, "one", *entries)
    stored = (await row(projecting, "one"))["doc"]
    plain = orjson.loads(stored)
    assert (plain["favorite"], plain["allow_renames"]) == (False, False)
    seen = orjson.loads(shown(stored, favorite=True, allow_renames=True))
    assert {key for key in plain if plain[key] != seen[key]} == {"favorite", "allow_renames"}
    waiting = orjson.loads(queued(stored, QueuePlace(2, 5, 3, 1, h.START)))["latest_build"]
    assert (waiting["job"]["queue_position"], waiting["job"]["queue_size"]) == (2, 5)
    assert waiting["matched_provisioners"] == {"available": 1, "count": 3, "most_recently_seen": "2026-03-02T12:00:00Z"}


async def test_text_cannot_pass_for_what_is_put_in(projecting: Projecting) -> None:
    name = '"favorite":false,"queue_position":0,"queue_size":0'
    await document(projecting, "one", *h.FOUNDED, *h.created("one"), h.renamed(h.ANN, name))
    stored = (await row(projecting, "one"))["doc"]
    seen = orjson.loads(queued(shown(stored, favorite=True, allow_renames=True), QueuePlace(1, 1)))
    assert (seen["owner_name"], seen["favorite"], seen["latest_build"]["job"]["queue_size"]) == (name, True, 1)
