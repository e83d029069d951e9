"""What happened to a workspace, over HTTP: who, from where, page by page, and what it changed."""

from __future__ import annotations

from typing import Any

from tests.service.workspaces.conftest import Yard
from tests.support.api import Client


async def whole(client: Client, id: str, **params: Any) -> list[dict[str, Any]]:
    """Oldest first."""
    answer = await client.get(f"/workspaces/{id}/history", params={"limit": 1000, **params}, want=200)
    return list(answer.json["events"])[::-1]


async def test_events_say_who_did_what_from_where(yard: Yard) -> None:
    made = await yard.running("mine")
    await yard.ann.put(f"/workspaces/{made['id']}/ttl", {"ttl_ms": 7_200_000}, want=204, headers={"User-Agent": "a test"})
    event = (await whole(yard.ann, made["id"]))[-1]
    assert (event["type"], event["data"], event["stream"]) == ("WorkspaceTTLSet", {"ttl_ms": 7_200_000}, f"workspace/{made['id']}")
    assert event["actor"] == {"kind": "user", "id": yard.ann.user["id"], "username": "ann"}
    assert event["ip"] == "127.0.0.1"
    assert event["user_agent"] == "a test"


async def test_builds_belong_to_it_and_pages_join(yard: Yard) -> None:
    made = await yard.running("mine")
    events = await whole(yard.ann, made["id"])
    assert {event["stream"].split("/")[0] for event in events} == {"workspace", "build"}
    pages, before = [], ""
    while True:
        page = (await yard.ann.get(f"/workspaces/{made['id']}/history?limit=2{before}", want=200)).json
        pages += page["events"]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    assert pages[::-1] == events


async def test_a_change_names_the_places_that_it_changed(yard: Yard) -> None:
    made = await yard.running("mine", ttl_ms=3_600_000)
    path = f"/workspaces/{made['id']}"
    await yard.ann.put(f"{path}/ttl", {"ttl_ms": 7_200_000}, want=204)
    await yard.ann.put(f"{path}/favorite", want=204)
    favored, ttl = (await yard.ann.get(f"{path}/history?diff=true&limit=2", want=200)).json["events"]
    assert ttl["changes"] == [{"path": "/ttl_ms", "old": 3_600_000, "new": 7_200_000}]
    assert favored["changes"] == [{"path": "/favorite", "old": False, "new": True}]
    seen_by_admin = (await yard.admin.get(f"{path}/history?diff=true&limit=1", want=200)).json["events"]
    assert seen_by_admin[0]["changes"] == [], "who is not the owner sees no favourite"


async def test_cloudevents_are_the_same_events(yard: Yard) -> None:
    made = await yard.running("mine")
    plain = (await yard.ann.get(f"/workspaces/{made['id']}/history", want=200)).json
    headers = {"Accept": "application/cloudevents+json"}
    answer = await yard.ann.get(f"/workspaces/{made['id']}/history", want=200, headers=headers)
    assert answer.headers["Content-Type"].startswith("application/cloudevents+json")
    assert [(e["id"], e["data"], e["position"]) for e in answer.json["events"]] == [
        (e["id"], e["data"], str(e["position"])) for e in plain["events"]
    ]


async def test_who_may_not_read_it_finds_nothing(yard: Yard) -> None:
    made = await yard.create("mine")
    stranger = await yard.ledger.person(name="stranger")
    await stranger.get(f"/workspaces/{made['id']}/history", want=404)


async def test_bad_parameters_are_named(yard: Yard) -> None:
    made = await yard.create("mine")
    answer = await yard.ann.get(f"/workspaces/{made['id']}/history?limit=0&before=x&after=-1&diff=maybe", want=400)
    assert [violation["field"] for violation in answer.json["validations"]] == ["diff", "limit", "before", "after"]


async def test_who_is_not_shown_the_document_is_not_shown_what_changed_in_it(yard: Yard) -> None:
    made, friend = await yard.running("mine"), await yard.ledger.person(name="friend")
    path = f"/workspaces/{made['id']}"
    await yard.ann.patch(f"{path}/acl", {"user_roles": {friend.user["id"]: "use"}}, want=204)
    assert (await friend.get(f"{path}/history?diff=true", want=200)).json["events"][0]["changes"]
    await yard.admin.patch(f"/templates/{yard.template['id']}/acl", {"group_perms": {yard.organization: ""}}, want=200)
    await friend.get(path, want=403)
    await friend.get(f"{path}/history?diff=true", want=403)
    assert await whole(friend, made["id"]) == await whole(yard.admin, made["id"])
