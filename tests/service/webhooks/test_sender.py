"""Where messages go, and where they never go: every address that a name resolves to is judged when it is connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from service.webhooks.sender import Answer, WebhookSender
from tests.support.receiving import Message, Receiver

KEY = b"0123456789abcdef0123456789abcdef"


class Names(AbstractResolver):
    """A name server that says what it is told to: `addresses` one after another, the last one for ever."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        self.asked += 1
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)]

    async def close(self) -> None:
        pass


def now() -> datetime:
    return datetime.now(UTC)


async def sent(sender: WebhookSender, url: str) -> Answer:
    """One message."""
    return await sender.send(url, [KEY], "msg_1", b"{}")


@pytest.fixture
async def strict() -> AsyncIterator[WebhookSender]:
    """Sends to the public internet only."""
    sender = WebhookSender(now, private_allowed=False)
    yield sender
    await sender.close()


@pytest.fixture
async def near_sender() -> AsyncIterator[WebhookSender]:
    """Sends anywhere."""
    sender = WebhookSender(now, private_allowed=True)
    yield sender
    await sender.close()


async def test_an_address_of_this_machine_is_refused(strict: WebhookSender, receiver: Receiver) -> None:
    port = urlsplit(receiver.url).port
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0.0.0.0"):
        answer = await sent(strict, f"http://{host}:{port}/hook")
        assert (answer.status, answer.is_success) == (None, False), host
    assert receiver.messages == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1", "::ffff:127.0.0.1", "224.0.0.1"])
async def test_a_name_that_resolves_to_a_private_address_is_refused(receiver: Receiver, address: str) -> None:
    sender = WebhookSender(now, private_allowed=False, resolver=Names(address))
    answer = await sent(sender, receiver.url.replace("127.0.0.1", "hooks.example.com"))
    await sender.close()
    assert "is not an address of the public internet" in answer.error
    assert receiver.messages == []


async def test_a_name_that_changes_its_mind_gains_nothing(receiver: Receiver) -> None:
    """Public when it is asked for first, private when it is connected to: what counts is where the connection goes."""
    names = Names("192.88.99.1", "127.0.0.1")
    await names.resolve("hooks.example.com")
    sender = WebhookSender(now, private_allowed=False, resolver=names)
    answer = await sent(sender, receiver.url.replace("127.0.0.1", "hooks.example.com"))
    await sender.close()
    assert names.asked == 2
    assert "127.0.0.1 is not an address" in answer.error
    assert receiver.messages == []


async def test_where_private_targets_are_allowed_the_same_name_is_reached(receiver: Receiver) -> None:
    sender = WebhookSender(now, private_allowed=True, resolver=Names("127.0.0.1"))
    answer = await sent(sender, receiver.url.replace("127.0.0.1", "hooks.example.com"))
    await sender.close()
    assert answer.status == 204
    assert receiver.messages[0].headers["host"].startswith("hooks.example.com:")


async def test_redirects_are_not_followed(near_sender: WebhookSender, receiver: Receiver) -> None:
    async def redirect(_message: Message) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": receiver.url + "/elsewhere"})

    receiver.answer = redirect
    answer = await sent(near_sender, receiver.url)
    assert (answer.status, answer.is_success) == (307, False)
    assert "redirects are not followed" in answer.error
    assert len(receiver.messages) == 1


async def test_whoever_does_not_answer_is_not_waited_for(receiver: Receiver) -> None:
    async def sleep(_message: Message) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    receiver.answer = sleep
    impatient = WebhookSender(now, private_allowed=True, timeout_seconds=1.0)
    answer = await sent(impatient, receiver.url)
    await impatient.close()
    assert (answer.status, answer.error) == (None, "no answer within 1 seconds")
    assert answer.seconds < 2


async def test_of_a_long_answer_next_to_nothing_is_read(near_sender: WebhookSender) -> None:
    written = 0
    gone = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
                written += 65536
        finally:
            gone.set()

    app = web.Application()
    app.router.add_post("/", endless)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    answer = await sent(near_sender, f"http://127.0.0.1:{runner.addresses[0][1]}/")
    async with asyncio.timeout(30):
        await gone.wait()
    await runner.cleanup()
    assert answer.status == 200
    assert written < 16 * 1024 * 1024, "only what lies in buffers between"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("0", 0), ("999999999999", 86400), ("-1", None), ("soon", None), ("", None), ("1e3", None), ("\u0663", None)],
)
async def test_how_long_a_receiver_asks_for(near_sender: WebhookSender, receiver: Receiver, text: str, seconds: float | None) -> None:
    async def later(_message: Message) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": text})

    receiver.answer = later
    answer = await sent(near_sender, receiver.url)
    assert answer.retry_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_a_date_to_wait_for_is_understood(near_sender: WebhookSender, receiver: Receiver) -> None:
    async def later(_message: Message) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": format_datetime(now() + timedelta(minutes=2), usegmt=True)})

    receiver.answer = later
    answer = await sent(near_sender, receiver.url)
    assert answer.retry_after is not None
    assert 115 <= answer.retry_after.total_seconds() <= 120


async def test_nobody_there_is_an_answer_too(near_sender: WebhookSender) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        answer = await sent(near_sender, f"http://127.0.0.1:{free.getsockname()[1]}/")
    assert answer.status is None
    assert answer.error.startswith("cannot connect")
