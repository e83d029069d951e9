"""Lists of people among 100,000: nothing that they ask of PostgreSQL reads a whole table, for whoever asks and whatever for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from tests.support.api import Client, Ledger
from tests.support.crowd import fill
from tests.support.queries import nodes, recorded_executions

PEOPLE = 100_000
IN_GROUP = 40_000
CROWDED = {"users", "available_users", "rosters", "members", "group_members"}
LONG_AGO, SOON_AFTER, AT_LAST = '"2001-01-01T00:00:00Z"', '"2001-01-02T00:00:00Z"', '"2999-01-01T00:00:00Z"'
#: Searches by every key and by several.
SEARCHES = (
    *("", "p4242", "p77@e", '"nobody"', "search:p77@", "name:nobody", 'name:"n 77"', "role:auditor", "role:owner,auditor", "role:member"),
    *("status:suspended", "status:active", "status:active,dormant,suspended", "status:dormant role:auditor", "status:suspended p1"),
    *("service_account:true", "service_account:false", "login_type:none", "login_type:password", "login_type:github,oidc"),
    *("github_com_user_id:7", "github_com_user_id:0", "login_type:none service_account:true", "name:n status:suspended"),
    *(f"created_before:{LONG_AGO}", f"created_after:{LONG_AGO} created_before:{SOON_AFTER}", f"created_after:{AT_LAST}"),
    *("p", "@e.co", "name:n"),  # what everybody matches
    *(f"last_seen_after:{LONG_AGO} last_seen_before:{SOON_AFTER}", f"last_seen_after:{AT_LAST} status:active"),
)
#: Times between which all or half of the people fall. A page of them is not read further than it reaches; who wants to know how
#: many there are must have them counted.
LONG_TIMES = (f"created_after:{LONG_AGO}", f"created_after:{LONG_AGO} status:active", f"last_seen_after:{LONG_AGO}")


@dataclass(frozen=True, slots=True)
class Crowd:
    """A deployment with that many people, who asks, and where they are."""

    ledger: Ledger
    admin: Client
    member: Client
    organization_id: str
    group_id: str
    person_id: str

    @property
    def lists(self) -> tuple[str, ...]:
        """The first page of every list that understands the search language of people."""
        return (
            "/users?limit=25",
            f"/organizations/{self.organization_id}/members/me/workspaces/available-users?limit=25",
            f"/organizations/{self.organization_id}/paginated-members?limit=25",
            f"/groups/{self.group_id}/members?limit=25",
            f"/groups/{self.organization_id}/members?limit=25",
        )

    async def read_whole(self, client: Client, paths: Iterable[str], *, but_counting: bool = False) -> list[str]:
        """The big tables that requests for these paths would read from end to end, each with the path and the statement.

        `but_counting` leaves out what is computed once beside a page, which is the number of all who match.
        """
        found = []
        for path in paths:
            with recorded_executions(self.ledger.services.pool) as executions:
                await client.get(path, want=200)
            assert executions, f"{path}: nothing was asked"
            async with self.ledger.services.pool.connection() as connection:
                for execution in executions:
                    for node in nodes(await execution.plan(connection), but_once=but_counting):
                        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in CROWDED:
                            found.append(f"{path}: {node['Relation Name']} in {execution.statement}")
        return found


async def gathered(ledger: Ledger, database_url: str, people: int, in_group: int) -> Crowd:
    """So many people and two more, who ask: the first user and a member of the group."""
    admin, member = await ledger.admin(), await ledger.person()
    organization_id = await ledger.organization_id()
    group = (await admin.post(f"/organizations/{organization_id}/groups", {"name": "half"}, want=201)).json
    await admin.patch(f"/groups/{group['id']}", {"add_users": [member.user["id"]]}, want=200)
    await fill(database_url, people, organization_id=organization_id, group_id=group["id"], in_group=in_group)
    person = (await admin.get("/users?limit=1&q=search:p500@", want=200)).json["users"][0]
    return Crowd(ledger, admin, member, organization_id, group["id"], person["id"])


async def test_no_list_of_people_reads_a_whole_table(ledger: Ledger, migrated_url: str) -> None:
    """One crowd for all that is asked of it: it takes longer to gather than to ask."""
    crowd = await gathered(ledger, migrated_url, PEOPLE, IN_GROUP)
    searches = [f"{path}&q={quote(search)}" for path in crowd.lists for search in SEARCHES]
    assert not await crowd.read_whole(crowd.admin, searches)
    times = [f"{path}&q={quote(search)}" for path in crowd.lists for search in LONG_TIMES]
    assert not await crowd.read_whole(crowd.admin, times, but_counting=True)
    later = [path + more for path in crowd.lists for more in ("&offset=50", f"&after_id={crowd.person_id}")]
    assert not await crowd.read_whole(crowd.admin, later)

    organization, group = f"/organizations/{crowd.organization_id}", f"/groups/{crowd.group_id}"
    single = [
        "/users/p77",
        f"{organization}/members/p77",
        f"{organization}/members?q=user_id:{crowd.person_id}",
        f"{group}?exclude_members=true",
        f"{organization}/groups/Everyone?exclude_members=true",
    ]
    assert not await crowd.read_whole(crowd.admin, single)
    own = [
        "/users?limit=25",
        "/users?q=p&limit=25",
        group,
        f"{group}/members?q=p",
        f"{organization}/groups",
        f"/groups?has_member=me&organization={crowd.organization_id}",
        f"/groups/{crowd.organization_id}/members",
        "/users/me/organizations",
    ]
    assert not await crowd.read_whole(crowd.member, own)
    await crowd.admin.patch(f"{organization}/settings/workspace-sharing", {"shareable_workspace_owners": "none"}, want=200)
    assert not await crowd.read_whole(crowd.member, [f"{organization}/members", group])


async def test_numbers_are_those_of_counting(ledger: Ledger, migrated_url: str) -> None:
    crowd = await gathered(ledger, migrated_url, 1200, 700)

    async def number(path: str, search: str = "") -> int:
        answer = (await crowd.admin.get(f"{path}&q={quote(search)}", want=200)).json
        return int(answer["count"])

    users, _, members, group, everyone = crowd.lists
    for path in (users, members, everyone):
        assert await number(path) == await number(path, "search:@") == 1202
        assert await number(f"{path}&after_id={crowd.person_id}") == await number(f"{path}&after_id={crowd.person_id}", "search:@")
        assert await number(path, "status:dormant") == await number(path, "status:dormant search:@") == 400
        assert await number(path, "role:auditor login_type:password") == 1
    assert await number(group) == await number(group, "search:@") == 701
    assert await number(group, "service_account:true") == await number(group, "service_account:true search:@") == 1
    assert (await crowd.admin.get(f"/groups/{crowd.group_id}?exclude_members=true", want=200)).json["total_member_count"] == 701
