"""Templates as rows and documents, and how they are found."""

from __future__ import annotations

import orjson
import pytest

from domain.kernel.errors import Invalid
from domain.kernel.predicate import ALWAYS
from domain.roles.filters import TEMPLATES, visible
from domain.roles.permissions import Action, Resource
from domain.roles.policy import OrgMembership, compile_subject
from domain.templates.events import (
    TemplateACLUpdated,
    TemplateCreated,
    TemplateDeleted,
    TemplateRolloutBegun,
    TemplateRolloutEnded,
    TemplateUpdated,
    TemplateVersionPromoted,
)
from domain.templates.settings import changed
from domain.templates.version_events import TemplateVersionCreated
from projections.templates.queries import build_times, find_templates, guarded_template_by_name, template_by_id
from projections.templates.render import render_template
from projections.templates.search import parse_template_search
from tests.projections.workspaces.histories import (
    ANN,
    BOB,
    FOUNDED,
    ORGANIZATION,
    TEMPLATE,
    Entry,
    history,
    running,
    uid,
)
from tests.support.projecting import Projecting

ALPHA, BETA, GONE, OLD = (uid(f"template {name}") for name in ("alpha", "beta", "gone", "old"))


def made(id: str, name: str, **settings: object) -> list[Entry]:
    version = uid(f"{name} v1")
    return [
        (version, TemplateVersionCreated(ORGANIZATION, None, f"{name}.v1", "", uid("file"), uid(f"{name} import"), "echo", {})),
        (id, TemplateCreated(ORGANIZATION, name, version, "echo", changed({}, settings), {}, {ORGANIZATION: "use"})),
    ]


SHELF: list[Entry] = [
    *FOUNDED,
    *made(ALPHA, "alpha", display_name="Alpha One"),
    *made(BETA, "beta-two"),
    *made(GONE, "gone"),
    (GONE, TemplateDeleted(ORGANIZATION)),
    *made(OLD, "old", deprecation_message="use alpha"),
]

CHANGES: list[Entry] = [
    *SHELF,
    (ALPHA, TemplateUpdated(ORGANIZATION, "Alpha", changed({}, {"display_name": "Alpha Two", "icon": "/a.png"}))),
    (ALPHA, TemplateVersionPromoted(ORGANIZATION, uid("alpha v2"))),
    (ALPHA, TemplateACLUpdated(ORGANIZATION, {ANN: "admin", BOB: "use"}, {ORGANIZATION: ""})),
    (ALPHA, TemplateACLUpdated(ORGANIZATION, {BOB: ""}, {})),
]
#: They begin at the versions 6 and 7 of Alpha's stream; the end of the first is not that of the second.
ROLLOUTS: list[Entry] = [
    *CHANGES,
    (ALPHA, TemplateRolloutBegun(ORGANIZATION, False, False)),
    (ALPHA, TemplateRolloutBegun(ORGANIZATION, False, True)),
    (ALPHA, TemplateRolloutEnded(ORGANIZATION, 6)),
]


