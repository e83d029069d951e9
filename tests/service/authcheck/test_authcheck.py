"""`POST /authcheck` over HTTP (contract/authorization.md 12)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Client, Ledger

NOBODY = "99999999-1111-4222-8333-444444444444"


async def ask(client: Client, checks: dict[str, tuple[dict[str, Any], str]]) -> Any:
    body = {"checks": {key: {"object": obj, "action": action} for key, (obj, action) in checks.items()}}
    return (await client.post("/authcheck", body, want=200)).json


async def test_one_answer_under_each_key(ledger: Ledger) -> None:
    member, organization_id = await ledger.person(), await ledger.organization_id()
    own = {"resource_type": "workspace", "organization_id": organization_id, "owner_id": "me"}
    answers = await ask(
        member,
        {
            "": (own, "create"),
            "by id": ({**own, "owner_id": member.user["id"]}, "read"),
            "anybody's": ({**own, "owner_id": "*"}, "create"),
            "somewhere": ({"resource_type": "workspace", "owner_id": "me", "any_org": True}, "create"),
            "both": ({**own, "any_org": True}, "create"),
            "nowhere": ({"resource_type": "workspace", "owner_id": "me"}, "read"),
            "unknown": ({"resource_type": "spaceship"}, "read"),
        },
    )
    assert answers == {
        "": True,
        "by id": True,
        "anybody's": False,
        "somewhere": True,
        "both": False,
        "nowhere": False,
        "unknown": False,
    }


@pytest.mark.parametrize("body", [{}, {"checks": None}, {"checks": {}}])
async def test_no_questions_have_no_answers(ledger: Ledger, body: dict[str, Any]) -> None:
    assert (await (await ledger.person()).post("/authcheck", body, want=200)).json == {}


async def test_stored_objects_count_as_the_caller_sees_them(ledger: Ledger) -> None:
    admin, member = await ledger.admin(), await ledger.person()
    organization_id = await ledger.organization_id()
    group = (await admin.post("/organizations/default/groups", {"name": "devs"}, want=201)).json
    checks: dict[str, tuple[dict[str, Any], str]] = {
        "myself": ({"resource_type": "user", "resource_id": member.user["id"].upper()}, "read"),
        "admin": ({"resource_type": "user", "resource_id": admin.user["id"]}, "read"),
        "group": ({"resource_type": "group", "resource_id": group["id"]}, "read"),
        "change group": ({"resource_type": "group", "resource_id": group["id"]}, "update"),
        "everyone": ({"resource_type": "group", "resource_id": organization_id}, "read"),
        "claimed": ({"resource_type": "user", "resource_id": admin.user["id"], "owner_id": "me"}, "read_personal"),
        **{f"no {kind}": ({"resource_type": kind, "resource_id": NOBODY}, "read") for kind in ("workspace", "template", "user", "group")},
    }
    everything = await ask(admin, checks)
    assert everything == {key: not key.startswith("no ") for key in checks}
    assert [key for key, may in (await ask(member, checks)).items() if may] == ["myself", "group", "everyone"]


@pytest.mark.parametrize(
    ("obj", "field"),
    [
        ({"resource_type": "workspace", "resource_id": "x"}, "resource_id"),
        ({"resource_type": "organization", "resource_id": NOBODY}, "resource_type"),
        ({"resource_type": ""}, None),
        (None, None),
    ],
)
async def test_questions_that_cannot_be_asked(ledger: Ledger, obj: dict[str, Any] | None, field: str | None) -> None:
    refused = (await (await ledger.person()).post("/authcheck", {"checks": {"k": {"object": obj, "action": "read"}}}, want=400)).json
    assert [v["field"] for v in refused.get("validations", [])] == ([field] if field else [])
    assert '"k"' in refused["message"] or field == "resource_id"


@pytest.mark.parametrize(("count", "status"), [(10, 200), (11, 400)])
async def test_few_stored_objects_are_looked_up_at_once(ledger: Ledger, count: int, status: int) -> None:
    obj = {"resource_type": "user", "resource_id": NOBODY}
    checks = {str(n): {"object": obj, "action": "read"} for n in range(count)}
    answer = await (await ledger.person()).post("/authcheck", {"checks": checks}, want=status)
    assert status == 200 or "10" in answer.json["message"]
