"""Webhooks over HTTP: who may, what is refused and why, what is shown."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from aiohttp import web
from psycopg import AsyncConnection

from domain.webhooks.events import WebhookCreated
from domain.webhooks.state import WEBHOOK
from service.http.schema_registry import standalone
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from service.store.webhook_sweep import sweep
from tests.support.api import Client, Ledger, running_ledger
from tests.support.projecting import store
from tests.support.receiving import Message, Receiver
from tests.support.spec import recorded
from tests.support.webhooks import deliveries, deliveries_when, group, rename, webhook

URL = "https://hooks.invalid/ledger"


async def off(client: Client, **settings: Any) -> dict[str, Any]:
    """A webhook that is told of nothing."""
    return await webhook(client, URL, enabled=False, **settings)


def valid(schema: str, document: Any) -> bool:
    """Whether an answer is what its published schema says."""
    return bool(jsonschema.Draft202012Validator(standalone(schema)).is_valid(document))


async def test_its_secret_is_shown_once(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await off(admin, description="chat", event_types=["UserCreated"])
    assert made["secret"].startswith("whsec_")
    assert valid("Webhook", made)
    shown = (await admin.get(f"/webhooks/{made['id']}", want=200)).json
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert (await admin.get("/webhooks", want=200)).json == [shown]
    assert (shown["url"], shown["description"], shown["event_types"], shown["enabled"]) == (URL, "chat", ["UserCreated"], False)
    changed = (await admin.patch(f"/webhooks/{made['id']}", {"description": "", "event_types": []}, want=200)).json
    assert "secret" not in changed
    assert (changed["url"], changed["description"], changed["event_types"]) == (URL, "", [])
    await admin.delete(f"/webhooks/{made['id']}", want=204)
    assert (await admin.get("/webhooks", want=200)).json == []


async def test_owners_set_them_auditors_see_them_others_find_nothing(ledger: Ledger) -> None:
    made = await off(await ledger.admin())
    auditor = await ledger.person(roles=("auditor",))
    strangers = [await ledger.person(), await ledger.person(roles=("user-admin", "template-admin"), org_roles=("organization-admin",))]
    one = f"/webhooks/{made['id']}"
    changes = (
        ("PATCH", one, {"enabled": True}),
        ("POST", f"{one}/replay", {"from": 0}),
        ("POST", f"{one}/test", None),
        ("DELETE", one, None),
    )
    for path in ("/webhooks", one, f"{one}/deliveries"):
        await auditor.get(path, want=200)
        await ledger.anonymous.get(path, want=401)
    for client, status in ((auditor, 403), *((stranger, 404) for stranger in strangers), (ledger.anonymous, 401)):
        for method, path, body in changes:
            await client.request(method, path, body, want=status)
    for stranger in strangers:
        await stranger.get("/webhooks", want=403)
        await stranger.post("/webhooks", {"url": URL}, want=403)
        absent = await stranger.get("/webhooks/00000000-0000-4000-8000-000000000000", want=404)
        for path in (one, f"{one}/deliveries"):
            assert (await stranger.get(path, want=404)).raw == absent.raw
    await auditor.post("/webhooks", {"url": URL}, want=403)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["url"]),
        ({"url": ""}, ["url"]),
        ({"url": "ftp://hooks.invalid"}, ["url"]),
        ({"url": "http://127.0.0.1:8080/hook"}, ["url"]),
        ({"url": "http://localhost/hook"}, ["url"]),
        ({"url": "http://[::1]/hook"}, ["url"]),
        ({"url": "https://me:secret@hooks.invalid"}, ["url"]),
        ({"url": URL, "event_types": ["UserCreated", "Nothing"]}, ["event_types"]),
        ({"url": URL, "event_types": [""]}, ["event_types"]),
        ({"url": URL, "description": "x" * 1001}, ["description"]),
        ({"url": "x", "event_types": ["Nothing"], "description": "x" * 1001}, ["url", "description", "event_types"]),
        ({"url": URL, "secret": "hunter2"}, ["secret"]),
        ({"url": URL, "secret": "whsec_"}, ["secret"]),
        ({"url": URL, "secret": "whsec_c2hvcnQ="}, ["secret"]),
        ({"url": URL, "secret": "whsec_" + "A" * 88}, ["secret"]),
        ({"url": URL, "secret": "whsec_not base64 not base64 not base64 not base64"}, ["secret"]),
        ({"url": f"{URL}\0"}, ["url"]),
        ({"url": 5}, []),
        ({"url": URL, "enabled": "yes"}, []),
        ({"url": URL, "event_types": "UserCreated"}, []),
    ],
)
async def test_what_is_wrong_is_named(ledger: Ledger, body: dict[str, Any], fields: list[str]) -> None:
    answer = await (await ledger.admin()).post("/webhooks", body, want=400)
    assert [violation["field"] for violation in answer.json.get("validations", ())] == fields
    assert "hunter2" not in answer.raw.decode()


async def test_a_change_that_is_wrong_changes_nothing(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await off(admin)
    one = f"/webhooks/{made['id']}"
    for body, field in (({"url": "http://10.0.0.1"}, "url"), ({"event_types": ["?"]}, "event_types"), ({"secret": "x"}, "secret")):
        answer = await admin.patch(one, {**body, "enabled": True}, want=400)
        assert [violation["field"] for violation in answer.json["validations"]] == [field]
    assert (await admin.get(one, want=200)).json["enabled"] is False
    nowhere: tuple[dict[str, Any], ...] = ({}, {"from": None}, {"from": -1}, {"from": 10**9})
    for place in nowhere:
        assert [v["field"] for v in (await admin.post(f"{one}/replay", place, want=400)).json["validations"]] == ["from"]
    await admin.post(f"{one}/replay", {"from": "1"}, want=400)
    await admin.get("/webhooks/none", want=400)
    for query, field in (("limit=0", "limit"), ("limit=501", "limit"), ("before=x", "before"), ("state=lost", "state")):
        answer = await admin.get(f"{one}/deliveries?{query}", want=400)
        assert [violation["field"] for violation in answer.json["validations"]] == [field]


async def test_a_repeated_request_makes_one_webhook(ledger: Ledger) -> None:
    admin = await ledger.admin()
    first, again = [await admin.post("/webhooks", {"url": URL}, headers={"Idempotency-Key": "once"}, want=201) for _ in range(2)]
    assert first.raw == again.raw
    assert len((await admin.get("/webhooks", want=200)).json) == 1


async def test_deliveries_are_paged(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    made = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    await rename(near, await group(near, "crew"), *"abcde")
    whole = await deliveries_when(admin, made["id"], lambda all: [one["state"] for one in all] == ["delivered"] * 5)
    found: list[Any] = []
    before: Any = 2**62
    while before is not None:
        page = (await admin.get(f"/webhooks/{made['id']}/deliveries?limit=2&before={before}", want=200)).json
        found, before = found + page["deliveries"], page["next_before"]
        assert valid("WebhookDeliveriesResponse", page)
    assert found == whole
    assert [one["position"] for one in whole] == sorted((one["position"] for one in whole), reverse=True)
    assert await deliveries(admin, made["id"], state="failed") == []
    assert (await admin.get(f"/webhooks/{made['id']}", want=200)).json["position"] >= whole[0]["position"]


async def test_a_try_says_what_came_back(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    made = await webhook(admin, receiver.url, enabled=False)
    tried = (await admin.post(f"/webhooks/{made['id']}/test", want=200)).json
    assert valid("WebhookTestResponse", tried)
    assert (tried["delivered"], tried["status_code"], tried["error"]) == (True, 204, "")
    (message,) = receiver.messages
    assert message.is_signed_with(made["secret"])
    assert (message.id, message.payload["type"], message.payload["data"]) == (tried["id"], "webhook.test", {"webhook_id": made["id"]})

    async def refuse(_message: Message) -> web.StreamResponse:
        return web.Response(status=418)

    receiver.answer = refuse
    tried = (await admin.post(f"/webhooks/{made['id']}/test", want=200)).json
    assert (tried["delivered"], tried["status_code"], tried["error"]) == (False, 418, "answered 418")


async def test_a_private_target_that_is_allowed_no_more_is_refused_when_it_is_connected_to(migrated_url: str, receiver: Receiver) -> None:
    async with running_ledger(migrated_url, webhook_private_targets=True) as before:
        made = await webhook(await before.admin(), receiver.url, event_types=["GroupCreated"])
    async with running_ledger(migrated_url) as strict:
        strict._admin = await strict.login("admin@example.com")
        await group(strict, "crew")
        (one,) = await deliveries_when(strict._admin, made["id"], lambda all: bool(all and all[0]["attempts"]))
        assert (one["state"], one["status_code"]) == ("pending", None)
        assert "127.0.0.1 is not an address of the public internet" in one["error"]
        tried = (await strict._admin.post(f"/webhooks/{made['id']}/test", want=200)).json
        assert "127.0.0.1 is not an address of the public internet" in tried["error"]
    assert receiver.messages == []


async def test_one_that_came_by_its_events_alone_begins_when_it_is_given_a_secret(
    near: Ledger, receiver: Receiver, migrated_url: str
) -> None:
    admin = await near.admin()
    id = str(uuid.uuid4())
    (event,) = recorded(WEBHOOK, id, WebhookCreated(receiver.url, "", ["GroupCreated"], True), start=datetime.now(UTC))
    async with await AsyncConnection.connect(migrated_url, autocommit=True) as connection:
        await store(connection, EventMapper(KeyRing()), [event])
    await group(near, "before")
    assert (await admin.get(f"/webhooks/{id}", want=200)).json["position"] is None
    tried = await admin.post(f"/webhooks/{id}/test", want=400)
    assert [violation["field"] for violation in tried.json["validations"]] == ["secret"]
    given = (await admin.patch(f"/webhooks/{id}", {"rotate_secret": True}, want=200)).json
    assert given["position"] is not None
    assert given["previous_secret_until"] is None
    await group(near, "after")
    await receiver.until(lambda r: [event["data"]["name"] for event in r.events] == ["after"])
    assert receiver.taken[0].is_signed_with(given["secret"])


async def test_auditors_are_told_of_changes_and_of_refusals(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = await off(admin)
    await admin.patch(f"/webhooks/{made['id']}", {"rotate_secret": True, "enabled": True}, want=200)
    await admin.patch(f"/webhooks/{made['id']}", {"url": "http://127.0.0.1"}, want=400)
    await admin.delete(f"/webhooks/{made['id']}", want=204)
    page = (await admin.get("/audit?q=resource_type:webhook", want=200)).json
    entries = [(entry["action"], entry["status_code"]) for entry in page["audit_logs"][::-1]]
    assert entries == [("create", 201), ("write", 200), ("write", 400), ("delete", 204)]
    assert page["audit_logs"][-1]["resource_target"] == URL
    assert page["audit_logs"][-2]["diff"]["secret"] == {"secret": True}
    assert page["audit_logs"][-2]["diff"]["enabled"] == {"new": True, "secret": False}


async def test_what_a_deleted_one_leaves_is_swept(near: Ledger, receiver: Receiver, migrated_url: str) -> None:
    admin = await near.admin()
    made = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    kept = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    await rename(near, await group(near, "crew"), *"abcde")
    for one in (made, kept):
        await deliveries_when(admin, one["id"], lambda all: [d["state"] for d in all] == ["delivered"] * 5)
    await admin.delete(f"/webhooks/{made['id']}", want=204)
    async with await AsyncConnection.connect(migrated_url, autocommit=True) as connection:
        now = datetime.now(UTC)
        async with asyncio.timeout(30):
            while await sweep(connection, now, at_once=2):
                pass
        left = [
            [row[0] for row in await (await connection.execute(f"SELECT DISTINCT webhook_id::text FROM {table}")).fetchall()]
            for table in ("webhook_secrets", "webhook_cursors", "webhook_deliveries")
        ]
    assert left == [[kept["id"]]] * 3
