"""What goes out: every event that was asked for, once, signed, in the order of its workspace, to one webhook as if there were no other."""

from __future__ import annotations

import asyncio
import base64
import logging
import time

import jsonschema
import pytest
from aiohttp import web

from service.http.schema_registry import standalone
from tests.support.api import Ledger
from tests.support.building import template, workspace
from tests.support.receiving import Message, Receiver, accept, receiving
from tests.support.webhooks import deliveries, deliveries_when, group, log, rename, webhook


async def test_every_later_event_goes_out_as_it_is_on_the_wire(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    made = await webhook(admin, receiver.url)
    await rename(near, await group(near, "crew"), "A", "B")
    expected = await log(admin, made["position"])
    await receiver.until(lambda r: len(r.taken) >= len(expected))
    assert sorted(receiver.events, key=lambda event: event["position"]) == expected
    payload = jsonschema.Draft202012Validator(standalone("WebhookPayload"))
    for message in receiver.taken:
        payload.validate(message.payload)
        assert message.is_signed_with(made["secret"])
        assert (message.payload["type"], message.payload["timestamp"]) == (message.event["type"], message.event["time"])
        assert message.headers["content-type"] == "application/json"
    assert len({message.id for message in receiver.taken}) == len(expected)
    found = await deliveries_when(admin, made["id"], lambda all: {one["state"] for one in all} == {"delivered"})
    assert [one["position"] for one in found] == [event["position"] for event in expected[::-1]]
    assert {(one["attempts"], one["status_code"], one["error"]) for one in found} == {(1, 204, "")}
    assert len(receiver.messages) == len(expected), "each once"


async def test_only_the_types_that_were_asked_for(near: Ledger, receiver: Receiver) -> None:
    made = await webhook(await near.admin(), receiver.url, event_types=["GroupUpdated", "GroupDeleted"])
    crew = await group(near, "crew")
    await rename(near, crew, "A")
    await (await near.admin()).delete(f"/groups/{crew}", want=200)
    await receiver.until(lambda r: len(r.taken) == 2)
    assert [event["type"] for event in receiver.events] == ["GroupUpdated", "GroupDeleted"]
    assert len(await deliveries(await near.admin(), made["id"])) == 2


async def test_events_of_a_workspace_its_builds_and_agents_go_out_in_order(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    made = await template(near, {"start": {"resources": [{"name": "pod", "agents": [{"name": "main", "run": "simulated"}]}]}})

    async def slow(message: Message) -> web.StreamResponse:
        await asyncio.sleep(0.05 if message.event["position"] % 2 else 0)
        return web.Response()

    receiver.answer = slow
    await webhook(admin, receiver.url)
    sheds = [await workspace(admin, made, name=name) for name in ("one", "two")]
    for shed in sheds:
        history = (await admin.get(f"/workspaces/{shed['id']}/history?limit=1000", want=200)).json["events"][::-1]
        await receiver.until(lambda r, wanted=history[-1]["position"]: wanted in [event["position"] for event in r.events])  # type: ignore[misc]
        mine = {event["position"] for event in history}
        assert [event["position"] for event in receiver.events if event["position"] in mine] == sorted(mine)
        assert {event["stream"].partition("/")[0] for event in history} == {"workspace", "build", "agent"}


async def test_a_failing_group_waits_in_order_and_holds_up_nobody(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    stuck, free = await group(near, "stuck"), await group(near, "free")
    is_mended = False

    async def refuse_stuck(message: Message) -> web.StreamResponse:
        refused = stuck in message.event["stream"] and not is_mended
        return web.Response(status=500) if refused else web.Response()

    receiver.answer = refuse_stuck
    made = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    await rename(near, stuck, "s1", "s2", "s3")
    await rename(near, free, "f1", "f2", "f3")
    await receiver.until(lambda r: len(r.taken) == 3)
    assert [event["data"]["display_name"] for event in receiver.events] == ["f1", "f2", "f3"]
    tried = {message.event["data"]["display_name"] for message in receiver.messages}
    assert tried == {"s1", "f1", "f2", "f3"}, "what is behind a failing one was not even tried"
    shown = await deliveries_when(admin, made["id"], lambda all: [one["state"] for one in all] == ["delivered"] * 3 + ["pending"] * 3)
    waiting = shown[3:]
    assert [(one["attempts"] > 0, one["next_attempt_at"] is not None) for one in waiting[::-1]] == [
        (True, True),
        (False, False),
        (False, False),
    ]
    is_mended = True
    await receiver.until(lambda r: len(r.taken) == 6)
    assert [event["data"]["display_name"] for event in receiver.events[3:]] == ["s1", "s2", "s3"]


async def test_another_attempt_has_the_same_id_and_its_own_time(near: Ledger, receiver: Receiver) -> None:
    async def third_time(message: Message) -> web.StreamResponse:
        return web.Response(status=(503, 302, 200)[min(len(receiver.messages), 3) - 1], headers={"Location": receiver.url + "/moved"})

    receiver.answer = third_time
    admin = await near.admin()
    made = await webhook(admin, receiver.url, event_types=["GroupCreated"])
    await group(near, "crew")
    await receiver.until(lambda r: len(r.taken) == 1)
    first, second, third = receiver.messages
    assert first.id == second.id == third.id
    assert first.body == second.body == third.body
    assert int(third.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    assert all(message.is_signed_with(made["secret"]) for message in receiver.messages)
    assert second.at - first.at >= 0.7
    assert third.at - second.at >= 2.2, "waits grow"
    (one,) = await deliveries_when(admin, made["id"], lambda all: all[0]["state"] == "delivered")
    assert (one["id"], one["attempts"], one["next_attempt_at"]) == (first.id, 3, None)


@pytest.mark.parametrize(("status", "others_wait"), [(503, False), (429, True)])
async def test_who_asks_for_time_is_given_it(near: Ledger, receiver: Receiver, status: int, others_wait: bool) -> None:
    async def later(_message: Message) -> web.StreamResponse:
        return web.Response(status=status, headers={"Retry-After": "3"}) if len(receiver.messages) == 1 else web.Response()

    receiver.answer = later
    made = await webhook(await near.admin(), receiver.url, event_types=["GroupCreated"])
    await group(near, "first")
    # From then on it is known what was asked for.
    await deliveries_when(await near.admin(), made["id"], lambda all: [one["attempts"] for one in all] == [1])
    await group(near, "second")
    await receiver.until(lambda r: len(r.taken) == 2)
    began, _, ended = (message.at for message in receiver.messages)
    assert ended - began >= 2.9
    other = next(message for message in receiver.taken if message.event["data"]["name"] == "second")
    assert (other.at - began >= 2.9) == others_wait


async def test_a_receiver_that_hangs_delays_no_other_webhook(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    async with receiving() as hanging:
        released = asyncio.Event()

        async def hang(_message: Message) -> web.StreamResponse:
            await released.wait()
            return web.Response()

        hanging.answer = hang
        await webhook(admin, hanging.url)
        await webhook(admin, receiver.url, event_types=["GroupCreated"])
        started = time.monotonic()
        for number in range(30):
            await group(near, f"crew-{number}")
        await receiver.until(lambda r: len(r.taken) == 30, 5)
        assert time.monotonic() - started < 10, "nobody waited for the fifteen seconds of the other"
        assert hanging.messages
        assert hanging.taken == []
        released.set()


async def test_who_is_gone_is_left_alone_until_somebody_says_otherwise(near: Ledger, receiver: Receiver) -> None:
    async def gone(_message: Message) -> web.StreamResponse:
        return web.Response(status=410)

    receiver.answer = gone
    admin = await near.admin()
    made = await webhook(admin, receiver.url, event_types=["GroupCreated"])
    await group(near, "first")
    async with asyncio.timeout(30):
        while (shown := (await admin.get(f"/webhooks/{made['id']}", want=200)).json)["enabled"]:
            await asyncio.sleep(0.02)
    assert shown["disabled_reason"] == "gone"
    # The log is shown as far as every part of the process knows of it, a moment after the tables.
    async with asyncio.timeout(30):
        while (disabled := (await log(admin, made["position"]))[-1])["type"] != "WebhookDisabled":
            await asyncio.sleep(0.02)
    assert (disabled["actor"]["kind"], disabled["data"]) == ("system", {"reason": "gone"})
    await group(near, "second")
    seen = len(receiver.messages)
    receiver.answer = accept
    await asyncio.sleep(1.5)
    assert len(receiver.messages) == seen, "it is left alone"
    await admin.patch(f"/webhooks/{made['id']}", {"enabled": True}, want=200)
    await receiver.until(lambda r: len(r.taken) == 2)
    assert sorted(event["data"]["name"] for event in receiver.events) == ["first", "second"]


async def test_whoever_mends_a_webhook_need_not_wait_for_the_next_attempt(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    crew = await group(near, "crew")
    made = await webhook(admin, receiver.url.replace("http://", "https://"), event_types=["GroupUpdated"])
    await rename(near, crew, "a", "b")
    (*_, first) = await deliveries_when(admin, made["id"], lambda all: bool(all) and all[-1]["attempts"] == 3)
    assert "SSL" in first["error"] or "connect" in first["error"]
    await admin.patch(f"/webhooks/{made['id']}", {"url": receiver.url}, want=200)
    await receiver.until(
        lambda r: [event["data"]["display_name"] for event in r.events] == ["a", "b"], 5
    )  # the fourth attempt would have come nine later


async def test_a_replay_sends_what_follows_a_position_again_under_the_same_ids(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    crew = await group(near, "crew")
    made = await webhook(admin, receiver.url, event_types=["GroupUpdated"])
    await rename(near, crew, "a", "b", "c")
    await receiver.until(lambda r: len(r.taken) == 3)
    first = list(receiver.taken)
    await admin.post(f"/webhooks/{made['id']}/replay", {"from": first[0].event["position"]}, want=202)
    await receiver.until(lambda r: len(r.taken) == 5)
    assert [(m.id, m.event) for m in receiver.taken[3:]] == [(m.id, m.event) for m in first[1:]]
    await deliveries_when(admin, made["id"], lambda all: [one["state"] for one in all] == ["delivered"] * 3)
    await admin.post(f"/webhooks/{made['id']}/replay", {"from": 0}, want=202)
    await receiver.until(lambda r: len(r.taken) >= 8)
    assert [m.event["data"]["display_name"] for m in receiver.taken[5:]] == ["a", "b", "c"], "what was before it is told, too"


async def test_both_secrets_sign_after_one_was_replaced(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    own = "whsec_" + base64.b64encode(b"a secret that somebody brought along").decode()
    made = await webhook(admin, receiver.url, event_types=["GroupCreated"], secret=own)
    assert made["secret"] == own
    drawn = (await admin.patch(f"/webhooks/{made['id']}", {"rotate_secret": True}, want=200)).json
    assert drawn["previous_secret_until"] is not None
    await group(near, "crew")
    await receiver.until(lambda r: len(r.taken) == 1)
    (message,) = receiver.taken
    assert message.is_signed_with(own)
    assert message.is_signed_with(drawn["secret"])
    assert len(message.headers["webhook-signature"].split(" ")) == 2


async def test_nothing_goes_out_while_it_is_disabled_and_nothing_after_it_is_deleted(near: Ledger, receiver: Receiver) -> None:
    admin = await near.admin()
    made = await webhook(admin, receiver.url, event_types=["GroupCreated"])
    await admin.patch(f"/webhooks/{made['id']}", {"enabled": False}, want=200)
    await group(near, "meanwhile")
    await asyncio.sleep(0.3)
    assert receiver.messages == []
    await admin.patch(f"/webhooks/{made['id']}", {"enabled": True}, want=200)
    await receiver.until(lambda r: [event["data"]["name"] for event in r.events] == ["meanwhile"])
    await admin.delete(f"/webhooks/{made['id']}", want=204)
    await group(near, "afterwards")
    await asyncio.sleep(0.3)
    assert len(receiver.messages) == 1
    await admin.get(f"/webhooks/{made['id']}/deliveries", want=404)


async def test_an_erased_person_is_in_nothing_that_goes_out_later(near: Ledger, receiver: Receiver) -> None:
    async def refuse(_message: Message) -> web.StreamResponse:
        return web.Response(status=500)

    receiver.answer = refuse
    admin = await near.admin()
    made = await webhook(admin, receiver.url, event_types=["UserCreated"])
    person = await near.person(name="zelda")
    await receiver.until(lambda r: b"zelda" in r.messages[-1].body if r.messages else False)
    # None is under way while she is erased.
    await deliveries_when(admin, made["id"], lambda all: all[0]["attempts"] == len(receiver.messages))
    await admin.delete(f"/users/{person.user['id']}?erase=true", want=200)
    receiver.answer = accept
    await receiver.until(lambda r: len(r.taken) == 1)
    assert b"zelda" not in receiver.taken[0].body


async def test_the_secret_is_in_no_event_and_no_line_of_the_log(near: Ledger, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def refuse(_message: Message) -> web.StreamResponse:
        return web.Response(status=500)

    receiver.answer = refuse
    admin = await near.admin()
    made = await webhook(admin, receiver.url)
    rotated = (await admin.patch(f"/webhooks/{made['id']}", {"rotate_secret": True}, want=200)).json
    await group(near, "crew")
    await receiver.until(lambda r: len(r.messages) >= 3)
    lines = (await admin.get("/audit/events?format=jsonl", want=200)).raw.decode()
    audited = (await admin.get("/audit", want=200)).raw.decode()
    shown = (await admin.get("/webhooks", want=200)).raw.decode()
    for secret in (made["secret"], rotated["secret"]):
        for text in (lines, audited, shown, caplog.text):
            assert secret.removeprefix("whsec_") not in text
            assert base64.b64decode(secret.removeprefix("whsec_")).hex() not in text
