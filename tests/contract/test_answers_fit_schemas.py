"""What every GET route answers for a furnished deployment is what the published schemas say, and each route is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import jsonschema
import pytest
import pytest_asyncio

from service.http.routes import ROUTES
from service.http.routing import JSON, Access, Route
from service.http.schema_registry import standalone
from tests.contract.odd_states import odd_states
from tests.contract.rich_deployment import Rich, furnish
from tests.support.api import running_ledger
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Questions that show more of a route than the bare path does.
MORE: dict[str, tuple[str, ...]] = {
    "GET /workspaces": ("q=owner:me", "limit=1", "q=shared:true"),
    "GET /workspaces/{workspace}": ("include_deleted=true", "at={position}"),
    "GET /workspaces/{workspace}/acl": ("at={position}",),
    "GET /workspaces/{workspace}/history": ("limit=3", "diff=true"),
    "GET /users/{user}/autofill-parameters": ("template_id={template}",),
    "GET /groups": ("organization=coder",),
    "GET /users/{user}/keys/tokens": ("include_all=true",),
    "GET /organizations/{organization}/provisionerjobs": ("limit=2",),
    "GET /audit": ("limit=25", "q=resource_type:workspace"),
    "GET /audit/events": ("limit=500",),
}
#: Where the bare path is refused because a parameter must be given.
ASKED_ONLY_WITH = {"GET /users/{user}/autofill-parameters"}


def has_json(route: Route) -> bool:
    """Whether the route answers a plain request of a person with a described JSON document."""
    streams = route.stream is not None and not route.stream.when
    reachable = route.access in (Access.PUBLIC, Access.SESSION, Access.OPTIONAL)
    return route.method == "GET" and reachable and not streams and JSON in route.produces and bool(described(route))


def described(route: Route) -> dict[int, Any]:
    """The statuses that have a body with a schema."""
    return {status: body for status, body in route.responses.items() if body}


ASKED = [route for route in ROUTES if has_json(route)]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def rich(postgres: PostgresServer, migrated_template: str) -> AsyncIterator[Rich]:
    """The service and what is in it."""
    url = postgres.database(migrated_template)
    async with running_ledger(url) as ledger:
        rich = await furnish(ledger)
        rich.odd = await odd_states(ledger)
        yield rich
    postgres.drop(url)


@cache
def validator(route_key: str, status: int) -> jsonschema.Draft202012Validator:
    """Checks a route's answers of one status."""
    (route,) = [route for route in ASKED if route.key == route_key]
    body = described(route).get(status, "Response")
    return jsonschema.Draft202012Validator(standalone(body), format_checker=jsonschema.FormatChecker(["uuid", "date-time", "email"]))


@pytest.mark.parametrize("route", ASKED, ids=lambda route: route.key)
async def test_answers_are_what_the_schemas_say(rich: Rich, route: Route) -> None:
    bare = () if route.key in ASKED_ONLY_WITH else ("",)
    for query in (*bare, *MORE.get(route.key, ())):
        path = route.path.format(**rich.path) + (f"?{query.format(**rich.path)}" if query else "")
        answer = await rich.admin.get(path)
        assert answer.status in described(route), f"{path}: {answer.status}: {answer.raw[:300]!r}"
        validator(route.key, answer.status).validate(answer.json)


@pytest.mark.parametrize("route", [route for route in ASKED if route.access is Access.SESSION], ids=lambda route: route.key)
async def test_refusals_are_of_one_shape(rich: Rich, route: Route) -> None:
    answer = await rich.ledger.anonymous.get(route.path.format(**rich.path))
    assert answer.status == 401, answer.raw[:300]
    jsonschema.Draft202012Validator(standalone("Response")).validate(answer.json)


@pytest.mark.parametrize("route", ASKED, ids=lambda route: route.key)
async def test_answers_about_odd_states_are_what_the_schemas_say(rich: Rich, route: Route) -> None:
    for what, place in rich.odd.items():
        if not place.keys() & set(route.path_parameters):
            continue
        for query in ("", *MORE.get(route.key, ())):
            values = {**rich.path, **place}
            path = route.path.format(**values) + (f"?{query.format(**values)}" if query else "")
            answer = await rich.admin.get(path)
            assert answer.status < 500 or answer.status in route.responses, f"{what}: {path}: {answer.status}: {answer.raw[:300]!r}"
            if answer.raw:
                validator(route.key, answer.status).validate(answer.json)


async def test_lists_of_all_states_are_what_the_schemas_say(rich: Rich) -> None:
    asked = {
        "GET /workspaces": ("q=dormant:true", "q=status:failed", "q=status:canceled", "q=has-agent:timeout"),
        "GET /templates": ("q=deprecated:true",),
        "GET /organizations/{organization}/provisionerjobs": ("limit=0", "status=failed,canceled"),
        "GET /templates/{template}/versions": ("include_archived=true",),
    }
    for key, queries in asked.items():
        for query in queries:
            path = f"{key.removeprefix('GET ').format(**rich.path)}?{query}"
            answer = await rich.admin.get(path, want=200)
            assert answer.json, path
            validator(key, 200).validate(answer.json)


async def test_most_routes_are_asked() -> None:
    assert len(ASKED) > 100
