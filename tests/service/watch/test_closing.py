"""A socket says why it closes, and waits for whoever takes a moment to answer: else the answer finds the connection broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from service.watch.closing import FAREWELL_SECONDS
from tests.service.watch.conftest import Place


@pytest.fixture
async def closing(place: Place) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A socket of the friend's, who has lost the workspace: the close was read, and is not answered yet."""
    await place.share()
    headers = {"Coder-Session-Token": place.friend.token or ""}
    address = f"{place.friend.base}/api/v2{place.path}/watch-ws"
    async with place.friend.session.ws_connect(address, headers=headers, autoclose=False) as socket:
        assert (await socket.receive_json())["type"] == "ping"
        assert (await socket.receive_json())["type"] == "data"
        await place.owner.delete(f"{place.path}/acl", want=204)
        assert (await socket.receive_json())["type"] == "error"
        assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE
        yield socket


async def test_whoever_answers_a_moment_later_is_waited_for(closing: aiohttp.ClientWebSocketResponse) -> None:
    await asyncio.sleep(0.3)
    await closing.close()
    assert (closing.close_code, closing.exception()) == (aiohttp.WSCloseCode.POLICY_VIOLATION, None)


async def test_whoever_does_not_answer_is_not_waited_for_long(closing: aiohttp.ClientWebSocketResponse) -> None:
    await asyncio.sleep(FAREWELL_SECONDS + 0.5)
    await closing.close()
    assert isinstance(closing.exception(), aiohttp.ClientConnectionResetError)
