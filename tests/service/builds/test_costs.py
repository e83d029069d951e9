"""What workspaces cost a day (contract/workspaces.md 8)."""

from __future__ import annotations

from tests.support.api import Ledger
from tests.support.building import built, template, workspace

COSTLY = {"start": {"daily_cost": 5, "resources": [{"name": "vm"}]}, "stop": {"daily_cost": 1}}


async def test_somebody_s_costs_are_those_of_their_latest_builds(ledger: Ledger) -> None:
    person, other = await ledger.person(name="pat"), await ledger.person()
    of = await template(ledger, COSTLY)
    first, second = await workspace(person, of), await workspace(person, of)
    await workspace(other, of)
    paths = ("/organizations/default/members/pat/workspace-quota", "/workspace-quota/me")

    async def consumed() -> set[int]:
        answers = [(await person.get(path, want=200)).json for path in paths]
        assert {answer["budget"] for answer in answers} == {-1}
        return {answer["credits_consumed"] for answer in answers}

    assert await consumed() == {10}
    await built(person, first["id"], "stop")
    assert await consumed() == {6}
    await built(person, second["id"], "delete")
    assert await consumed() == {1}
