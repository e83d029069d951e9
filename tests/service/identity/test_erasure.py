"""Nothing is left of an erased person who did a little of everything: in no table, answer, stream of events, or rebuilt read model."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from projections.engine.rebuild import rebuild
from projections.models import MODELS
from service.store.connect import connector
from service.store.mapper import EventMapper
from service.store.personal_keys import KeyRing
from tests.support.api import PASSWORD, Client, Ledger
from tests.support.building import ended, template, workspace
from tests.support.contents import everything, holding

#: Parts of every name and address that the person ever had.
TRACES = ("carla", "carlotta", "cortez", "cortes")
KEY = {"Idempotency-Key": "once-and-for-all"}


@dataclass(frozen=True, slots=True)
class Life:
    """Somebody who had a life here, and has been erased; what still mentions them."""

    ledger: Ledger
    admin: Client
    person: Client
    workspace_id: str
    shared_id: str
    position_before: int


@pytest.fixture
async def life(ledger: Ledger) -> Life:
    admin, organization_id = await ledger.admin(), await ledger.organization_id()
    of = await template(ledger)
    # Whoever is made with a key gets an answer that is kept, names and all.
    body = {"email": "carla@cortes.example", "username": "carla", "name": "Carla Cortez", "password": PASSWORD}
    made = await admin.request("POST", "/users", {**body, "organization_ids": [organization_id]}, want=201, headers=KEY)
    person = await ledger.login("carla@cortes.example")
    await ledger.anonymous.post("/users/login", {"email": "carla@cortes.example", "password": "wrong"}, want=401)
    me = f"/users/{made.json['id']}"
    await person.put("/users/me/profile", {"username": "carla", "name": "Carla Cortés"}, want=200)
    await admin.request("PUT", f"{me}/profile", {"username": "carlotta", "name": "Carlotta Cortez"}, want=200, headers=KEY)
    await admin.request("PUT", f"{me}/roles", {"roles": ["auditor"]}, want=200, headers=KEY)
    await person.post("/users/me/keys/tokens", {"token_name": "mine"}, want=201)
    await person.put("/users/me/appearance", {"theme_preference": "dark", "terminal_font": "fira-code"}, want=200)
    await person.put("/users/me/gitsshkey", want=200)
    group = (await admin.post(f"/organizations/{organization_id}/groups", {"name": "devs"}, want=201)).json
    await admin.request("PATCH", f"/groups/{group['id']}", {"add_users": [made.json["id"]]}, want=200, headers=KEY)
    theirs = await workspace(person, of)
    shared = await workspace(admin, of)
    await admin.patch(f"/workspaces/{shared['id']}/acl", {"user_roles": {made.json["id"]: "admin"}}, want=204)
    await person.request("PATCH", f"/workspaces/{shared['id']}", {"name": shared["name"]}, headers=KEY)
    built = await person.post(f"/workspaces/{shared['id']}/builds", {"transition": "stop"}, want=201, headers=KEY)
    await ended(admin, built.json["id"])
    for path in (f"/workspaces/{shared['id']}", "/workspaces", "/users", "/audit", f"/groups/{group['id']}"):
        await admin.get(path, want=200)  # whatever keeps answers keeps these
    deleted = await person.post(f"/workspaces/{theirs['id']}/builds", {"transition": "delete"}, want=201)
    await ended(admin, deleted.json["id"])
    before = ledger.services.positions.current
    assert holding(await everything(ledger.services.pool), "carlotta"), "they were there"
    await admin.delete(f"{me}?erase=true", want=200, headers=KEY)
    return Life(ledger, admin, person, theirs["id"], shared["id"], before)


async def test_nothing_is_left_of_them_in_any_table(life: Life) -> None:
    tables = await everything(life.ledger.services.pool)
    for trace in TRACES:
        assert holding(tables, trace) == []


async def test_nothing_is_left_of_them_in_any_answer(life: Life) -> None:
    shared = f"/workspaces/{life.shared_id}"
    for path in (
        *("/users", "/audit?limit=1000", "/workspaces", "/audit/events?limit=1000", "/audit/events?format=jsonl"),
        *(shared, f"{shared}/history?limit=100&diff=true", f"{shared}/builds", f"{shared}/acl", f"{shared}?at={life.position_before}"),
        *(f"/workspaces/{life.workspace_id}/history?limit=100&diff=true", f"/workspaces?at={life.position_before}"),
        *(f"/users/{life.person.user['id']}", f"/workspaces/{life.workspace_id}?include_deleted=true"),
    ):
        answer = (await life.admin.get(path, want=200)).raw.decode().lower()
        assert [trace for trace in TRACES if trace in answer] == [], path


async def test_an_answer_that_was_kept_for_a_repetition_shows_them_no_more(life: Life) -> None:
    for method, path, body in (
        ("PUT", f"/users/{life.person.user['id']}/profile", {"username": "carlotta", "name": "Carlotta Cortez"}),
        ("PUT", f"/users/{life.person.user['id']}/roles", {"roles": ["auditor"]}),
    ):
        again = (await life.admin.request(method, path, body, headers=KEY)).raw.decode().lower()
        assert [trace for trace in TRACES if trace in again] == []
    assert holding(await everything(life.ledger.services.pool), "carlotta") == []


async def test_whoever_folds_the_whole_log_anew_does_not_meet_them(life: Life, migrated_url: str) -> None:
    async with await connector(migrated_url)() as connection:
        await rebuild(connection, EventMapper(KeyRing()), MODELS)
    tables = await everything(life.ledger.services.pool)
    for trace in TRACES:
        assert holding(tables, trace) == []


async def test_their_name_and_address_are_free_for_somebody_who_is_not_them(life: Life) -> None:
    organization_id = await life.ledger.organization_id()
    body = {"email": "carla@cortes.example", "username": "carlotta", "password": PASSWORD, "organization_ids": [organization_id]}
    again = (await life.admin.post("/users", body, want=201)).json
    assert again["id"] != life.person.user["id"]
    assert (await life.admin.get(f"/users/{life.person.user['id']}", want=200)).json["username"] == ""
