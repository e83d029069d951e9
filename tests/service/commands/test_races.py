"""Changes that contradict each other, given at the same moment: one of them is refused, nothing is left that nobody may have."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from domain.kernel.errors import Conflict, DomainError, ExpectationFailed, Invalid
from domain.organizations.commands import DeleteOrganization
from domain.roles.policy import compile_subject
from domain.templates.commands import CreateTemplate, DeleteTemplate
from domain.users.commands import DeleteUser
from domain.workspaces.commands import CreateWorkspace
from projections.engine.tail import head
from service.commands.bus import Outcome
from service.store.group_commit import Busy
from tests.service.templates.authoring import make_version
from tests.support.api import Client, Ledger
from tests.support.building import built, template, workspace
from tests.support.spec import context

ROUNDS = 5
OWNER = compile_subject(str(uuid.uuid4()), ["owner"], {})


def execute(ledger: Ledger, command: Any) -> Awaitable[Outcome]:
    """Carry out a command; the read models need not show it afterwards."""
    return ledger.services.bus.execute(command, context())


def new_workspace(owner_id: str, template_id: str) -> CreateWorkspace:
    """A command with ids of its own."""
    ids = [str(uuid.uuid4()) for _ in range(3)]
    return CreateWorkspace(ids[0], ids[1], ids[2], owner_id, template_id, "", "w" + ids[0][:8])


@contextlib.asynccontextmanager
async def lagging(ledger: Ledger) -> AsyncIterator[None]:
    """The read models show nothing new meanwhile: somebody else holds their positions."""
    held, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with ledger.services.pool.connection() as connection, connection.transaction():
            await connection.execute("LOCK TABLE positions IN EXCLUSIVE MODE")
            held.set()
            await leave.wait()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hold())
        await held.wait()
        try:
            yield
        finally:
            leave.set()


async def after(ledger: Ledger, first: Any, second: Any) -> None:
    """Carry out `first`, and `second` while no read model shows it. Raises what refuses `second`."""
    met = asyncio.Event()
    async with lagging(ledger):
        assert (await execute(ledger, first)).events
        ledger.services.bus.count_conflict = met.set
        tried, meeting = asyncio.ensure_future(execute(ledger, second)), asyncio.ensure_future(met.wait())
        await asyncio.wait((tried, meeting), return_when=asyncio.FIRST_COMPLETED)
        meeting.cancel()
    try:
        await tried
    except Busy:
        # The read models took longer than it goes on trying: its caller is told to come again in a moment.
        await ledger.services.positions.wait_until(await head_of(ledger), 30)
        await execute(ledger, second)


async def head_of(ledger: Ledger) -> int:
    """The position of the last event."""
    async with ledger.services.pool.connection() as connection:
        return await head(connection)


async def outcome(tried: Awaitable[Outcome]) -> DomainError | None:
    """What refused a command; None when it was carried out."""
    try:
        await tried
    except DomainError as refusal:
        return refusal
    return None


async def test_a_template_is_not_deleted_under_a_workspace_that_is_not_shown_yet(ledger: Ledger) -> None:
    made = await template(ledger)
    owner = (await ledger.person()).user["id"]
    with pytest.raises(Invalid, match="Workspaces"):
        await after(ledger, new_workspace(owner, made["id"]), DeleteTemplate(made["id"], made["organization_id"]))
    await (await ledger.admin()).get(f"/templates/{made['id']}", want=200)


async def test_a_user_is_not_deleted_while_a_workspace_of_theirs_is_not_shown_yet(ledger: Ledger) -> None:
    made = await template(ledger)
    owner = (await ledger.person()).user["id"]
    with pytest.raises(ExpectationFailed):
        await after(ledger, new_workspace(owner, made["id"]), DeleteUser(owner, OWNER))
    assert (await (await ledger.admin()).get(f"/users/{owner}", want=200)).json["status"] == "active"


async def test_an_organization_is_not_deleted_under_a_template_that_is_not_shown_yet(ledger: Ledger) -> None:
    admin = await ledger.admin()
    made = (await admin.post("/organizations", {"name": "acme"}, want=201)).json["id"]
    version = (await make_version(admin, made))["id"]
    with pytest.raises(Conflict, match="Error deleting organization"):
        await after(ledger, CreateTemplate(str(uuid.uuid4()), made, "docker", version), DeleteOrganization(made, OWNER))
    await admin.get(f"/organizations/{made}", want=200)


async def test_of_a_template_and_its_last_workspace_one_is_refused(ledger: Ledger) -> None:
    owner = (await ledger.person()).user["id"]
    for number in range(ROUNDS):
        made = await template(ledger)
        race = [execute(ledger, new_workspace(owner, made["id"])), execute(ledger, DeleteTemplate(made["id"], made["organization_id"]))]
        refused = await asyncio.gather(*map(outcome, race[:: -1 if number % 2 else 1]))
        assert sum(one is None for one in refused) == 1, refused


async def test_of_a_user_and_their_first_workspace_one_is_refused(ledger: Ledger) -> None:
    made = await template(ledger)
    for number in range(ROUNDS):
        owner = (await ledger.person()).user["id"]
        race = [execute(ledger, new_workspace(owner, made["id"])), execute(ledger, DeleteUser(owner, OWNER))]
        refused = await asyncio.gather(*map(outcome, race[:: -1 if number % 2 else 1]))
        assert sum(one is None for one in refused) == 1, refused


async def test_a_workspace_that_was_deleted_keeps_nothing_from_being_deleted(ledger: Ledger) -> None:
    made, owner = await template(ledger), await ledger.person()
    shed = await workspace(owner, made)
    await built(owner, shed["id"], "delete")
    admin = await ledger.admin()
    await admin.delete(f"/templates/{made['id']}", want=200)
    await admin.delete(f"/users/{owner.user['id']}", want=200)


async def test_no_share_survives_the_end_of_sharing(ledger: Ledger) -> None:
    admin, owner, friend = await ledger.admin(), await ledger.person(), await ledger.person()
    settings = f"/organizations/{await ledger.organization_id()}/settings/workspace-sharing"
    shed = await workspace(owner, await template(ledger))

    async def share(client: Client) -> int:
        return (await client.patch(f"/workspaces/{shed['id']}/acl", {"user_roles": {friend.user["id"]: "use"}})).status

    for _ in range(ROUNDS):
        await admin.patch(settings, {"shareable_workspace_owners": "everyone"}, want=200)
        race = await asyncio.gather(share(owner), admin.patch(settings, {"shareable_workspace_owners": "none"}, want=200), share(admin))
        assert {race[0], race[2]} <= {204, 403}
        assert (await owner.get(f"/workspaces/{shed['id']}/acl", want=200)).json["users"] == []
