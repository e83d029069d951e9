"""The list over HTTP: order, paging, the search language (contract/listing.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.service.workspaces.conftest import Yard, until
from tests.support.queries import recorded_statements
from tests.support.watching import data, events


async def names(yard: Yard, q: str = "", **page: int) -> list[str]:
    found = await listing(yard, q, **page)
    return [w["name"] for w in found["workspaces"]]


async def listing(yard: Yard, q: str = "", **page: int) -> dict[str, Any]:
    return dict((await yard.ann.get("/workspaces", params={"q": q, **{k: str(v) for k, v in page.items()}}, want=200)).json)


async def test_favourites_come_first_then_what_runs_then_names(yard: Yard) -> None:
    made = {name: await yard.running(name) for name in ("a", "B", "c", "f")}
    for name in ("B", "f"):
        await yard.ann.post(f"/workspaces/{made[name]['id']}/builds", {"transition": "stop"}, want=201)
        await yard.settled(made[name]["id"], "stopped")
    await yard.ann.put(f"/workspaces/{made['f']['id']}/favorite", want=204)
    whole = ["f", "a", "c", "B"]
    assert await names(yard) == whole
    for size in (1, 2, 3, 4, 5):
        assert [n for at in range(0, 5, size) for n in await names(yard, limit=size, offset=at)] == whole
    favorite = {w["name"]: w["favorite"] for w in (await listing(yard))["workspaces"]}
    assert favorite == {"f": True, "a": False, "c": False, "B": False}
    assert [w["favorite"] for w in (await yard.admin.get("/workspaces", want=200)).json["workspaces"]] == [False] * 4


async def test_the_count_does_not_depend_on_the_page(yard: Yard) -> None:
    for name in ("a", "b", "c"):
        await yard.running(name)
    assert await listing(yard, limit=2, offset=5) == {"workspaces": [], "count": 3}
    assert (await listing(yard, "name:a", limit=1))["count"] == 1


async def test_the_count_of_all_is_remembered_and_follows_every_change(yard: Yard) -> None:
    async def count() -> int:
        return int((await listing(yard, limit=1))["count"])

    made = await yard.running("a")
    assert await count() == 1
    theirs = (await yard.running("theirs", yard.admin))["id"]
    assert await count() == 1
    await yard.admin.patch(f"/workspaces/{theirs}/acl", {"user_roles": {yard.ann.user["id"]: "use"}}, want=204)
    assert await count() == 2
    await yard.admin.delete(f"/workspaces/{theirs}/acl", want=204)
    assert await count() == 1
    await yard.create("b")
    assert await count() == 2
    await yard.ann.post(f"/workspaces/{made['id']}/builds", {"transition": "delete"}, want=201)
    await until(yard.ledger, count, lambda n: n == 1)

    await yard.admin.put(f"/workspaces/{theirs}/ttl", {"ttl_ms": 3_600_000}, want=204)
    with recorded_statements(yard.ledger.services.pool) as statements:
        assert await count() == 1
    assert statements, "the page itself was forgotten"
    assert not [s for s in statements if "count(*)" in s]


async def test_a_row_is_the_document_of_the_single_read(yard: Yard) -> None:
    made = await yard.running("dev")
    assert (await listing(yard))["workspaces"] == [(await yard.ann.get(f"/workspaces/{made['id']}", want=200)).json]


FOUND: list[tuple[str, str | None]] = [
    ("", "dev other"),
    ("dev", "dev"),
    ("ann/DEV", "dev"),
    ("owner:me status:running", "dev other"),
    ("owner:admin", ""),
    ("template:DOCKER", "other"),
    ("name:d_v", "dev"),
    ("param:Region", "dev"),
    ("param:r_g%", "dev"),
    ("param:region\\", ""),
    ("name:dev\\", ""),
    ("param:region=EU", "dev"),
    ("param:region=us", ""),
    ("param:nothing param:region=eu", ""),
    ("outdated:false", "dev other"),
    ("dormant:true", ""),
    ("dormant:false", "dev other"),
    ("shared:true", "other"),
    ("shared_with_user:me", ""),
    ("has-agent:connected", ""),
    ("healthy:false", ""),
    ("organization:coder", "dev other"),
    ("shared_with_group:Everyone", None),
    ("organization:nowhere", None),
    ("status:nope foo:bar", None),
]


async def test_keys(yard: Yard) -> None:
    """What each query finds of `dev`, which has a parameter, and `other`, which is shared; None: it is refused."""
    region = {"name": "Region", "type": "string", "default": "us", "mutable": True}
    rich = await yard.template_of({"parameters": [region], "start": {}}, "rich")
    await yard.running("dev", template_id=rich["id"], rich_parameter_values=[{"name": "Region", "value": "EU"}])
    other = await yard.running("other")
    await yard.ann.patch(f"/workspaces/{other['id']}/acl", {"group_roles": {yard.organization: "use"}}, want=204)
    for q, found in FOUND:
        if found is None:
            answer = await yard.ann.get("/workspaces", params={"q": q}, want=400)
            assert answer.json["message"] == "Invalid workspace search query."
        else:
            assert await names(yard, q) == found.split(), q


async def test_a_key_to_open_workspaces_gets_their_number_but_no_rows(yard: Yard) -> None:
    """As contract/listing.md 11 says of lists, while each workspace can be read (contract/authorization.md 5)."""
    made = await yard.running("dev")
    keys = [
        replace(yard.ann, token=(await yard.ann.post("/users/me/keys/tokens", {"scopes": names}, want=201)).json["key"])
        for names in (["coder:workspaces.access"], ["coder:workspaces.access", "template:read"], ["workspace:read"])
    ]
    seen = [(await key.get("/workspaces", want=200)).json for key in keys]
    assert [([w["name"] for w in rows["workspaces"]], rows["count"]) for rows in seen] == [([], 1), (["dev"], 1), ([], 1)]
    assert [(await key.get(f"/workspaces/{made['id']}")).status for key in keys] == [200, 200, 403]
    position = (await yard.ann.get(f"/workspaces/{made['id']}", want=200)).headers["Ledger-Position"]
    then = (await keys[0].get(f"/workspaces?at={position}", want=200)).json
    assert (then["workspaces"], then["count"]) == ([], 1)
    for key, rows in zip(keys, (0, 1, 0), strict=True):
        async with events(key, "/workspaces/watch") as stream:
            assert len((await data(stream)).data["workspaces"]) == rows