async def test_every_batch_size_gives_the_same_rows(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(history(*ROLLOUTS, *running("dev")))


async def test_changes_of_a_template_are_in_its_row(projecting: Projecting) -> None:
    await projecting.fold(history(*CHANGES))
    row = await template_by_id(projecting.connection, ALPHA)
    assert row is not None
    assert (row["name"], row["display_name"], row["icon"], row["active_version_id"]) == ("Alpha", "Alpha Two", "/a.png", uid("alpha v2"))
    assert row["user_acl"] == {ANN: ["*"]}
    assert row["group_acl"] == {}
    assert row["updated_at"] > row["created_at"]


async def test_a_rollout_is_open_until_the_last_one_has_ended(projecting: Projecting) -> None:
    async def rollout_of_alpha(*entries: Entry) -> object:
        await projecting.fold(history(*entries))
        return next(row["rollout"] for row in await projecting.rows("templates") if row["id"] == ALPHA)

    assert await rollout_of_alpha(*ROLLOUTS) == 7
    assert await rollout_of_alpha(*ROLLOUTS, (ALPHA, TemplateRolloutEnded(ORGANIZATION, 7))) is None


async def test_the_document_of_a_template_that_is_used(projecting: Projecting) -> None:
    await projecting.fold(history(*FOUNDED, *running("dev"), *running("two")))
    named = await guarded_template_by_name(projecting.connection, ORGANIZATION, "DOCKER")
    assert named is not None
    row = await template_by_id(projecting.connection, named["id"])
    assert row is not None
    times = await build_times(projecting.connection, [TEMPLATE])
    document = orjson.loads(orjson.dumps(render_template(row, times[TEMPLATE])))
    assert document["active_user_count"] == 1
    assert document["build_time_stats"]["stop"] == {"P50": None, "P95": None}
    assert document["build_time_stats"]["start"]["P50"] > 0
    assert (document["created_by_name"], document["organization_name"]) == ("Ann", "coder")
    assert not document["deprecated"]


FINDS: list[tuple[str, list[str]]] = [
    ("", ["alpha", "beta-two", "docker"]),
    ("name:LPH", ["alpha"]),
    ("exact_name:alph", []),
    ("exact_name:Alpha", ["alpha"]),
    ('display_name:"alpha one"', ["alpha"]),
    ("alpha one", ["alpha"]),
    ("beta-two", ["beta-two"]),
    ("beta -two", ["beta-two"]),
    ('exact_display_name:"Alpha One"', ["alpha"]),
    ("exact_display_name:beta-two", []),
    ("deprecated:true", ["old"]),
    ("deleted:true", ["gone"]),
    (f"ids:{ALPHA},{BETA}", ["alpha", "beta-two"]),
    ("author:me", ["alpha", "beta-two", "docker"]),
    ("author:ann name:alpha", ["alpha"]),
    ("author:bob", []),
    (f"author_id:{ANN} name:beta", ["beta-two"]),
    ("organization:coder name:beta", ["beta-two"]),
    (f"organization:{ORGANIZATION} name:beta", ["beta-two"]),
    ("has-ai-task:true", []),
    ("has-ai-task:false name:beta", ["beta-two"]),
    ("has_external_agent:true", []),
    ("has_external_agent:false name:beta", ["beta-two"]),
]


async def test_what_a_search_finds(projecting: Projecting) -> None:
    await projecting.fold(history(*SHELF))
    for q, found in FINDS:
        search = await parse_template_search(projecting.connection, q, ANN)
        rows = await find_templates(projecting.connection, search, ALWAYS)
        assert [row["name"] for row in rows] == found, q


@pytest.mark.parametrize(
    ("q", "fields"),
    [
        ("organization:nowhere", ["organization"]),
        ("organization:default", ["organization"]),
        ("bogus:1 organization:nowhere ids:x", ["organization", "ids", "bogus"]),
    ],
)
async def test_errors_of_a_search_come_together(projecting: Projecting, q: str, fields: list[str]) -> None:
    await projecting.fold(history(*SHELF))
    with pytest.raises(Invalid) as refusal:
        await parse_template_search(projecting.connection, q, ANN)
    assert [v.field for v in refusal.value.validations] == fields


async def test_the_most_used_come_first(projecting: Projecting) -> None:
    await projecting.fold(history(*SHELF, *running("dev")))
    search = await parse_template_search(projecting.connection, "", ANN)
    rows = await find_templates(projecting.connection, search, ALWAYS)
    assert [row["name"] for row in rows] == ["docker", "alpha", "beta-two"]


async def test_only_readable_templates_are_listed(projecting: Projecting) -> None:
    await projecting.fold(history(*SHELF, (ALPHA, TemplateACLUpdated(ORGANIZATION, {BOB: "use"}, {ORGANIZATION: ""}))))
    search = await parse_template_search(projecting.connection, "", ANN)
    for person, found in ((ANN, ["beta-two", "docker"]), (BOB, ["alpha", "beta-two", "docker"])):
        subject = compile_subject(person, (), {ORGANIZATION: OrgMembership()})
        rows = await find_templates(projecting.connection, search, visible(subject, Action.READ, Resource.TEMPLATE, TEMPLATES))
        assert [row["name"] for row in rows] == found
