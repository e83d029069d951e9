"""`Ledger-Position` never claims more than the answer shows: whoever goes on from it must miss nothing."""

from __future__ import annotations

from aiohttp.test_utils import make_mocked_request

from service.http.call import Call
from service.http.routes import ROUTES
from tests.support.api import Ledger


async def test_what_happens_while_an_answer_is_made_is_not_claimed(ledger: Ledger) -> None:
    await ledger.admin()
    services = ledger.services
    call = Call(services, make_mocked_request("GET", "/"), ROUTES[0], {})
    before = services.positions.current
    made = await ledger.person()
    await (await ledger.admin()).get(f"/users/{made.user['id']}", want=200)
    assert services.positions.current > before
    assert call.position == before
    await call.shown(before + 1)
    assert call.position > before
