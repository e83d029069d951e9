"""Questions to the workspace list over all keys of contract/listing.md 5, good and bad ones, and which rows answer them."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.properties.deployments import Deployment
from tests.properties.list_oracle import Workspace, World, like
from tests.properties.list_rights import Viewer, reads_group, reads_organization, reads_template, reads_user, sees

ORDER = (
    *("id", "owner", "template", "name", "status", "has-agent", "dormant", "last_used_after", "last_used_before", "outdated"),
    *("has-ai-task", "has_external_agent", "organization", "shared", "shared_with_user", "shared_with_group", "healthy", "param"),
)
LISTS = ("id", "has-agent", "param")
STATUSES = ("pending", "starting", "running", "stopping", "stopped", "failed", "canceling", "canceled", "deleting", "deleted")
FLAGS = ("dormant", "outdated", "has-ai-task", "has_external_agent", "shared", "healthy")
_TRUTHS = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}

Terms = list[tuple[str, str]]
Test = Callable[[Workspace], bool]


class Bad(ValueError):
    """A value that is refused."""


def question(d: Deployment, rnd: random.Random) -> Terms:
    """Up to four terms; one in twelve is wrong in some way."""
    terms = [(key, _value(d, rnd, key)) for key in rnd.sample(ORDER, rnd.choice((0, 1, 1, 2, 2, 3, 4)))]
    if terms and rnd.random() < 0.15:
        key = rnd.choice(terms)[0]
        terms.append((key, _value(d, rnd, key)))
    if rnd.random() < 0.08:
        bad = (("status", "started"), ("dormant", "yes"), ("param", "a="), ("param", "a=b=c"), ("id", "nope"), ("updated", "x"))
        terms.append(rnd.choice((*bad, ("last_used_after", "2023-01-16"), ("shared_with_group", "a/b/c"), ("organization", "nowhere"))))
    if terms and rnd.random() < 0.05:
        terms[0] = (terms[0][0], "")
    return terms


def _value(d: Deployment, rnd: random.Random, key: str) -> str:
    if key in FLAGS:
        return rnd.choice(list(_TRUTHS))
    people, organizations = list(d.people.items()), list(d.organizations.items())
    match key:
        case "id":
            return ",".join(rnd.choice((*d.workspaces, str(uuid.uuid4()))) for _ in range(rnd.randint(1, 6)))
        case "owner":
            return rnd.choice(("me", "nobody", *d.people, people[0][1]))
        case "template":
            return rnd.choice(("docker", "Docker", "podman", "gone", "k8s", "none"))
        case "name":
            return rnd.choice(("dev", "a", "D_v", "%2", "x", "zz", "_", "e%a", "data"))
        case "status":
            return rnd.choice(STATUSES)
        case "has-agent":
            return ",".join(rnd.choice(("connecting", "connected", "disconnected", "timeout", "odd")) for _ in range(rnd.choice((1, 1, 2))))
        case "last_used_after" | "last_used_before":
            instant = rnd.choice(d.history).time + timedelta(microseconds=rnd.choice((0, 0, 1)))
            return instant.astimezone(rnd.choice((UTC, timezone(timedelta(hours=12))))).isoformat()
        case "organization":
            name, id = rnd.choice(organizations)
            return rnd.choice((name, name.upper(), id, str(uuid.uuid4())))
        case "shared_with_user":
            name, id = rnd.choice(people)
            return rnd.choice(("me", name, id, str(uuid.uuid4())))
        case "shared_with_group":
            id, organization, name = rnd.choice(d.groups)
            owner = next(n for n, o in organizations if o == organization)
            return rnd.choice((id, name, f"{owner}/{name}", organization))
    return rnd.choice(("region", "REGION", "cpu", "zone_1", "z%", "none", "region=eu", "cpu=2", "zone_1=a b", "zone%=a"))


def spelled(terms: Terms, rnd: random.Random) -> str:
    """The question as somebody would type it."""

    def word(text: str) -> str:
        text = text.upper() if rnd.random() < 0.2 else text
        return f'"{text}"' if not text or re.search(r"[ :]", text) or rnd.random() < 0.2 else text

    return (" " * rnd.choice((1, 1, 3))).join(f"{word(key)}:{word(value)}" for key, value in terms)


@dataclass(frozen=True)
class Answer:
    """Ids in order and the count, or the fields of the errors in order."""

    ids: tuple[str, ...] = ()
    count: int = 0
    errors: tuple[str, ...] = ()


def answer(w: World, viewer: Viewer, terms: Terms, limit: int, offset: int) -> Answer:
    """What the list must say."""
    tests, errors = _tests(w, viewer, terms)
    if errors:
        return Answer(errors=tuple(errors))
    rows = [row for row in w.workspaces.values() if not row.deleted and sees(w, viewer, row) and all(test(row) for test in tests)]
    rows.sort(key=lambda row: _place(w, viewer, row))
    page = rows[offset : offset + limit if limit else None]
    return Answer(tuple(row.id for row in page if reads_template(w, viewer, row.template)), len(rows))


def _place(w: World, viewer: Viewer, row: Workspace) -> tuple[bool, bool, str, str]:
    """Section 9."""
    build = row.build
    assert build is not None
    running = build.completed and not build.cancel_asked and not build.error and build.transition == "start"
    return not (row.favorite and row.owner == viewer.user), not running, w.people[row.owner].name.lower(), row.name.lower()


def _tests(w: World, viewer: Viewer, terms: Terms) -> tuple[list[Test], list[str]]:
    given: dict[str, list[str]] = {}
    for key, value in terms:
        given.setdefault(key.lower(), []).append(value.lower())
    tests: list[Test] = []
    errors: list[str] = []
    states: set[str] = set()
    for key in ORDER:
        values = given.pop(key, [])
        if values == [] or (values[0] == "" and key != "outdated"):
            continue
        if key == "outdated" and values[0] == "":
            values = ["true"]
        try:
            if len(values) > 1 and key not in LISTS:
                raise Bad
            if key == "has-agent":
                states.update(",".join(values).split(","))
            elif key == "healthy":
                states.update(("connected",) if _truth(values[0]) else ("disconnected", "timeout"))
            else:
                tests.append(_test(w, viewer, key, values))
        except Bad:
            errors.append(key)
    if states:
        tests.append(lambda row: _has_agent(row, states))
    return tests, errors + list(given)


def _has_agent(row: Workspace, states: set[str]) -> bool:
    assert row.build is not None
    return row.build.transition == "start" and bool(states & set(row.build.agents.values()))


def _test(w: World, viewer: Viewer, key: str, values: list[str]) -> Test:
    value = values[0]
    match key:
        case "id":
            ids = {_uuid(text.strip()) for text in ",".join(values).split(",")}
            return lambda row: row.id in ids
        case "owner":
            owners = {viewer.user} if value == "me" else {id for id, p in w.people.items() if p.name.lower() == value and not p.deleted}
            return lambda row: row.owner in owners
        case "template":
            named = {id for id, t in w.templates.items() if t["name"].lower() == value and not t["deleted"]}
            return lambda row: row.template in named
        case "name":
            return lambda row: like(f"%{value}%", row.name)
        case "status":
            if value not in STATUSES:
                raise Bad
            return lambda row: _of(row).status() == value
        case "last_used_after" | "last_used_before":
            instant = _instant(value)
            return lambda row: row.last_used >= instant if key.endswith("after") else row.last_used <= instant
        case "organization":
            organization = _organization(w, viewer, value)
            return lambda row: row.organization == organization
        case "shared_with_user":
            user = _user(w, viewer, value)
            return lambda row: user in row.users
        case "shared_with_group":
            group = _group(w, viewer, value)
            return lambda row: group in row.groups
        case "param":
            return _parameters(values)
    return _flag(w, key, _truth(value))


def _flag(w: World, key: str, wanted: bool) -> Test:
    match key:
        case "dormant":
            return lambda row: row.dormant or not wanted
        case "outdated":
            return lambda row: (_of(row).version != w.templates[row.template]["active"]) is wanted
        case "has-ai-task":  # there are no tasks
            return lambda row: not wanted
        case "has_external_agent":
            return lambda row: _of(row).external_agent is wanted
    return lambda row: bool(row.users or row.groups) is wanted


def _of(row: Workspace) -> Any:
    return row.build


def _parameters(values: list[str]) -> Test:
    names: list[str] = []
    pairs: list[tuple[str, str]] = []
    for element in ",".join(values).split(","):
        name, *rest = element.strip().split("=")
        if len(rest) > 1 or rest == [""]:
            raise Bad
        if rest:
            pairs.append((name, rest[0]))
        else:
            names.append(name)

    def test(row: Workspace) -> bool:
        held = [(p["name"].lower(), p["value"].lower()) for p in _of(row).parameters]
        present = not names or any(like(name, n) for name in names for n, _ in held)
        return present and (not pairs or any(pair in held for pair in pairs))

    return test


def _organization(w: World, viewer: Viewer, value: str) -> str:
    if (id := _uuid_or_none(value)) is not None:
        return id
    for id, name in w.organizations.items():
        if name.lower() == value and reads_organization(w, viewer, id):
            return id
    raise Bad


def _user(w: World, viewer: Viewer, value: str) -> str:
    if value == "me":
        return viewer.user
    if (id := _uuid_or_none(value)) is not None:
        return id
    for id, person in w.people.items():
        if person.name.lower() == value and not person.deleted and reads_user(w, viewer, id):
            return id
    raise Bad


def _group(w: World, viewer: Viewer, value: str) -> str:
    if (id := _uuid_or_none(value)) is not None:
        return id
    before, slash, after = value.partition("/")
    if "/" in after:
        raise Bad
    organization = _organization(w, viewer, before) if slash else w.default_organization
    for id, (of, name, _) in w.groups.items():
        if of == organization and name == (after if slash else value) and reads_group(w, viewer, id):
            return id
    raise Bad


def _truth(text: str) -> bool:
    if text not in _TRUTHS:
        raise Bad
    return _TRUTHS[text]


def _instant(text: str) -> datetime:
    if "t" not in text:
        raise Bad
    return datetime.fromisoformat(text.upper())


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise Bad from None


def _uuid_or_none(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
