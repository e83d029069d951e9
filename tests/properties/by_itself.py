"""What a service asks of itself when months have passed or a receiver is gone: commands that no route gives, handed to
the bus as its own parts do. The times are today's, for the log never goes back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from domain.kernel.context import Context
from domain.kernel.events import Actor
from domain.users.commands import FallDormant
from domain.webhooks.commands import RetireWebhook
from domain.workspaces.commands import WithdrawSharing
from tests.properties.deeds import Deed, Stage
from tests.support.api import PASSWORD, Answer
from tests.support.building import workspace


async def _done(s: Stage, commands: Sequence[Any], show: str) -> Answer:
    """The commands one after the other, each of which must change something; then what `show` has become."""
    position = 0
    for command in commands:
        outcome = await s.ledger.services.bus.execute(command, Context(Actor("system"), datetime.now(UTC), str(uuid.uuid4())))
        assert outcome.events, command
        position = outcome.position
    return await s.admin.get(show, headers={"Ledger-Position": str(position)})


async def unseen_person(s: Stage) -> Answer:
    """Somebody who stays away and comes back."""
    name = s.new_name("unseen")
    body = {"email": f"{name}@example.com", "username": name, "password": PASSWORD, "organization_ids": [s.organization]}
    id = (await s.admin.post("/users", body, want=201)).json["id"]
    await s.ledger.login(f"{name}@example.com")
    await _done(s, [FallDormant(id, unseen_since_days=0)], f"/users/{id}")
    await s.ledger.login(f"{name}@example.com")
    return await s.admin.get(f"/users/{id}", want=200)


async def gone_receiver(s: Stage) -> Answer:
    """A webhook whose receiver says that it is gone for good; what it waits for never happens."""
    body = {"url": "https://hooks.invalid/", "event_types": ["TemplateVersionUnarchived"]}
    id = (await s.admin.post("/webhooks", body, want=201)).json["id"]
    return await _done(s, [RetireWebhook(id)], f"/webhooks/{id}")


async def late_withdrawal(s: Stage) -> Answer:
    """An access list that is emptied after the answer to who forbade it, as when there are too many of them."""
    everyone = {"shareable_workspace_owners": "everyone"}
    await s.admin.patch(f"/organizations/{s.organization}/settings/workspace-sharing", everyone, want=200)
    id = (await workspace(s.admin, s.templates[1], name=s.new_name("shared")))["id"]
    s.workspaces.append(id)
    await s.admin.patch(f"/workspaces/{id}/acl", {"user_roles": {s.people[1].user["id"]: "use"}}, want=204)
    return await _done(s, [WithdrawSharing((id,))], f"/workspaces/{id}")


BY_ITSELF: tuple[Deed, ...] = (unseen_person, gone_receiver, late_withdrawal)
