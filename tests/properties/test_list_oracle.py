"""The list over HTTP is what the contract says of the same log, for anybody, whatever they ask; and it survives a rebuild."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.api_keys.commands import CreateApiKey
from projections.engine.verify import verify
from projections.models import MODELS
from service import bootstrap
from service.auth.secrets import digest_written
from service.auth.tokens import new_token
from service.settings import Role
from service.store.append import SideWrite, Work
from service.store.mapper import is_personal
from service.write_side import write_side
from tests.properties.deployments import Deployment, deployment
from tests.properties.list_oracle import World, world
from tests.properties.list_questions import Answer, answer, question, spelled
from tests.properties.list_rights import Viewer
from tests.support.api import Ledger, running_ledger
from tests.support.projecting import open_projecting
from tests.support.spec import context

QUESTIONS = 160
#: Nothing may happen by itself: the deployment's times are long past.
SILENT = frozenset({Role.WEB, Role.PROJECTOR})
EVERYTHING = frozenset({"workspace:read", "template:read"})


async def tell(url: str, d: Deployment) -> int:
    """Append a history to the log as it is; returns its last position."""
    async with write_side(url) as side:
        people = {r.stream.id for r in d.history if is_personal(r.event)}
        keys = [SideWrite("INSERT INTO personal_keys (user_id, key) VALUES (%s, %s)", (id, side.keys.new(id))) for id in people]
        stored = await side.writer.commit(Work(tuple(d.history), side_writes=tuple(keys)))
    d.history[:] = stored
    return stored[-1].position


def viewers(d: Deployment) -> list[Viewer]:
    """Everybody who is left, and some of them with limited keys."""
    users = [id for name, id in d.people.items() if name != "hal"]
    some = frozenset(d.rnd.sample(d.workspaces, len(d.workspaces) // 2))
    scoped = [frozenset({"workspace:read"}), frozenset({"template:read"}), EVERYTHING]
    return [
        *map(Viewer, users),
        *(Viewer(d.rnd.choice(users[:3]), scopes) for scopes in scoped),
        Viewer(users[0], None, some),
        Viewer(users[1], EVERYTHING, some),
    ]


async def key_of(ledger: Ledger, viewer: Viewer, number: int) -> str:
    """A token with the viewer's limits."""
    token = new_token()
    scopes = ("coder:all",) if viewer.scopes is None else tuple(sorted(viewer.scopes))
    allowed = ("*:*",) if viewer.only is None else ("template:*", *(f"workspace:{id}" for id in sorted(viewer.only)))
    command = CreateApiKey(token.id, viewer.user, "token", timedelta(days=1), scopes, allowed, f"key-{number}")
    writes = [digest_written(viewer.user, token)]
    outcome = await ledger.services.bus.execute(command, context(datetime.now(UTC), viewer.user), side_writes=writes)
    await ledger.services.positions.wait_until(outcome.position)
    return token.text


async def asked(ledger: Ledger, token: str, parameters: dict[str, str]) -> Answer:
    """What the service says."""
    got = await ledger.anonymous.get("/workspaces", params=parameters, headers={"Coder-Session-Token": token})
    body: dict[str, Any] = got.json
    if got.status == 400:
        return Answer(errors=tuple(violation["field"] for violation in body["validations"]))
    assert got.status == 200, body
    return Answer(tuple(row["id"] for row in body["workspaces"]), body["count"])


async def hold(ledger: Ledger, w: World, d: Deployment, seed: int) -> Counter[str]:
    """Ask and compare; returns how often which sort of answer came."""
    rnd = random.Random(seed)
    keys = [(viewer, await key_of(ledger, viewer, number)) for number, viewer in enumerate(viewers(d))]
    seen: Counter[str] = Counter()
    for _ in range(QUESTIONS):
        viewer, token = rnd.choice(keys)
        terms = question(d, rnd)
        limit, offset = rnd.choice((0, 0, 1, 3, 10)), rnd.choice((0, 0, 0, 1, 5, 99))
        text = spelled(terms, rnd)
        expected = answer(w, viewer, terms, limit, offset)
        parameters = {"q": text, "limit": str(limit), "offset": str(offset)}
        # The past of this moment is the present: nothing happens.
        for at in ({}, {"at": str(ledger.services.positions.current)}):
            found = await asked(ledger, token, {**parameters, **at})
            assert found == expected, f"{text!r} limit={limit} offset={offset} by {viewer} {at}"
        seen["refused" if expected.errors else "some" if expected.ids else "counted" if expected.count else "none"] += 1
    return seen


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_list_is_what_the_log_says(migrated_url: str, seed: int) -> None:
    d = deployment(seed)
    last = await tell(migrated_url, d)
    async with running_ledger(migrated_url, roles=SILENT) as ledger:
        await ledger.services.positions.wait_until(last, 20)
        seen = await hold(ledger, world(d.history), d, seed)
    assert min(seen[kind] for kind in ("refused", "some", "none")) >= QUESTIONS // 20, seen
    async with (
        bootstrap.connected(migrated_url) as live,
        bootstrap.connected(migrated_url) as shadow,
        write_side(migrated_url) as side,
    ):
        assert (await verify(live, shadow, side.mapper, MODELS)).differences == ()


@pytest.mark.parametrize("seed", [4, 5])
async def test_no_batch_size_shows_in_what_is_folded(database_url: str, seed: int) -> None:
    projecting = await open_projecting(database_url, MODELS)
    try:
        await projecting.same_for_every_batch_size(deployment(seed, size=15).history)
    finally:
        await projecting.connection.close()
