"""Who lives in the examples: people with roles, two organizations, groups. Found by name first, so a second run changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from service.demo.client import Client, DemoFailed, sign_in

PASSWORD = "Demo-Ledger-1815-Engine"
DEFAULT, RESEARCH = "coder", "research"


@dataclass(frozen=True, slots=True)
class Person:
    """`roles` are site roles; `organizations` map an organization's name to the roles held in it."""

    username: str
    name: str
    roles: tuple[str, ...] = ()
    organizations: dict[str, tuple[str, ...]] = field(default_factory=lambda: {DEFAULT: ()})

    @property
    def email(self) -> str:
        """Where nobody reads."""
        return f"{self.username}@example.com"


PEOPLE = (
    Person("ada", "Ada Lovelace"),
    Person("grace", "Grace Hopper", ("template-admin",)),
    Person("alan", "Alan Turing", ("user-admin",)),
    Person("barbara", "Barbara Liskov", ("auditor",)),
    Person("katherine", "Katherine Johnson", (), {DEFAULT: ("organization-template-admin",)}),
    Person("margaret", "Margaret Hamilton", (), {DEFAULT: ("organization-admin",), RESEARCH: ()}),
    Person("dennis", "Dennis Ritchie"),
    Person("rosalind", "Rosalind Franklin", (), {RESEARCH: ("organization-admin",)}),
)
GROUPS = (
    (DEFAULT, "platform", "Platform team", ("grace", "dennis", "margaret")),
    (DEFAULT, "apollo", "Guidance software", ("margaret", "katherine")),
    (RESEARCH, "crystals", "Crystallography", ("rosalind", "margaret")),
)


@dataclass(frozen=True, slots=True)
class Society:
    """Ids by name, and everybody signed in."""

    admin: Client
    organizations: dict[str, str]
    users: dict[str, str]
    clients: dict[str, Client]
    groups: dict[str, str]


async def settle(admin: Client) -> Society:
    """Have all organizations, people and groups."""
    organizations = {DEFAULT: (await admin.get("/organizations/default"))["id"], RESEARCH: await _organization(admin)}
    users: dict[str, str] = {}
    clients: dict[str, Client] = {}
    for person in PEOPLE:
        users[person.username] = await _person(admin, person, organizations)
        try:
            clients[person.username] = await sign_in(admin, person.email, PASSWORD)
        except DemoFailed:
            # Somebody of that name was here before the demonstration: their workspaces are made by the administrator.
            clients[person.username] = admin
    groups = {
        name: await _group(admin, organizations[home], name, title, [users[m] for m in members]) for home, name, title, members in GROUPS
    }
    return Society(admin, organizations, users, clients, groups)


async def _organization(admin: Client) -> str:
    found = await admin.find(f"/organizations/{RESEARCH}")
    if found is None:
        body = {"name": RESEARCH, "display_name": "Research", "description": "Where nothing is finished.", "icon": "/emojis/1f52c.png"}
        found = await admin.post("/organizations", body)
    return str(found["id"])


async def _person(admin: Client, person: Person, organizations: dict[str, str]) -> str:
    user = await admin.find(f"/users/{person.username}")
    if user is None:
        user = await admin.post(
            "/users",
            {
                "email": person.email,
                "username": person.username,
                "name": person.name,
                "password": PASSWORD,
                "login_type": "password",
                "organization_ids": [organizations[name] for name in person.organizations],
            },
        )
    user_id = str(user["id"])
    if {role["name"] for role in user["roles"]} - {"member"} != set(person.roles):
        await admin.put(f"/users/{user_id}/roles", {"roles": list(person.roles)})
    for name, roles in person.organizations.items():
        if organizations[name] not in user["organization_ids"]:
            await admin.post(f"/organizations/{organizations[name]}/members/{user_id}", None)
        if roles:
            await admin.put(f"/organizations/{organizations[name]}/members/{user_id}/roles", {"roles": list(roles)})
    return user_id


async def _group(admin: Client, organization_id: str, name: str, title: str, members: list[str]) -> str:
    group = await admin.find(f"/organizations/{organization_id}/groups/{name}")
    if group is None:
        group = await admin.post(f"/organizations/{organization_id}/groups", {"name": name, "display_name": title})
    missing = sorted(set(members) - {_id(member) for member in group["members"]})
    if missing:
        await admin.patch(f"/groups/{group['id']}", {"add_users": missing})
    return str(group["id"])


def _id(document: Any) -> str:
    return str(document["id"])
