"""What clients ask besides, and what is left out (contract/clients.md 5 and 6)."""

from __future__ import annotations

import re

import aiohttp
import pytest

from service.http.routing import Access
from service.http.supporting.left_out import TABLE
from service.version import BUILD_VERSION
from tests.support.api import Ledger

NOBODY = "99999999-1111-4222-8333-444444444444"


async def test_build_info_is_the_same_for_ever(ledger: Ledger) -> None:
    info = (await ledger.anonymous.get("/buildinfo", want=200)).json
    assert (info["version"], info["external_url"], info["telemetry"]) == (BUILD_VERSION, ledger.base, False)
    assert (await ledger.anonymous.get("/buildinfo", want=200)).json == info
    admin = await ledger.admin()
    (region,) = (await admin.get("/regions", want=200)).json["regions"]
    assert (region["id"], region["path_app_url"], region["healthy"]) == (info["deployment_id"], ledger.base, True)


async def test_what_is_left_out_says_so(ledger: Ledger) -> None:
    admin = await ledger.admin()
    for row in TABLE:
        path = re.sub(r"\{[a-z]+\}", NOBODY, row.path)
        if row.access is Access.AGENT:
            await admin.request(row.method, path, want=401)
            continue
        answer = await admin.request(row.method, path, want=404)
        assert answer.json == {"message": "This is not part of the service.", "detail": row.why}


async def test_the_inbox_is_empty_and_its_socket_silent(ledger: Ledger) -> None:
    person = await ledger.person()
    assert (await person.get("/notifications/inbox", want=200)).json == {"notifications": [], "unread_count": 0}
    await person.put("/notifications/inbox/mark-all-as-read", want=204)
    assert (await person.put("/notifications/inbox/" + NOBODY + "/read-status")).status == 404
    url = ledger.base + "/api/v2/notifications/inbox/watch?read_status=unread"
    async with ledger.session.ws_connect(url, headers={"Coder-Session-Token": person.token or ""}) as socket:
        await socket.send_str("hello")
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.2)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await ledger.session.ws_connect(url)
    assert refused.value.status == 401


async def test_anybody_may_measure_the_way_here(ledger: Ledger) -> None:
    answer = await ledger.anonymous.get("//latency-check?cache_bust=1", want=200)
    assert answer.headers["Timing-Allow-Origin"] == "*"


async def test_a_page_of_another_origin_may_ask_whether_it_may_measure(ledger: Ledger) -> None:
    asks = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-csrf-token"}
    answer = await ledger.anonymous.request("OPTIONS", "//latency-check?cache_bust=1", headers=asks, want=204)
    allowed = [answer.headers[f"Access-Control-Allow-{what}"] for what in ("Origin", "Methods", "Headers")]
    assert (allowed, answer.raw) == (["*", "GET", "*"], b"")
