"""Every route of the workspaces API for everybody: one table of statuses (contract/workspaces.md 1.4 and the sections it names).

Where the reference answers 500 for a missing right, 403 stands here: contract/workspaces.md 1.4, last line.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.http.routes import ROUTES
from tests.contract.people import CALLERS, HOUR_MS, NAME, Neighbourhood

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = itertools.count(1)
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@dataclass(frozen=True)
class Case:
    """A route, what is sent, and the statuses of all callers in the order of `CALLERS`."""

    route: str
    statuses: str
    body: Callable[[Neighbourhood], Any] | None = None
    changes: bool = False

    @property
    def expected(self) -> dict[str, int]:
        """By caller."""
        return dict(zip(CALLERS, map(int, self.statuses.split()), strict=True))


def new(there: Neighbourhood) -> dict[str, Any]:
    """A workspace that nobody has yet."""
    return {"name": f"new{next(_numbers)}", "template_id": there.template["id"]}


def const(value: Any) -> Callable[[Neighbourhood], Any]:
    """The same body for everybody."""
    return lambda _there: value


def in_two_hours(_there: Neighbourhood) -> dict[str, str]:
    """A deadline that can be."""
    return {"deadline": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}


#                                    nobody foreign use admin auditor template-admin org-admin site-owner owner
READ = "401 404 200 200 404 200 200 200 200"
UPDATE = "401 404 403 204 404 403 204 204 204"
CREATE = "401 404 403 403 403 403 201 201 201"
OWNED = "401 404 403 403 404 403 403 403 204"

TABLE = [
    Case("POST /organizations/{organization}/members/{user}/workspaces", CREATE, new),
    Case("POST /users/{user}/workspaces", CREATE, new),
    Case("GET /organizations/{organization}/members/{user}/workspaces/available-users", "401 404 403 403 403 403 200 200 403"),
    Case("GET /users/{user}/workspace/{workspacename}", READ),
    Case("GET /workspaces", "401 200 200 200 200 200 200 200 200"),
    Case("GET /workspaces/{workspace}", READ),
    Case("PATCH /workspaces/{workspace}", UPDATE, const({"name": "other"}), changes=True),
    Case("GET /workspaces/{workspace}/acl", READ),
    Case("PATCH /workspaces/{workspace}/acl", UPDATE, const({})),
    Case("DELETE /workspaces/{workspace}/acl", UPDATE, changes=True),
    Case("PUT /workspaces/{workspace}/autostart", UPDATE, const({"schedule": "30 9 * * 1-5"})),
    Case("PUT /workspaces/{workspace}/autoupdates", "401 404 404 204 404 404 204 204 204", const({"automatic_updates": "always"})),
    Case("PUT /workspaces/{workspace}/dormant", "401 404 403 200 404 403 200 200 200", const({"dormant": True}), changes=True),
    Case("PUT /workspaces/{workspace}/extend", "401 404 403 200 404 403 200 200 200", in_two_hours),
    Case("PUT /workspaces/{workspace}/favorite", OWNED),
    Case("DELETE /workspaces/{workspace}/favorite", OWNED),
    Case("GET /workspaces/{workspace}/resolve-autostart", READ),
    Case("GET /workspaces/{workspace}/timings", READ),
    Case("PUT /workspaces/{workspace}/ttl", UPDATE, const({"ttl_ms": 8 * HOUR_MS})),
    Case("POST /workspaces/{workspace}/usage", UPDATE),
    Case("GET /workspaces/{workspace}/watch", READ),
    Case("GET /workspaces/{workspace}/watch-ws", "401 404 101 101 404 101 101 101 101"),
]

#: Nobody's access list counts while it is dormant, and nobody shares it (contract/workspaces.md 1.4, 7.2).
DORMANT_READ = "401 404 404 404 404 200 200 200 200"
DORMANT_UPDATE = "401 404 404 404 404 403 204 204 204"
DORMANT_SHARE = "401 404 404 404 404 403 403 403 403"
DORMANT = [
    Case("GET /users/{user}/workspace/{workspacename}", DORMANT_READ),
    Case("GET /workspaces/{workspace}", DORMANT_READ),
    Case("GET /workspaces/{workspace}/acl", DORMANT_READ),
    Case("PATCH /workspaces/{workspace}/acl", DORMANT_SHARE, const({})),
    Case("DELETE /workspaces/{workspace}/acl", DORMANT_SHARE),
    Case("PUT /workspaces/{workspace}/ttl", DORMANT_UPDATE, const({"ttl_ms": 8 * HOUR_MS})),
    Case("POST /workspaces/{workspace}/usage", DORMANT_UPDATE),
    Case("PUT /workspaces/{workspace}/dormant", "401 404 404 404 404 403 304 304 304", const({"dormant": True})),
    Case("GET /workspaces/{workspace}/timings", DORMANT_READ),
    Case("GET /workspaces/{workspace}/watch", DORMANT_READ),
]


async def status(there: Neighbourhood, case: Case, caller: str) -> int:
    """What the service answers; of a stream, its beginning."""
    client = there.callers[caller]
    method, path = case.route.split(" ")
    available = path.endswith("available-users")
    values = {
        "organization": there.organization,
        "user": "me" if available else there.id_of("owner"),
        "workspace": there.shed,
        "workspacename": NAME,
    }
    options: dict[str, Any] = {} if case.body is None else {"json": case.body(there)}
    headers = {"Coder-Session-Token": client.token} if client.token else {}
    if path.endswith("watch-ws"):
        headers |= _UPGRADE
    url = f"{client.base}/api/v2{path.format(**values)}"
    async with client.session.request(method, url, headers=headers, **options) as response:
        if response.status == 101 and response.connection is not None:
            response.connection.close()
        return response.status


async def statuses(there: Neighbourhood, case: Case) -> dict[str, int]:
    """Of all callers, each asking of the same state."""
    found = {}
    for caller in CALLERS:
        found[caller] = await status(there, case, caller)
        if case.changes:
            await there.restore()
    return found


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.route)
async def test_everybody_gets_the_status_of_the_contract(there: Neighbourhood, case: Case) -> None:
    assert await statuses(there, case) == case.expected


@pytest.mark.parametrize("case", DORMANT, ids=lambda case: case.route)
async def test_a_dormant_workspace_is_for_its_owner_and_for_roles(there: Neighbourhood, case: Case) -> None:
    await there.callers["owner"].put(f"/workspaces/{there.shed}/dormant", {"dormant": True}, want=200)
    try:
        assert await statuses(there, case) == case.expected
        listed = (await there.callers["shared_use"].get("/workspaces", want=200)).json["workspaces"]
        assert there.shed in [row["id"] for row in listed]
    finally:
        await there.restore()


async def test_the_table_is_the_whole_workspaces_api() -> None:
    assert len({case.route for case in TABLE}) == 22
    assert {case.route for case in TABLE} <= {route.key for route in ROUTES}
